package hosts

import (
	"context"
	"sync"
	"time"
)

// turns has the questions to a host asked one after the other, as GitHub asks of its clients, and none before the time
// until which the host wants to be left alone.
type turns struct {
	now  func() time.Time // in place of the clock, for tests
	wait func(ctx context.Context, d time.Duration) error

	one chan struct{} // holds something while a question is asked

	mu    sync.Mutex
	until time.Time
	why   string // in the words of a message: "has a limit of requests"
	said  time.Time
}

// Turns are those of all hosts. Whoever makes several Hosts, with a token for each repository, has them share these:
// what a host wishes, it wishes of the whole process.
type Turns struct {
	mu sync.Mutex
	at map[string]*turns // by the address of the API
}

// of are the turns of the API at an address.
func (t *Turns) of(api string) *turns {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.at == nil {
		t.at = map[string]*turns{}
	}
	if t.at[api] == nil {
		t.at[api] = newTurns()
	}
	return t.at[api]
}

func newTurns() *turns {
	return &turns{now: time.Now, wait: sleep, one: make(chan struct{}, 1)}
}

// hold has no question asked for some time.
func (t *turns) hold(d time.Duration, why string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if until := t.now().Add(d); until.After(t.until) {
		t.until, t.why = until, why
	}
}

// take waits for a turn, which release gives back, but for no longer than patience while the host wants to be left
// alone. The first who waits for that says so.
func (t *turns) take(ctx context.Context, patience time.Duration, say func(until time.Time, why string)) error {
	for {
		if err := t.waitFor(ctx, patience, say); err != nil {
			return err
		}
		select {
		case t.one <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
		if t.left() <= 0 {
			return nil
		}
		t.release() // a hold began meanwhile: it is not slept through with the turn taken
	}
}

func (t *turns) release() { <-t.one }

// left is how long the host is to be left alone.
func (t *turns) left() time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.until.Sub(t.now())
}

func (t *turns) waitFor(ctx context.Context, patience time.Duration, say func(until time.Time, why string)) error {
	for {
		d := t.left()
		if d <= 0 {
			return ctx.Err()
		}
		if d > patience {
			t.mu.Lock()
			defer t.mu.Unlock()
			return &Error{busy: t.until, text: t.why + ", and wants to be left alone until " +
				t.until.Local().Format("2006-01-02 15:04:05")}
		}
		t.tell(say)
		if err := t.wait(ctx, d); err != nil {
			return err
		}
	}
}

// tell says once what is waited for.
func (t *turns) tell(say func(until time.Time, why string)) {
	t.mu.Lock()
	until, why, news := t.until, t.why, t.until.After(t.said)
	t.said = t.until
	t.mu.Unlock()
	if news {
		say(until, why)
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

type patienceKey struct{}

// maxPatience is above an hour, after which the limits of all hosts begin anew.
const maxPatience = 65 * time.Minute

// WithPatience bounds how long one question waits for a host that wants to be left alone. An hour is the rule.
func WithPatience(ctx context.Context, d time.Duration) context.Context {
	return context.WithValue(ctx, patienceKey{}, min(d, maxPatience))
}

func patienceOf(ctx context.Context) time.Duration {
	if d, ok := ctx.Value(patienceKey{}).(time.Duration); ok {
		return d
	}
	return maxPatience
}
