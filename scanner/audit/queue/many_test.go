package queue

import (
	"context"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"skleak/scanner/audit/job"
)

// TestManyJobs has workers do many jobs over loopback, of whom every fifth dies in the middle of its work, and another
// comes. SKLEAK_AUDIT_JOBS says how many jobs: 50000 are what the figures in docs/audit.md are of.
func TestManyJobs(t *testing.T) {
	n := jobsOfTest(t, 500)
	limits := quick()
	limits.AckWait = 3 * time.Second
	q, file := listening(t, limits)
	began := time.Now()
	put(t, q, jobs(n)...)
	t.Logf("%d jobs queued in %v, %.0f a second; %s", n, since(began), perSecond(n, began), memory())
	info, err := q.jobs.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes of the stream and %d of the entries a job", info.State.Bytes/uint64(n), entryBytes(t, q)/uint64(n))

	done := countDone(t, q, n)
	began = time.Now()
	var workers sync.WaitGroup
	var died, lost atomic.Int64
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	for i := range 20 {
		workers.Go(func() {
			for life := 0; ctx.Err() == nil; life++ {
				dies := 0
				if i%5 == 0 && life < 3 {
					dies = 1 + rand.IntN(max(1, n/40))
				}
				if !lives(ctx, t, file, dies, &lost) {
					return
				}
				died.Add(1)
			}
		})
	}
	var twice []string
	select {
	case twice = <-done:
	case <-time.After(time.Minute + time.Duration(n)*20*time.Millisecond):
		t.Fatal("the jobs do not come to an end")
	}
	t.Logf("%d jobs done in %v, %.0f a second, while %d workers died with %d jobs in their hands; %s",
		n, since(began), perSecond(n, began), died.Load(), lost.Load(), memory())
	q.Over()
	workers.Wait()
	if len(twice) > 0 {
		t.Errorf("done twice: %v", twice)
	}
	checkAll(t, q, n)
	t.Logf("%s on disk", diskSpace(t, q.place))
}

// jobsOfTest is how many jobs the environment asks for.
func jobsOfTest(t *testing.T, usual int) int {
	text := os.Getenv("SKLEAK_AUDIT_JOBS")
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func since(began time.Time) time.Duration { return time.Since(began).Round(time.Millisecond) }

func perSecond(n int, began time.Time) float64 { return float64(n) / time.Since(began).Seconds() }

func memory() string {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	status, _ := os.ReadFile("/proc/self/status")
	_, rss, _ := strings.Cut(string(status), "VmHWM:")
	rss, _, _ = strings.Cut(rss, "\n")
	return fmt.Sprintf("heap %d MB, peak resident %s", m.HeapAlloc>>20, strings.TrimSpace(rss))
}

func entryBytes(t *testing.T, q *Queue) uint64 {
	s, err := q.js.Stream(t.Context(), "KV_"+q.names.entries())
	if err != nil {
		t.Fatal(err)
	}
	return s.CachedInfo().State.Bytes
}

// countDone waits until n jobs are done, and sends those that were done more often than once.
func countDone(t *testing.T, q *Queue, n int) <-chan []string {
	changes, err := q.Watch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	all := make(chan []string, 1)
	go func() {
		of := map[string]int{}
		var twice []string
		for e := range changes {
			if e.State != Done {
				continue
			}
			if of[e.ID()]++; of[e.ID()] > 1 {
				twice = append(twice, e.Job.Repository.Name)
			}
			if len(of) == n {
				break
			}
		}
		all <- twice
	}()
	return all
}

// lives is one worker's life. It says whether it died: after as many jobs as dies says, 0 being never.
func lives(ctx context.Context, t *testing.T, file string, dies int, lost *atomic.Int64) bool {
	w, err := Join(ctx, file)
	if err != nil {
		t.Error(err)
		return false
	}
	defer w.Close()
	var jobs, running atomic.Int64
	_ = w.Work(ctx, 8, func(ctx context.Context, j job.Job, moved *atomic.Int64) (job.Outcome, []byte, error) {
		moved.Add(1)
		running.Add(1)
		defer running.Add(-1)
		time.Sleep(time.Duration(rand.IntN(4)) * time.Millisecond)
		if jobs.Add(1) == int64(dies) {
			lost.Add(running.Load())
			w.Close() // and nobody hears of it again
		}
		o, report := scanned(j)
		return o, append(report, make([]byte, 1500)...), nil
	})
	return dies != 0 && jobs.Load() >= int64(dies)
}

// checkAll makes sure that every job is done, with its own report, and that nothing else is left.
func checkAll(t *testing.T, q *Queue, n int) {
	t.Helper()
	began := time.Now()
	entries, err := q.Entries(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d entries read in %v", len(entries), since(began))
	if len(entries) != n {
		t.Errorf("%d entries", len(entries))
	}
	tries := map[int]int{}
	for i, e := range entries {
		tries[e.Tries]++
		if e.State != Done {
			t.Errorf("%s: %s after %d tries: %s", e.Job.Repository.Name, e.State, e.Tries, e.Reason)
		}
		if i%max(1, n/500) != 0 {
			continue
		}
		report, err := q.Report(t.Context(), e.Outcome.Reading.Report)
		if _, want := scanned(e.Job); err != nil || !strings.HasPrefix(string(report), string(want)) {
			t.Errorf("%s: %s, %v", e.Job.Repository.Name, report, err)
		}
	}
	t.Logf("jobs by tries: %v", tries)
	for until := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		info, err := q.jobs.Info(t.Context())
		if err == nil && info.State.Msgs == 0 {
			return
		}
		if time.Now().After(until) {
			t.Fatalf("left in the stream: %v, %v", info.State, err)
		}
	}
}

func diskSpace(t *testing.T, dir string) string {
	var sum int64
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			sum += info.Size()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%d KB", sum>>10)
}
