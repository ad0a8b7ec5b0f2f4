package queue

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"regexp"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"skleak/scanner/audit/job"
)

// State is how far a job is.
type State string

const (
	Waiting State = "waiting" // for a worker; if Tries is not 0, for another try
	Running State = "running"
	Done    State = "done"   // there is an outcome
	Parked  State = "parked" // it failed on every try, or for good: Reason says why
)

// Entry is a job, and how far it is.
type Entry struct {
	Job     job.Job
	State   State
	Since   time.Time   // when it came to be in this state
	Worker  string      // who has it, or had it last
	Tries   int         // that were begun and not given back
	Reason  string      // why the last try failed, or why the job is parked
	Outcome job.Outcome // of a job that is done
	Objects int64       // that a running try has read so far, as far as is known
}

// ID names the entry's job.
func (e Entry) ID() string { return e.Job.ID() }

// record is an entry as it is stored.
type record struct {
	State   State     `json:"state"`
	Since   time.Time `json:"since"`
	Worker  string    `json:"worker,omitempty"`
	Tries   int       `json:"tries,omitempty"`
	Reason  string    `json:"reason,omitempty"`
	Job     payload   `json:"job"`
	Outcome *payload  `json:"outcome,omitempty"`

	// Of the try that has the job, or had it last.
	Claim string `json:"claim,omitempty"` // SHA-256 of its secret
	Ack   string `json:"ack,omitempty"`   // subject that acknowledges its message
	Seal  string `json:"seal,omitempty"`  // key that its tokens are encrypted with; "" on this machine
	Local string `json:"local,omitempty"` // which process of the coordinator runs it; "" on another machine

	revision uint64 // of the entry, which a compare-and-set demands
}

// payload is JSON, in the entry or, if it is long, among the reports.
type payload struct {
	Inline json.RawMessage `json:"inline,omitempty"`
	Stored string          `json:"stored,omitempty"` // SHA-256
}

const (
	maxInline  = 48 << 10
	maxPayload = 32 << 20 // of a payload among the reports: some 200,000 hidden commits
	maxReason  = 2 << 10
)

// idOf is what a job's ID looks like; entries and subjects are made of nothing else.
var idOf = regexp.MustCompile(`^[0-9a-f]{20}$`)

func keyOf(id string) string { return "job." + id }

// pack makes a payload of v.
func (q *Queue) pack(ctx context.Context, v any) (payload, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return payload{}, err
	}
	if len(text) <= maxInline {
		return payload{Inline: text}, nil
	}
	if len(text) > maxPayload {
		err := fmt.Errorf("what is known of the repository takes %d bytes, more than %d", len(text), maxPayload)
		return payload{}, job.PermanentError{Err: err}
	}
	sum := sha256.Sum256(text)
	hash := hex.EncodeToString(sum[:])
	return payload{Stored: hash}, q.store(ctx, hash, text)
}

// unpack reads v from a payload.
func (q *Queue) unpack(ctx context.Context, p payload, v any) error {
	text := []byte(p.Inline)
	if p.Stored != "" {
		var err error
		if text, err = q.load(ctx, p.Stored, maxPayload); err != nil {
			return err
		}
	}
	return json.NewDecoder(bytes.NewReader(text)).Decode(v)
}

// entryOf is what a record says. Objects are not in it.
func (q *Queue) entryOf(ctx context.Context, r record) (Entry, error) {
	e := Entry{State: r.State, Since: r.Since, Worker: r.Worker, Tries: r.Tries, Reason: r.Reason}
	if err := q.unpack(ctx, r.Job, &e.Job); err != nil {
		return e, fmt.Errorf("reading a job: %w", err)
	}
	if r.Outcome != nil {
		if err := q.unpack(ctx, *r.Outcome, &e.Outcome); err != nil {
			return e, fmt.Errorf("reading the outcome of %s: %w", e.Job.Repository.Name, err)
		}
	}
	e.Objects = e.Outcome.Objects
	return e, nil
}

// errNoEntry says that there is no entry: its job is of another run.
var errNoEntry = errors.New("there is no such job in this run")

// read reads the entry of a job.
func (q *Queue) read(ctx context.Context, id string) (record, error) {
	if err := q.stopped(nil); err != nil {
		return record{}, err
	}
	stored, err := q.entries.Get(ctx, keyOf(id))
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return record{}, errNoEntry
	}
	if err != nil {
		return record{}, fmt.Errorf("reading the entry of job %s: %w", id, err)
	}
	return q.parse(stored)
}

// parse reads a record, and says if it is not as it was written.
func (q *Queue) parse(stored jetstream.KeyValueEntry) (r record, err error) {
	if err := unsum(stored.Value(), &r); err != nil {
		return r, DamagedError{q.place, fmt.Errorf("the entry of %s: %w", stored.Key(), err)}
	}
	r.revision = stored.Revision()
	return r, nil
}

// castagnoli is the CRC that stands before what is stored in the bucket: the server has checksums of its own, and
// looks at them now and then.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func sum(v any) ([]byte, error) {
	text, err := json.Marshal(v)
	return fmt.Appendf(nil, "%08x %s", crc32.Checksum(text, castagnoli), text), err
}

func unsum(stored []byte, v any) error {
	before, text, _ := bytes.Cut(stored, []byte(" "))
	if string(before) != fmt.Sprintf("%08x", crc32.Checksum(text, castagnoli)) {
		return errors.New("its checksum is another one")
	}
	return json.Unmarshal(text, v)
}

// errLost says that somebody else has changed an entry since it was read: the job has been given to another.
var errLost = errors.New("the job was given to another worker")

// replace writes an entry if nobody has changed it since r was read.
func (q *Queue) replace(ctx context.Context, id string, r record) error {
	text, err := sum(r)
	if err != nil {
		return err
	}
	_, err = q.entries.Update(ctx, keyOf(id), text, r.revision)
	switch {
	case errors.Is(err, jetstream.ErrKeyExists) || hasCode(err, jetstream.JSErrCodeStreamWrongLastSequence):
		return errLost
	case err != nil:
		return fmt.Errorf("writing the entry of job %s: %w", id, q.stopped(err))
	}
	return nil
}

func hasCode(err error, code jetstream.ErrorCode) bool {
	var api jetstream.JetStreamError
	return errors.As(err, &api) && api.APIError() != nil && api.APIError().ErrorCode == code
}
