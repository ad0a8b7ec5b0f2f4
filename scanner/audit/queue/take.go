package queue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// waitForJob is how long take waits for a job, before it looks whether there is anything else to do.
const waitForJob = time.Second

// next is the next message; nil if none came for a while. Only this machine gets jobs that lie on it.
func (q *Queue) next(ctx context.Context, local bool) (jetstream.Msg, error) {
	if local {
		batch, err := q.here.FetchNoWait(1)
		if m, err := first(batch, err); m != nil || err != nil {
			return m, err
		}
	}
	// A context that ended would abandon a message that is on its way: it would be missed until its time is over.
	batch, err := q.any.Fetch(1, jetstream.FetchMaxWait(waitForJob))
	m, err := first(batch, err)
	if m != nil && ctx.Err() != nil {
		return nil, errors.Join(ctx.Err(), m.Nak())
	}
	return m, err
}

func first(batch jetstream.MessageBatch, err error) (jetstream.Msg, error) {
	if err != nil {
		return nil, fmt.Errorf("taking a job: %w", err)
	}
	for m := range batch.Messages() {
		return m, nil
	}
	err = batch.Error()
	if err == nil || errors.Is(err, nats.ErrTimeout) || errors.Is(err, jetstream.ErrNoMessages) {
		return nil, nil
	}
	return nil, fmt.Errorf("taking a job: %w", err)
}

// Work does jobs on this machine, n at once, until ctx ends or Over is called.
func (q *Queue) Work(ctx context.Context, n int, do Do) error { return work(ctx, q, n, do) }

// take takes jobs for this process. What else the desk does, it does for all alike.
func (q *Queue) take(ctx context.Context) (*claim, error) {
	return q.claimNext(ctx, taker{name: q.host, local: q.process})
}
