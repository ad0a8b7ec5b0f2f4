package queue

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/nats-io/nats.go/jetstream"
)

// Bounds of what is stored, all far below the megabyte that a message of NATS may have.
const (
	maxJobMessage = 1 << 10   // names a job by its subject, and is empty
	maxEntry      = 128 << 10 // two payloads of maxInline, and what is known of a job besides
	reportChunk   = 128 << 10
)

// open finds the stream, the bucket and the object store of an audit, or makes them if that is asked for.
func (q *Queue) open(ctx context.Context, create bool) error {
	js, err := jetstream.New(q.nc, jetstream.WithDefaultTimeout(waitForServer))
	if err != nil {
		return err
	}
	q.js = js
	q.heard.begin()
	if create {
		if err := q.createStores(ctx); err != nil {
			return fmt.Errorf("creating the queue: %w", err)
		}
	}
	if q.jobs, err = js.Stream(ctx, q.names.stream()); err != nil {
		return fmt.Errorf("opening the jobs: %w", err)
	}
	if q.entries, err = js.KeyValue(ctx, q.names.entries()); err != nil {
		return fmt.Errorf("opening the entries: %w", err)
	}
	if q.reports, err = js.ObjectStore(ctx, q.names.reports()); err != nil {
		return fmt.Errorf("opening the reports: %w", err)
	}
	if err := q.readState(ctx, create); err != nil {
		return err
	}
	if err := q.count(ctx); err != nil {
		return err
	}
	return q.openConsumers(ctx)
}

func (q *Queue) createStores(ctx context.Context) error {
	_, err := q.js.CreateStream(ctx, jetstream.StreamConfig{
		Name: q.names.stream(), Subjects: []string{q.names.jobs("*") + ".*"},
		Description: "jobs of a skleak audit that are not done",
		Retention:   jetstream.WorkQueuePolicy, Replicas: q.replicas,
		// A second message of the same job is refused, however late it comes.
		MaxMsgsPerSubject: 1, Discard: jetstream.DiscardNew, DiscardNewPerSubject: true,
		MaxMsgSize: maxJobMessage,
	})
	if err != nil {
		return err
	}
	_, err = q.js.CreateKeyValue(ctx, jetstream.KeyValueConfig{
		Bucket: q.names.entries(), Description: "jobs of a skleak audit, and what came of them",
		MaxValueSize: maxEntry, History: 1, Replicas: q.replicas,
	})
	if err != nil {
		return err
	}
	_, err = q.js.CreateObjectStore(ctx, jetstream.ObjectStoreConfig{
		Bucket: q.names.reports(), Description: "reports of a skleak audit, by their SHA-256",
		Compression: true, Replicas: q.replicas,
	})
	return err
}

// openConsumers makes the two consumers that jobs are taken from. MaxDeliver stays unlimited: tries are counted in the
// entries, since NATS also counts a job that was given back, and keeps a message that ran out of deliveries unseen.
func (q *Queue) openConsumers(ctx context.Context) (err error) {
	consumer := func(where string) (jetstream.Consumer, error) {
		// What a process that was killed had been sent would come again only after AckWait. The entries know who has a job.
		err := q.jobs.DeleteConsumer(ctx, where)
		if err != nil && !errors.Is(err, jetstream.ErrConsumerNotFound) {
			return nil, err
		}
		return q.jobs.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{
			Durable: where, FilterSubject: q.names.jobs(where) + ".*",
			AckPolicy: jetstream.AckExplicitPolicy, AckWait: q.limits.AckWait, MaxDeliver: -1,
			MaxAckPending: maxRunning, MaxWaiting: maxRunning,
		})
	}
	if q.here, err = consumer(forHere); err != nil {
		return fmt.Errorf("opening the queue of this machine: %w", err)
	}
	if q.any, err = consumer(forAny); err != nil {
		return fmt.Errorf("opening the queue: %w", err)
	}
	return nil
}

// maxRunning bounds how many jobs run at once, over all machines.
const maxRunning = 16384

// state is what the bucket says of the whole queue.
type state struct {
	Version int    `json:"version"`
	Run     string `json:"run"`     // "" before the first one
	Purging bool   `json:"purging"` // what there was of the run before is being removed
}

const (
	stateKey     = "queue"
	stateVersion = 1
)

