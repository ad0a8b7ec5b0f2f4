package queue

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sourcegraph/conc"

	"skleak/scanner/audit/job"
)

// calls counts the tries of each job, by name.
type calls struct {
	mu sync.Mutex
	of map[string]int
}

func (c *calls) next(j job.Job) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of == nil {
		c.of = map[string]int{}
	}
	c.of[j.Repository.Name]++
	return c.of[j.Repository.Name]
}

// hasty is a desk whose claims say that a job is given to another after less than half a second. It is not: how fast this
// machine is decides nothing.
type hasty struct{ *Queue }

func (h hasty) take(ctx context.Context) (*claim, error) {
	c, err := h.Queue.take(ctx)
	if c != nil {
		c.Wait = 400 * time.Millisecond
	}
	return c, err
}

// TestStuckSaysSo: who is stuck says so before the job is given to another.
func TestStuckSaysSo(t *testing.T) {
	if wait := (Limits{}).orUsual().AckWait; silentBeats*beatOf(wait) > wait*19/20 {
		t.Errorf("%d beats of %v are no less than %v", silentBeats, beatOf(wait), wait)
	}
}

func TestTriesThatFail(t *testing.T) {
	for name, c := range map[string]struct {
		do     func(ctx context.Context, try int) error
		state  State
		tries  int
		reason string
	}{
		"the second succeeds": {
			func(_ context.Context, try int) error {
				if try == 1 {
					return errors.New("the server hangs")
				}
				return nil
			}, Done, 2, ""},
		"none succeeds": {
			func(context.Context, int) error { return errors.New("the server hangs") }, Parked, 4, "the server hangs"},
		"for good": {
			func(context.Context, int) error { return job.PermanentError{Err: errors.New("it is gone")} },
			Parked, 1, "it is gone"},
		"panic": {
			func(context.Context, int) error { panic("sk_" + "live_of_a_key") }, Parked, 4,
			"internal error: a panic with a value of type string in skleak/scanner/audit/queue.TestTriesThatFail"},
		"panic in a goroutine": {
			func(context.Context, int) error {
				var g conc.WaitGroup
				g.Go(func() { panic("sk_" + "live_of_a_key") })
				g.Wait()
				return nil
			}, Parked, 4,
			"internal error: a panic with a value of type string in skleak/scanner/audit/queue.TestTriesThatFail"},
		"panic of the runtime": {
			func(_ context.Context, try int) error { _ = make([]int, try)[try]; return nil }, Parked, 4,
			"internal error: runtime error: index out of range [4] with length 4 in skleak/scanner/audit/queue.TestTriesThatFail"},
		"nothing moves": {
			func(ctx context.Context, _ int) error { <-ctx.Done(); return ctx.Err() }, Parked, 4, "nothing moved for 360ms"},
		"it does not end": {
			func(context.Context, int) error { time.Sleep(3 * time.Second); return nil }, Parked, 4, "nothing moved for 360ms"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			limits := quick()
			limits.patience = 100 * time.Millisecond
			q := started(t, t.TempDir(), limits)
			put(t, q, jobs(1)...)
			var tried calls
			do := func(ctx context.Context, j job.Job, _ *atomic.Int64) (job.Outcome, []byte, error) {
				if err := c.do(ctx, tried.next(j)); err != nil {
					return job.Outcome{}, nil, err
				}
				o, report := scanned(j)
				return o, report, nil
			}
			for _, e := range workedAt(t, q, hasty{q}, 2, do) {
				if e.State != c.state || e.Tries != c.tries || !strings.HasPrefix(e.Reason, c.reason) ||
					strings.Contains(e.Reason, "sk_") || c.reason == "" && e.Reason != "" {
					t.Errorf("%s after %d tries: %q", e.State, e.Tries, e.Reason)
				}
				if again := tried.next(e.Job); again != c.tries+1 {
					t.Errorf("called %d times", again-1)
				}
			}
			if info, err := q.jobs.Info(t.Context()); err != nil || info.State.Msgs != 0 {
				t.Errorf("left in the stream: %v, %v", info.State, err)
			}
		})
	}
}

// TestGivenBack stops the workers in the middle of a job more often than a job is tried.
func TestGivenBack(t *testing.T) {
	q := started(t, t.TempDir(), Limits{})
	put(t, q, jobs(1)...)
	for range 6 {
		ctx, stop := context.WithCancel(t.Context())
		err := q.Work(ctx, 1, func(ctx context.Context, _ job.Job, _ *atomic.Int64) (job.Outcome, []byte, error) {
			stop()
			<-ctx.Done()
			return job.Outcome{}, nil, ctx.Err()
		})
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	for _, e := range worked(t, q, 1, func(_ context.Context, j job.Job, _ *atomic.Int64) (job.Outcome, []byte, error) {
		o, report := scanned(j)
		return o, report, nil
	}) {
		if e.State != Done || e.Tries != 1 {
			t.Errorf("%v after %d tries: %s", e.State, e.Tries, e.Reason)
		}
	}
}

// TestOutcomesThatAreRefused are such as a worker that lies would send.
func TestOutcomesThatAreRefused(t *testing.T) {
	limits := quick()
	limits.Report = 100
	q := started(t, t.TempDir(), limits)
	all := jobs(4)
	all[3].Last = &job.Reading{Report: "known"}
	put(t, q, all...)
	answers := map[string]func() (job.Outcome, []byte){
		all[0].Repository.Name: func() (job.Outcome, []byte) { return job.Outcome{}, make([]byte, 101) },
		all[1].Repository.Name: func() (job.Outcome, []byte) { return job.Outcome{Kept: true}, nil },
		all[2].Repository.Name: func() (job.Outcome, []byte) { return job.Outcome{Failed: "it is forbidden"}, nil },
		all[3].Repository.Name: func() (job.Outcome, []byte) {
			return job.Outcome{Kept: true, Reading: job.Reading{Report: "known"}}, nil
		},
	}
	got := worked(t, q, 2, func(_ context.Context, j job.Job, _ *atomic.Int64) (job.Outcome, []byte, error) {
		o, report := answers[j.Repository.Name]()
		return o, report, nil
	})
	for i, want := range []string{"the report has 101 bytes, more than 100",
		"the outcome has no report, and is none that was known before", "it is forbidden", ""} {
		if e := got[all[i].Repository.Name]; e.Reason != want || (e.State == Parked) != (want != "") || e.Tries != 1 {
			t.Errorf("%d: %s: %q", i, e.State, e.Reason)
		}
	}
}

// heartless is a desk at which nobody can hold a claim.
type heartless struct{ hasty }

func (heartless) hold(context.Context, *claim, bool, int64) error { panic("sk_" + "live_of_a_key") }

// TestHeartThatPanics: without a heart, a try is over, and only that.
func TestHeartThatPanics(t *testing.T) {
	limits := quick()
	limits.patience = 100 * time.Millisecond
	q := started(t, t.TempDir(), limits)
	put(t, q, jobs(1)...)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		ended <- work(ctx, heartless{hasty{q}}, 1, func(ctx context.Context, _ job.Job, _ *atomic.Int64) (job.Outcome, []byte, error) {
			<-ctx.Done()
			return job.Outcome{}, nil, ctx.Err()
		})
	}()
	for _, e := range settled(t, q) {
		if e.State != Parked || !strings.Contains(e.Reason, "queue.heartless.hold fail_test.go:") || strings.Contains(e.Reason, "sk_") {
			t.Errorf("%s: %s", e.State, e.Reason)
		}
	}
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
