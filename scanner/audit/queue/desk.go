package queue

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/nats-io/nats.go/jetstream"

	"skleak/scanner/audit/job"
)

// desk is what a worker may ask for. The Queue is one, and so is who asks it over NATS.
type desk interface {
	// progress tells how many objects were read so far. Nobody waits for that, and it may get lost.
	progress(c *claim, objects int64)
	// take waits for a job, and returns nil if there was none for a while. ErrOver says that there will be none any
	// more.
	take(ctx context.Context) (*claim, error)
	// hold says that the try goes on, and if it moved, that it needs its time. errLost: the job is another's.
	hold(ctx context.Context, c *claim, moved bool, objects int64) error
	finish(ctx context.Context, c *claim, o job.Outcome, report []byte) error
	fail(ctx context.Context, c *claim, reason string, permanent bool) error
	// giveBack undoes the take: the job waits again, and the try does not count.
	giveBack(ctx context.Context, c *claim) error
}

var (
	// ErrOver says that the audit is over: no job is handed out any more.
	ErrOver = errors.New("the audit is over")
	// errShut says that the desk will not answer any more.
	errShut = errors.New("the connection to the coordinator is closed")
)

// claim is the right to one try of a job. Whoever shows its secret has it, as long as the job's entry says so.
type claim struct {
	ID       string        `json:"id"`
	Secret   string        `json:"secret"`
	Job      job.Job       `json:"job"`
	Wait     time.Duration `json:"wait"`     // Limits.AckWait
	Patience time.Duration `json:"patience"` // how long a try may take to end when it is asked to
}

// taker is who takes a job.
type taker struct {
	name  string
	seal  string // key to encrypt tokens with
	local string // names this process; "" for a worker elsewhere
}

func hashOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// heldBy is true for the claim that r names.
func (r record) heldBy(secret string) bool {
	return subtle.ConstantTimeCompare([]byte(r.Claim), []byte(hashOf(secret))) == 1
}

// claimNext turns messages into a claim, until one is of a job that can be tried. It returns nil if there was none.
func (q *Queue) claimNext(ctx context.Context, by taker) (*claim, error) {
	for {
		select {
		case <-q.over:
			return nil, ErrOver
		default:
		}
		if err := q.stopped(nil); err != nil {
			return nil, err
		}
		m, err := q.next(ctx, by.local != "")
		if m == nil || err != nil {
			return nil, err
		}
		c, err := q.claim(ctx, m, by)
		if c != nil || err != nil {
			return c, err
		}
	}
}

// claim writes into the entry of a message's job that by has it. It returns nil if the job is not to be tried.
func (q *Queue) claim(ctx context.Context, m jetstream.Msg, by taker) (*claim, error) {
	id := m.Subject()[strings.LastIndexByte(m.Subject(), '.')+1:]
	r, err := q.read(ctx, id)
	if errors.Is(err, errNoEntry) {
		return nil, q.acknowledge(ctx, m.Reply())
	}
	if err != nil {
		return nil, errors.Join(err, m.NakWithDelay(time.Second))
	}
	switch {
	case r.State == Done || r.State == Parked:
		return nil, q.acknowledge(ctx, m.Reply())
	case r.State == Running:
		if wait := q.heard.left(id, r, q.limits.AckWait); wait > 0 {
			return nil, m.NakWithDelay(wait) // delivered twice while somebody is at it
		}
		r.Reason = fmt.Sprintf("nothing was heard of %s for %v", r.Worker, q.limits.AckWait)
	}
	if r.Tries >= q.limits.tries() {
		return nil, q.park(ctx, id, r, m.Reply())
	}
	c := &claim{ID: id, Secret: rand.Text(), Wait: q.limits.AckWait, Patience: q.limits.patience}
	if err := q.unpack(ctx, r.Job, &c.Job); err != nil {
		r.Reason = err.Error()
		return nil, q.park(ctx, id, r, m.Reply())
	}
	r.State, r.Since, r.Tries = Running, time.Now().UTC(), r.Tries+1
	r.Worker, r.Seal, r.Local = by.name, by.seal, by.local
	r.Claim, r.Ack = hashOf(c.Secret), m.Reply()
	if err := q.replace(ctx, id, r); errors.Is(err, errLost) {
		// Who wrote the entry may see to another delivery: the sweep after a crash has only the one of before, and this one would
		// be missed until its time is over. Where somebody has the job, it comes back to be told so.
		return nil, m.Nak()
	} else if err != nil {
		return nil, errors.Join(err, m.NakWithDelay(time.Second))
	}
	q.heard.of(id, r.Claim, 0)
	return c, nil
}

// held reads the entry of a claim, and says errLost if another has the job.
func (q *Queue) held(ctx context.Context, c *claim) (record, error) {
	if !idOf.MatchString(c.ID) {
		return record{}, errLost
	}
	r, err := q.read(ctx, c.ID)
	if errors.Is(err, errNoEntry) || err == nil && !r.heldBy(c.Secret) {
		return r, errLost
	}
	return r, err
}

