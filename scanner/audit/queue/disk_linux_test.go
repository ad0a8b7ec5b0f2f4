package queue

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"skleak/scanner/audit/job"
)

// TestFullDisk fills the disk in the middle of the work. The workers end with an error that says so, and after room
// was made all goes on, with nothing lost.
func TestFullDisk(t *testing.T) {
	disk := t.TempDir()
	if err := unix.Mount("tmpfs", disk, "tmpfs", 0, "size=16m"); err != nil {
		t.Skip("a small disk cannot be mounted here: ", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(disk, 0) })
	dir := filepath.Join(disk, "queue")
	q := started(t, dir, quick())
	put(t, q, jobs(40)...)
	ballast := filepath.Join(disk, "ballast")
	var filled atomic.Int64
	do := func(_ context.Context, j job.Job, _ *atomic.Int64) (job.Outcome, []byte, error) {
		if filled.Add(1) == 10 {
			_ = os.WriteFile(ballast, make([]byte, 32<<20), 0o600) // as much as there is room for
		}
		o, report := scanned(j)
		return o, append(report, make([]byte, 20_000)...), nil
	}
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	if err := q.Work(ctx, 2, do); !errors.As(err, new(StoppedError)) {
		t.Errorf("the work ended with %v", err)
	}
	late := job.Job{Run: run, Repository: job.Repository{URL: "https://example.com/new"}}
	if err := q.Put(t.Context(), late); !errors.As(err, new(StoppedError)) {
		t.Error("a job was put on a full disk")
	}
	q.Close()
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	q = started(t, dir, shortWait())
	for name, e := range worked(t, q, 2, do) {
		if e.State != Done {
			t.Errorf("%s: %+v", name, e)
		}
	}
	checkAll(t, q, 40)
}