// readState learns which run the queue is of, and ends a Reset that was cut off.
func (q *Queue) readState(ctx context.Context, create bool) error {
	stored, err := q.entries.Get(ctx, stateKey)
	if create && errors.Is(err, jetstream.ErrKeyNotFound) {
		return q.writeState(ctx, state{Version: stateVersion})
	}
	if err != nil {
		return fmt.Errorf("reading which run the queue is of: %w", err)
	}
	var s state
	if err := unsum(stored.Value(), &s); err != nil {
		return fmt.Errorf("reading which run the queue is of: %w", err)
	}
	if s.Version != stateVersion {
		return VersionError{Place: q.place, Found: s.Version}
	}
	q.setRun(s.Run)
	if s.Purging {
		return q.Reset(ctx, s.Run)
	}
	return nil
}

func (q *Queue) writeState(ctx context.Context, s state) error {
	text, err := sum(s)
	if err != nil {
		return err
	}
	if _, err := q.entries.Put(ctx, stateKey, text); err != nil {
		return fmt.Errorf("writing which run the queue is of: %w", q.stopped(err))
	}
	q.setRun(s.Run)
	return nil
}

// count starts the tally.
func (q *Queue) count(ctx context.Context) error {
	jobs, err := q.jobsStored(ctx)
	if err != nil || q.tally == nil {
		return err
	}
	return q.tally.begin(q.Run(), jobs)
}

// jobsStored is how many entries the server says that there are. The one subject that is no job's is the state's.
func (q *Queue) jobsStored(ctx context.Context) (uint64, error) {
	entries, err := q.js.Stream(ctx, "KV_"+q.names.entries())
	if err != nil {
		return 0, fmt.Errorf("counting the jobs: %w", err)
	}
	return entries.CachedInfo().State.NumSubjects - 1, nil
}

// least is how many entries there are at least.
func (q *Queue) least(ctx context.Context) (uint64, error) {
	counted := q.tally.least()
	jobs, err := q.jobsStored(ctx)
	return max(jobs, counted), err
}

// Reset forgets all jobs, outcomes and reports, and begins a run. It must not be called while jobs are worked at.
func (q *Queue) Reset(ctx context.Context, run string) error {
	if err := q.writeState(ctx, state{Version: stateVersion, Run: run, Purging: true}); err != nil {
		return err
	}
	if err := q.jobs.Purge(ctx); err != nil {
		return fmt.Errorf("removing the jobs of the last run: %w", err)
	}
	entries, err := q.js.Stream(ctx, "KV_"+q.names.entries())
	if err == nil {
		err = entries.Purge(ctx, jetstream.WithPurgeSubject("$KV."+q.names.entries()+"."+keyOf("*")))
	}
	if err != nil {
		return fmt.Errorf("removing the entries of the last run: %w", err)
	}
	reports, err := q.js.Stream(ctx, "OBJ_"+q.names.reports())
	if err == nil {
		err = reports.Purge(ctx)
	}
	if err != nil {
		return fmt.Errorf("removing the reports of the last run: %w", err)
	}
	q.heard.forgetAll()
	q.tally.reset(run)
	return q.writeState(ctx, state{Version: stateVersion, Run: run})
}

// Report is the report with this SHA-256.
func (q *Queue) Report(ctx context.Context, hash string) ([]byte, error) {
	return q.load(ctx, hash, q.limits.Report)
}

// store keeps content under its hash.
func (q *Queue) store(ctx context.Context, hash string, content []byte) error {
	if _, err := q.reports.GetInfo(ctx, hash); err == nil {
		return nil
	} else if !errors.Is(err, jetstream.ErrObjectNotFound) {
		return fmt.Errorf("storing a report: %w", err)
	}
	meta := jetstream.ObjectMeta{Name: hash, Opts: &jetstream.ObjectMetaOptions{ChunkSize: reportChunk}}
	if _, err := q.reports.Put(ctx, meta, bytes.NewReader(content)); err != nil {
		return fmt.Errorf("storing a report: %w", q.stopped(err))
	}
	return nil
}

// load reads what is kept under a hash, of at most limit bytes.
func (q *Queue) load(ctx context.Context, hash string, limit int) ([]byte, error) {
	object, err := q.reports.Get(ctx, hash)
	if err != nil {
		return nil, fmt.Errorf("reading report %s: %w", hash, err)
	}
	content, err := io.ReadAll(io.LimitReader(object, int64(limit)+1))
	if err := errors.Join(err, object.Close()); err != nil && len(content) <= limit {
		return nil, fmt.Errorf("reading report %s: %w", hash, err)
	}
	if len(content) > limit {
		return nil, fmt.Errorf("report %s has more than %d bytes", hash, limit)
	}
	if sum := sha256.Sum256(content); hex.EncodeToString(sum[:]) != hash {
		return nil, fmt.Errorf("report %s is damaged: its bytes have another SHA-256", hash)
	}
	return content, nil
}
