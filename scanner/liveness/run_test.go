package liveness

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"skleak/rules"
	"skleak/rules/provider"
	"skleak/scanner"
)

// memory is the Asker without a network.
type memory func(ctx context.Context, q Question) Result

func (m memory) Ask(ctx context.Context, q Question) Result { return m(ctx, q) }

func questions(n int) []Question {
	var out []Question
	for i := range n {
		out = append(out, Question{testKey(i), "laminr"})
	}
	return out
}

func TestEachKeyOnce(t *testing.T) {
	asked := make(chan rules.Key, 100)
	asker := memory(func(_ context.Context, q Question) Result {
		asked <- q.Key
		return Result{Status: Inactive}
	})
	all := append(questions(10), questions(10)...)
	all = append(all, Question{}, Question{testKey(3), "stripe"})
	var p scanner.Progress
	results := Run(t.Context(), asker, all, 0, &p)
	close(asked)
	times := map[rules.Key]int{}
	for k := range asked {
		times[k]++
	}
	for k, n := range times {
		if n != 1 {
			t.Errorf("%s asked %d times", k, n)
		}
	}
	if len(times) != 10 || len(results) != 10 || p.Total.Load() != 10 || p.Done.Load() != 10 {
		t.Errorf("%d asked, %d results, %d of %d", len(times), len(results), p.Done.Load(), p.Total.Load())
	}
}

func TestAtOnce(t *testing.T) {
	release := make(chan struct{})
	a := newAPI(t, func(w http.ResponseWriter, _ *http.Request, _ int) {
		<-release
		answer(w, 200, `{}`)
	})
	c := a.client(t)
	go func() {
		// As many as may be under way are; were there more to come, they would come by then.
		for deadline := time.Now().Add(5 * time.Second); len(a.asked()) < 3 && time.Now().Before(deadline); {
			time.Sleep(time.Millisecond)
		}
		time.Sleep(50 * time.Millisecond)
		close(release)
	}()
	if results := Run(t.Context(), c, questions(20), 3, nil); len(results) != 20 {
		t.Errorf("%d results", len(results))
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.top != 3 {
		t.Errorf("%d requests at once, want 3", a.top)
	}
}

// Retries count as well: a server in trouble must not be asked faster for it.
func TestRate(t *testing.T) {
	const perSecond = 50
	a := newAPI(t, then(1, always(503, ""), always(200, `{}`)))
	c := newTestClient(t, Options{Providers: []provider.Provider{laminrAt(t, a.URL)}, Rate: perSecond})
	start := time.Now() // and not when the first request came, which may have been under way for long
	Run(t.Context(), c, questions(8), 8, nil)
	got := a.asked()
	if len(got) != 16 {
		t.Fatalf("asked %d times, want 16", len(got))
	}
	if took, least := got[15].at.Sub(start), 15*time.Second/perSecond; took < least {
		t.Errorf("16 requests in %v, want %v at least", took, least)
	}
}

func TestCancelKeepsResults(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	a := newAPI(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		if r.Header.Get("X-Api-Key") == testKey(0).Reveal() {
			answer(w, 401, unauthorized)
			return
		}
		cancel()
		<-r.Context().Done()
	})
	start := time.Now()
	results := Run(ctx, a.client(t), questions(5), 1, nil)
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("took %v", took)
	}
	if len(results) != 1 || results[testKey(0)].Status != Inactive {
		t.Errorf("%v, want that of the first key", results)
	}
	if n := len(a.asked()); n != 2 {
		t.Errorf("asked %d times, want twice", n)
	}
}

// A server that wants us to wait must not hold up whoever presses Ctrl-C.
func TestCancelWhileWaiting(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	a := newAPI(t, func(w http.ResponseWriter, r *http.Request, n int) {
		time.AfterFunc(50*time.Millisecond, cancel)
		retryAfter("25")(w, r, n)
	})
	start := time.Now()
	results := Run(ctx, a.client(t), questions(3), 3, nil)
	if took := time.Since(start); took > 10*time.Second || len(results) != 0 {
		t.Errorf("%d results after %v", len(results), took)
	}
}

func TestCancelledBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		asker := memory(func(context.Context, Question) Result { t.Error("asked"); return Result{} })
		if results := Run(ctx, asker, questions(3), 1, nil); len(results) != 0 {
			t.Errorf("%d results", len(results))
		}
	})
}
