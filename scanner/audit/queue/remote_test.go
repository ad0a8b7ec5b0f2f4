package queue

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"skleak/scanner/audit/job"
)

// listening opens a queue that workers on other machines can join, with the file that lets them in.
func listening(t testing.TB, l Limits) (*Queue, string) {
	t.Helper()
	join := filepath.Join(t.TempDir(), "join.skleak")
	q, err := Start(t.Context(), Options{Dir: t.TempDir(), Listen: "127.0.0.1:0", Join: join, Limits: l,
		Orders: []byte("as told"), Say: func(s string) { t.Log(s) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(q.Close)
	if err := q.Reset(t.Context(), run); err != nil {
		t.Fatal(err)
	}
	return q, join
}

func joined(t testing.TB, file string) *Worker {
	t.Helper()
	w, err := Join(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return w
}

func TestJoin(t *testing.T) {
	q, file := listening(t, quick())
	if info, err := os.Stat(file); err != nil || info.Mode() != 0o600 {
		t.Error(info.Mode(), err)
	}
	q.ServeTokens(func(_ context.Context, j job.Job) (string, string, error) { return "user", j.Repository.URL, nil })
	all := jobs(20)
	all[0].Repository.URL, all[0].Repository.Path = "", "/srv/git/r0"
	put(t, q, all...)
	w := joined(t, file)
	if orders, err := w.Orders(t.Context()); err != nil || string(orders) != "as told" {
		t.Errorf("orders %q, error %v", orders, err)
	}
	ctx, stop := context.WithTimeout(t.Context(), waitForServer)
	defer stop()
	ended := make(chan error)
	long := bytes.Repeat([]byte("0123456789abcdef"), 3*maxBody/16+1)
	go func() {
		ended <- w.Work(ctx, 4, func(ctx context.Context, j job.Job, moved *atomic.Int64) (job.Outcome, []byte, error) {
			moved.Add(1)
			if j.Repository.URL == "" {
				t.Error("a worker elsewhere was given a path")
			}
			user, secret, err := w.Token(ctx, j)
			if err != nil || user != "user" || secret != j.Repository.URL {
				t.Errorf("token %q %q, %v", user, secret, err)
			}
			if _, _, err := w.Token(ctx, all[0]); !errors.Is(err, errLost) {
				t.Errorf("a token for another's job: %v", err)
			}
			o, report := scanned(j)
			if j.Repository.Name == all[7].Repository.Name {
				report = long
			}
			return o, report, nil
		})
	}()
	// The job of a path is left for this machine.
	for got := 0; got < 19; {
		entries, err := q.Entries(ctx)
		if err != nil {
			t.Fatal(err)
		}
		got = 0
		for _, e := range entries {
			if e.State == Done {
				got++
			}
		}
	}
	report, err := q.Report(ctx, entryOf(t, q, all[7]).Outcome.Reading.Report)
	if err != nil || !bytes.Equal(report, long) {
		t.Errorf("%d bytes, %v", len(report), err)
	}
	if e := entryOf(t, q, all[0]); e.State != Waiting {
		t.Error(e.State)
	}
	q.Over()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func entryOf(t testing.TB, q *Queue, j job.Job) Entry {
	t.Helper()
	r, err := q.read(t.Context(), j.ID())
	if err != nil {
		t.Fatal(err)
	}
	e, err := q.entryOf(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestQuestionThatPanics: whoever asks it is told that it failed, without the value, and all others are answered on.
func TestQuestionThatPanics(t *testing.T) {
	q, file := listening(t, quick())
	secret := "sk_" + "live_of_a_key"
	panicked := atomic.Bool{}
	q.ServeTokens(func(context.Context, job.Job) (string, string, error) {
		if panicked.CompareAndSwap(false, true) {
			panic(secret)
		}
		return "user", "word", nil
	})
	put(t, q, jobs(2)...)
	w := joined(t, file)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		ended <- w.Work(ctx, 1, func(ctx context.Context, j job.Job, _ *atomic.Int64) (job.Outcome, []byte, error) {
			if user, _, err := w.Token(ctx, j); user != "user" || err != nil {
				return job.Outcome{}, nil, err
			}
			o, report := scanned(j)
			return o, report, nil
		})
	}()
	states := map[State]int{}
	for _, e := range settled(t, q) {
		states[e.State]++
		if e.State == Parked && (!strings.Contains(e.Reason, "internal error: ") || strings.Contains(e.Reason, secret)) {
			t.Error(e.Reason)
		}
	}
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if states[Parked] != 1 || states[Done] != 1 {
		t.Error(states)
	}
}
