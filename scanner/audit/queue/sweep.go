package queue

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/sourcegraph/conc"

	"skleak/scanner/audit/job"
)

// sweepPause is between two sweeps. What they find should not happen, but for the first one after a crash.
const sweepPause = 5 * time.Minute

// tend sweeps now and then, and keeps time and tally every second, until the queue is closed.
func (q *Queue) tend() {
	ctx, cancel := context.WithCancel(context.Background())
	var tending conc.WaitGroup
	tending.Go(func() {
		for ctx.Err() == nil {
			if err := q.Sweep(ctx); err != nil && ctx.Err() == nil {
				q.say(err.Error())
			}
			pause(ctx, sweepPause)
		}
	})
	tending.Go(func() {
		for ctx.Err() == nil {
			q.heard.tick()
			if q.stopped(nil) == nil {
				q.complain(q.tally.write())
			}
			pause(ctx, time.Second)
		}
	})
	q.atClose(func() {
		cancel()
		tending.Wait()
		q.complain(q.tally.write())
	})
}

func (q *Queue) complain(err error) {
	if err != nil {
		q.say(q.stopped(err).Error())
	}
}

// Sweep queues again what is neither done nor queued, and gives back what a process that has ended had taken.
func (q *Queue) Sweep(ctx context.Context) error {
	records, err := q.records(ctx)
	if err != nil {
		return err
	}
	queued, err := q.queued(ctx)
	if err != nil {
		return err
	}
	for id, r := range records {
		if r.State == Done || r.State == Parked {
			continue
		}
		if !queued[id] {
			if err := q.putAgain(ctx, r); err != nil {
				return fmt.Errorf("queueing job %s again: %w", id, err)
			}
		} else if r.State == Running && r.Local != "" && r.Local != q.process {
			if err := q.orphaned(ctx, id, r); err != nil {
				return err
			}
		}
	}
	return nil
}

// queued has the IDs of the jobs that there are messages of.
func (q *Queue) queued(ctx context.Context) (map[string]bool, error) {
	info, err := q.jobs.Info(ctx, jetstream.WithSubjectFilter(q.names.jobs("*")+".*"))
	if err != nil {
		return nil, fmt.Errorf("reading which jobs are queued: %w", err)
	}
	queued := make(map[string]bool, len(info.State.Subjects))
	for subject := range info.State.Subjects {
		queued[subject[strings.LastIndexByte(subject, '.')+1:]] = true
	}
	return queued, nil
}

func (q *Queue) putAgain(ctx context.Context, r record) error {
	var j job.Job
	if err := q.unpack(ctx, r.Job, &j); err != nil {
		return err
	}
	return q.publish(ctx, j)
}

// orphaned gives a job back whose process has ended without doing so. The try counts: the job may have ended it.
func (q *Queue) orphaned(ctx context.Context, id string, r record) error {
	r.Reason = r.Worker + " ended while it was at it"
	if r.Tries >= q.limits.tries() {
		return q.park(ctx, id, r, r.Ack)
	}
	if err := q.release(ctx, id, r, 0); !errors.Is(err, errLost) {
		return err
	}
	return nil
}
