package queue

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"skleak/scanner/audit/job"
)

// quick are limits that let a test be over in seconds. Nobody is taken for dead, however slow the machine is.
func quick() Limits {
	const ms = time.Millisecond
	return Limits{Pauses: []time.Duration{10 * ms, 20 * ms, 30 * ms}}
}

const run = "run"

// started opens a queue in dir that is closed at the end.
func started(t testing.TB, dir string, l Limits) *Queue {
	t.Helper()
	q, err := Start(t.Context(), Options{Dir: dir, Limits: l, Say: func(s string) { t.Log(s) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(q.Close)
	if q.Run() == "" {
		if err := q.Reset(t.Context(), run); err != nil {
			t.Fatal(err)
		}
	}
	return q
}

func jobs(n int) []job.Job {
	all := make([]job.Job, n)
	for i := range all {
		name := fmt.Sprintf("example.com/acme/r%d", i)
		all[i] = job.Job{Run: run, Repository: job.Repository{Name: name, URL: "https://" + name + ".git"}}
	}
	return all
}

// scanned is what a simulated scan of a job says.
func scanned(j job.Job) (job.Outcome, []byte) {
	return job.Outcome{Reading: job.Reading{At: time.Now(), Complete: true, Leaks: 1}, Objects: 7, Took: time.Second},
		fmt.Appendf(nil, `{"report of": %q}`, j.Repository.Name)
}

// put queues jobs.
func put(t testing.TB, q *Queue, all ...job.Job) {
	t.Helper()
	if err := q.Put(t.Context(), all...); err != nil {
		t.Fatal(err)
	}
}

// worked has n workers work until every job is done or parked, and returns the entries by name.
func worked(t testing.TB, q *Queue, n int, do Do) map[string]Entry {
	t.Helper()
	return workedAt(t, q, q, n, do)
}

// workedAt has workers work that ask a desk of the test's.
func workedAt(t testing.TB, q *Queue, d desk, n int, do Do) map[string]Entry {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- work(ctx, d, n, do) }()
	all := settled(t, q)
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	return all
}

// settled waits until every job is done or parked.
func settled(t testing.TB, q *Queue) map[string]Entry {
	t.Helper()
	for until := time.Now().Add(time.Minute); time.Now().Before(until); time.Sleep(20 * time.Millisecond) {
		all, open := map[string]Entry{}, 0
		entries, err := q.Entries(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			all[e.Job.Repository.Name] = e
			if e.State != Done && e.State != Parked {
				open++
			}
		}
		if open == 0 {
			return all
		}
	}
	t.Fatal("the jobs do not come to an end")
	return nil
}

func TestWork(t *testing.T) {
	q := started(t, filepath.Join(t.TempDir(), "queue"), quick())
	put(t, q, jobs(20)...)
	put(t, q, jobs(20)...)
	var called atomic.Int64
	all := worked(t, q, 4, func(_ context.Context, j job.Job, moved *atomic.Int64) (job.Outcome, []byte, error) {
		called.Add(1)
		moved.Add(1)
		o, report := scanned(j)
		return o, report, nil
	})
	if len(all) != 20 || called.Load() != 20 {
		t.Errorf("%d entries, %d calls", len(all), called.Load())
	}
	for name, e := range all {
		report, err := q.Report(t.Context(), e.Outcome.Reading.Report)
		if want := fmt.Sprintf(`{"report of": %q}`, name); err != nil || string(report) != want || e.State != Done {
			t.Errorf("%s: %s, %v, %v", name, report, err, e.State)
		}
	}
	if info, err := q.jobs.Info(t.Context()); err != nil || info.State.Msgs != 0 {
		t.Errorf("left in the stream: %v, %v", info.State, err)
	}
}

func TestResume(t *testing.T) {
	dir := t.TempDir()
	q := started(t, dir, quick())
	put(t, q, jobs(3)...)
	q.Close()
	began := time.Now()
	q = started(t, dir, quick())
	t.Log("ready after", time.Since(began))
	entries, err := q.Entries(t.Context())
	if err != nil || len(entries) != 3 || q.Run() != run {
		t.Errorf("%v, %v, run %q", entries, err, q.Run())
	}
}
