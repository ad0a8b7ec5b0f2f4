package queue

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/sourcegraph/conc"
	"github.com/sourcegraph/conc/pool"

	"skleak/scanner/audit/job"
	"skleak/scanner/crash"
)

// Do is one try of a job. It returns the outcome with its report (nil if what was known before still holds), or why
// there is none: a job.PermanentError if trying again is of no use. It counts in moved what it reads: if that stands
// still for Limits.AckWait, the try has failed. ctx ends then, and when the job was given to another.
type Do func(ctx context.Context, j job.Job, moved *atomic.Int64) (job.Outcome, []byte, error)

// ErrStuck is why a context ends if nothing has moved for too long.
var ErrStuck = errors.New("nothing moved")

// work takes jobs for n goroutines until ctx ends or the audit is over. It returns when all of them have ended.
func work(ctx context.Context, d desk, n int, do Do) error {
	p := pool.New().WithErrors().WithFirstError()
	for range n {
		p.Go(func() error { return worker(ctx, d, do) })
	}
	return p.Wait()
}

// worker does one job after another. The audit being over is no error.
func worker(ctx context.Context, d desk, do Do) error {
	for ctx.Err() == nil {
		c, err := d.take(ctx)
		switch {
		case c != nil:
			try(ctx, d, c, do)
		case errors.Is(err, ErrOver):
			return nil
		case errors.Is(err, errShut):
			return err
		case err != nil:
			pause(ctx, retryPause)
		}
	}
	return ctx.Err()
}

// retryPause is between two questions to a desk that cannot be reached, or whose disk is full.
const retryPause = time.Second

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// result is what came of calling do.
type result struct {
	outcome job.Outcome
	report  []byte
	err     error
}

// try does a job, and tells the desk what came of it.
func try(ctx context.Context, d desk, c *claim, do Do) {
	own, end := context.WithCancelCause(context.WithValue(ctx, claimKey{}, c))
	var moved atomic.Int64
	done := make(chan result, 1)
	go func() { done <- called(own, do, c.Job, &moved) }()
	h := heart{desk: d, claim: c, moved: &moved, end: end}
	var beating conc.WaitGroup
	beating.Go(func() { end(crash.Catch(func() error { h.beat(own); return nil })) }) // a try without a heart is over
	defer beating.Wait()
	defer end(nil)
	select {
	case got := <-done:
		h.told.Store(true)
		tell(ctx, own, d, c, got)
	case <-own.Done():
		if ctx.Err() == nil { // stuck or lost, whatever comes of it
			tell(ctx, own, d, c, result{err: context.Cause(own)})
			afterEnd(own, done, c.Patience)
			return
		}
		tell(ctx, own, d, c, afterEnd(own, done, c.Patience))
	}
}

// claimKey is what the context of a try has its claim under.
type claimKey struct{}

func claimIn(ctx context.Context) *claim {
	c, _ := ctx.Value(claimKey{}).(*claim)
	return c
}

// afterEnd waits a while for a try whose context has ended. One that does not care is left behind, and its result with
// it.
func afterEnd(own context.Context, done <-chan result, patience time.Duration) result {
	select {
	case got := <-done:
		return got
	case <-time.After(patience):
		return result{err: fmt.Errorf("it did not end when asked to: %w", context.Cause(own))}
	}
}

// called calls do; a panic is an error of its job.
func called(ctx context.Context, do Do, j job.Job, moved *atomic.Int64) (r result) {
	r.err = crash.Catch(func() (err error) {
		r.outcome, r.report, err = do(ctx, j, moved)
		return err
	})
	return r
}

// tell tells the desk what came of a try: as often as it takes while ctx lasts, and for a moment after.
func tell(ctx, own context.Context, d desk, c *claim, got result) {
	stopped := ctx.Err() != nil
	asking, cancel := outliving(ctx, waitForServer)
	defer cancel()
	for {
		var err error
		switch cause := context.Cause(own); {
		case errors.Is(cause, errLost):
			return
		case errors.Is(cause, ErrStuck):
			err = d.fail(asking, c, cause.Error(), false)
		case stopped && got.err != nil:
			err = d.giveBack(asking, c)
		case got.err != nil:
			err = d.fail(asking, c, got.err.Error(), errors.As(got.err, new(job.PermanentError)))
		default:
			err = d.finish(asking, c, got.outcome, got.report)
		}
		if err == nil || errors.Is(err, errLost) || errors.Is(err, errShut) || asking.Err() != nil {
			return
		}
		if refused := new(job.PermanentError); errors.As(err, refused) {
			got.err = *refused
			continue
		}
		pause(asking, retryPause)
	}
}

// outliving is a context that ends some time after ctx.
func outliving(ctx context.Context, by time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { pause(longer, by); cancel() })
	return longer, func() { stop(); cancel() }
}
