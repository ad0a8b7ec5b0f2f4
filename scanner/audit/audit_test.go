package audit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"skleak/rules"
	"skleak/scanner"
	"skleak/scanner/audit/job"
	"skleak/scanner/audit/merge"
	"skleak/scanner/audit/queue"
	"skleak/scanner/audit/state"
)

// world is an audit of made-up repositories: what a report of one holds is a number of objects, and perhaps a key.
type world struct {
	t     *testing.T
	dir   string
	names []string
	do    func(j job.Job) (job.Outcome, error) // nil: read

	mu    sync.Mutex
	calls []string
	said  []string
}

func (w *world) read(j job.Job) (job.Outcome, []byte, error) {
	w.mu.Lock()
	w.calls = append(w.calls, j.Repository.Name)
	w.mu.Unlock()
	if w.do != nil {
		if o, err := w.do(j); err != nil || o.Kept {
			return o, nil, err
		}
	}
	report := []byte(`{"name":"` + j.Repository.Name + `"}`)
	sum := sha256.Sum256(report)
	return job.Outcome{Objects: 10, Reading: job.Reading{At: time.Now(), Report: hex.EncodeToString(sum[:]), Complete: true,
		Leaks: 1}}, report, nil
}

func decode(text []byte) (r merge.Report, err error) {
	var in struct{ Name string }
	if err := json.Unmarshal(text, &in); err != nil {
		return r, err
	}
	r.Repositories = []scanner.Repository{{Name: ".", IsGit: true}}
	r.Leaks = []scanner.Leak{{Key: rules.NewKey("sk_" + "live_" + strings.Repeat("Q7x", 8)), Provider: scanner.ProviderUnknown,
		Findings: []scanner.Finding{{Repository: ".", Path: "a.env"}}}}
	return r, nil
}

func (w *world) Ended(End)           {}
func (w *world) Status(state.Status) {}

func (w *world) run(ctx context.Context, change func(*Audit)) (*Result, error) {
	w.t.Helper()
	f, err := state.Open(w.dir)
	if err != nil {
		w.t.Fatal(err)
	}
	defer f.Close()
	q, err := queue.Start(ctx, queue.Options{Dir: filepath.Join(w.dir, "queue"),
		Limits: queue.Limits{AckWait: 2 * time.Second, Pauses: []time.Duration{time.Millisecond}}})
	if err != nil {
		w.t.Fatal(err)
	}
	defer q.Close()
	a := &Audit{Sources: []string{"made-up"}, State: f, Queue: q, Decode: decode, Show: w,
		Say: func(format string, args ...any) { w.said = append(w.said, fmt.Sprintf(format, args...)) },
		List: func(_ context.Context, add func(job.Repository) error) (left, missed map[string]int64, err error) {
			var failed []error
			for _, name := range w.names {
				failed = append(failed, add(job.Repository{Name: name, URL: "https://" + name}))
			}
			return map[string]int64{"forks": 2}, nil, errors.Join(failed...)
		},
		Work: func(ctx context.Context) error {
			return q.Work(ctx, 2, func(_ context.Context, j job.Job, _ *atomic.Int64) (job.Outcome, []byte, error) { return w.read(j) })
		}}
	if change != nil {
		change(a)
	}
	return a.Run(ctx)
}

func newWorld(t *testing.T, n int) *world {
	w := &world{t: t, dir: filepath.Join(t.TempDir(), "state")}
	for i := range n {
		w.names = append(w.names, fmt.Sprintf("host/r%02d", i))
	}
	return w
}

func TestRun(t *testing.T) {
	w := newWorld(t, 20)
	w.names = append(w.names, w.names[0]) // listed twice
	first, err := w.run(t.Context(), nil)
	if err != nil || first.Interrupted || len(first.Repositories) != 20 || len(w.calls) != 20 || !first.Coverage.Complete() {
		t.Fatalf("%+v, %d calls, error %v", first, len(w.calls), err)
	}
	if len(first.Leaks) != 1 || len(first.Leaks[0].Findings) != 20 {
		t.Errorf("%d leaks", len(first.Leaks))
	}

	// The next run hands out what is known of each, and takes it back.
	w.calls = nil
	w.do = func(j job.Job) (job.Outcome, error) {
		if j.Last == nil {
			return job.Outcome{}, errors.New("nothing is known of it")
		}
		return job.Outcome{Reading: *j.Last, Kept: true}, nil
	}
	second, err := w.run(t.Context(), nil)
	if err != nil || len(second.Leaks) != 1 || len(second.Leaks[0].Findings) != 20 || second.Run.ID == first.Run.ID {
		t.Fatalf("%+v, error %v", second, err)
	}

	// One that cannot be read any more keeps its keys, and makes the audit incomplete.
	w.do = func(j job.Job) (job.Outcome, error) {
		return job.Outcome{}, job.PermanentError{Err: errors.New("it is gone")}
	}
	third, err := w.run(t.Context(), nil)
	if err != nil || len(third.Leaks) != 1 || len(third.Leaks[0].Findings) != 20 || third.Coverage.Complete() || len(third.Parked) != 20 {
		t.Fatalf("%+v, error %v", third, err)
	}
	if detail := third.Coverage.Unreadable[0].Detail; !strings.Contains(detail, "it is gone; what is told of it was read on 2") {
		t.Error(detail)
	}
}

// TestGoesOn: an audit that is stopped goes on where it was, by the same command.
func TestGoesOn(t *testing.T) {
	w := newWorld(t, 30)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var n atomic.Int64
	w.do = func(job.Job) (job.Outcome, error) {
		if n.Add(1) == 10 {
			stop()
		}
		return job.Outcome{}, nil
	}
	first, err := w.run(ctx, nil)
	if err != nil || !first.Interrupted || first.Waiting == 0 {
		t.Fatalf("%+v, error %v", first, err)
	}
	before := len(w.calls)
	w.do = nil
	second, err := w.run(t.Context(), func(a *Audit) {
		a.List = func(context.Context, func(job.Repository) error) (left, missed map[string]int64, err error) {
			return nil, nil, errors.New("the host is down")
		}
	})
	if err != nil || second.Interrupted || second.Run.ID != first.Run.ID || len(second.Repositories) != 30 || !second.Coverage.Complete() {
		t.Fatalf("%+v, error %v", second, err)
	}
	if again := len(w.calls) - before; again > 30-before+2 { // two workers were at one each
		t.Errorf("%d were read before it was stopped, and %d after", before, again)
	}
	if !slices.ContainsFunc(w.said, func(s string) bool { return strings.HasPrefix(s, "going on with the audit") }) {
		t.Errorf("said %q", w.said)
	}
}

func TestNothingIsLeft(t *testing.T) {
	w := newWorld(t, 0)
	r, err := w.run(t.Context(), nil)
	if err != nil || r.Interrupted || !r.Coverage.Complete() {
		t.Errorf("%+v, error %v", r, err)
	}
	if !slices.Contains(w.said, "no repository is left to audit: left out were 2 forks") {
		t.Errorf("said %q", w.said)
	}
}
