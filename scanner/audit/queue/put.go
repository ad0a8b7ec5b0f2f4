package queue

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/sourcegraph/conc/pool"

	"skleak/scanner/audit/job"
)

// putAtOnce is how many jobs are put side by side: each waits for the disk.
const putAtOnce = 32

// Put queues jobs of the run. A job that is there already, in whatever state, stays as it is.
func (q *Queue) Put(ctx context.Context, jobs ...job.Job) error {
	p := pool.New().WithErrors().WithContext(ctx).WithCancelOnError().WithMaxGoroutines(min(putAtOnce, max(1, len(jobs))))
	for _, j := range jobs {
		p.Go(func(ctx context.Context) error {
			if err := q.put(ctx, j); err != nil {
				return fmt.Errorf("queueing %s: %w", j.Repository.Name, q.stopped(err))
			}
			return nil
		})
	}
	return p.Wait()
}

// put writes the entry first. If it ends before the message is there, Sweep notices.
func (q *Queue) put(ctx context.Context, j job.Job) error {
	if run := q.Run(); j.Run != run {
		return fmt.Errorf("it is of run %q, the queue of %q", j.Run, run)
	}
	if err := q.stopped(nil); err != nil {
		return err
	}
	job, err := q.pack(ctx, j)
	if err != nil {
		return err
	}
	text, err := sum(record{State: Waiting, Since: time.Now().UTC(), Job: job})
	if err != nil {
		return err
	}
	_, err = q.entries.Create(ctx, keyOf(j.ID()), text)
	if errors.Is(err, jetstream.ErrKeyExists) {
		return nil
	}
	if err != nil {
		return err
	}
	q.tally.add()
	return q.publish(ctx, j)
}

// publish puts the message that names a job, if it is not there.
func (q *Queue) publish(ctx context.Context, j job.Job) error {
	where := forAny
	if j.Repository.URL == "" {
		where = forHere
	}
	_, err := q.js.Publish(ctx, q.names.jobs(where)+"."+j.ID(), nil, jetstream.WithExpectStream(q.names.stream()))
	if isThere(err) {
		return nil
	}
	return err
}

// isThere is true for what NATS says of the second message of a job. The code alone also means a full disk.
func isThere(err error) bool {
	var api jetstream.JetStreamError
	return errors.As(err, &api) && api.APIError() != nil &&
		strings.Contains(api.APIError().Description, "maximum messages per subject")
}