// running is held for a claim whose job is not done.
func (q *Queue) running(ctx context.Context, c *claim) (record, error) {
	r, err := q.held(ctx, c)
	if err == nil && r.State != Running {
		return r, errLost
	}
	return r, err
}

func (q *Queue) hold(ctx context.Context, c *claim, moved bool, objects int64) error {
	r, err := q.running(ctx, c)
	if err != nil || !moved {
		return err
	}
	q.heard.of(c.ID, r.Claim, objects)
	if err := q.nc.Publish(r.Ack, []byte("+WPI")); err != nil {
		return fmt.Errorf("asking for more time: %w", err)
	}
	return nil
}

func (q *Queue) progress(c *claim, objects int64) { q.heard.progress(c.ID, hashOf(c.Secret), objects) }

// finish stores a report, writes the outcome into the entry, and only then takes the message off the queue. It may be
// repeated: a claim whose outcome was written already is told so.
func (q *Queue) finish(ctx context.Context, c *claim, o job.Outcome, report []byte) error {
	r, err := q.held(ctx, c)
	if err != nil {
		return err
	}
	if r.State == Done {
		return q.acknowledge(ctx, r.Ack)
	}
	if r.State != Running {
		return errLost
	}
	if o.Failed != "" {
		return q.fail(ctx, c, o.Failed, true)
	}
	if o, err = q.checked(ctx, r, o, report); err != nil {
		return err
	}
	if report != nil {
		if err := q.store(ctx, o.Reading.Report, report); err != nil {
			return err
		}
	}
	outcome, err := q.pack(ctx, o)
	if err != nil {
		return err
	}
	r.State, r.Since, r.Outcome, r.Reason = Done, time.Now().UTC(), &outcome, ""
	if err := q.replace(ctx, c.ID, r); err != nil {
		return err
	}
	q.heard.forget(c.ID)
	return q.acknowledge(ctx, r.Ack)
}

// checked is an outcome that names the report that came with it, or else the one that was known before.
func (q *Queue) checked(ctx context.Context, r record, o job.Outcome, report []byte) (job.Outcome, error) {
	if len(report) > q.limits.Report {
		return o, job.PermanentError{Err: fmt.Errorf("the report has %d bytes, more than %d", len(report), q.limits.Report)}
	}
	if report != nil {
		sum := sha256.Sum256(report)
		o.Reading.Report, o.Kept = hex.EncodeToString(sum[:]), false
		return o, nil
	}
	var j job.Job
	if err := q.unpack(ctx, r.Job, &j); err != nil {
		return o, err
	}
	if !o.Kept || j.Last == nil || o.Reading.Report != j.Last.Report {
		return o, job.PermanentError{Err: errors.New("the outcome has no report, and is none that was known before")}
	}
	return o, nil
}

func (q *Queue) fail(ctx context.Context, c *claim, reason string, permanent bool) error {
	r, err := q.running(ctx, c)
	if err != nil {
		return err
	}
	r.Reason = bounded(reason)
	if permanent || r.Tries >= q.limits.tries() {
		return q.park(ctx, c.ID, r, r.Ack)
	}
	return q.release(ctx, c.ID, r, q.limits.Pauses[max(0, r.Tries-1)])
}

func (q *Queue) giveBack(ctx context.Context, c *claim) error {
	r, err := q.running(ctx, c)
	if err != nil {
		return err
	}
	r.Tries--
	return q.release(ctx, c.ID, r, 0)
}

// release lets a job wait for another try, after a pause.
func (q *Queue) release(ctx context.Context, id string, r record, pause time.Duration) error {
	ack := r.Ack
	r.State, r.Since, r.Claim, r.Ack, r.Seal, r.Local = Waiting, time.Now().UTC(), "", "", "", ""
	if err := q.replace(ctx, id, r); err != nil {
		return err
	}
	q.heard.forget(id)
	if err := q.nc.Publish(ack, fmt.Appendf(nil, `-NAK {"delay": %d}`, pause)); err != nil {
		return fmt.Errorf("giving a job back: %w", err)
	}
	return nil
}

// park ends a job that cannot be done.
func (q *Queue) park(ctx context.Context, id string, r record, ack string) error {
	r.State, r.Since = Parked, time.Now().UTC()
	err := q.replace(ctx, id, r)
	if errors.Is(err, errLost) {
		return nil // and whoever wrote the entry sees to the message
	}
	if err != nil {
		return err
	}
	q.heard.forget(id)
	return q.acknowledge(ctx, ack)
}

// acknowledge takes a message off the queue, and waits until that is stored.
func (q *Queue) acknowledge(ctx context.Context, ack string) error {
	ctx, cancel := context.WithTimeout(ctx, waitForServer)
	defer cancel()
	if _, err := q.nc.RequestWithContext(ctx, ack, []byte("+ACK")); err != nil {
		return fmt.Errorf("taking a job off the queue: %w", err)
	}
	return nil
}

// bounded is a text that a worker sent, short enough to be kept.
func bounded(text string) string {
	if len(text) > maxReason {
		text = text[:maxReason] + "…"
	}
	if !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text, "\uFFFD")
	}
	return text
}
