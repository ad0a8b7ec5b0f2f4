package history

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"skleak/scanner"
)

// everything writes all that a scan told.
func (r result) everything() string {
	var b strings.Builder
	for _, f := range r.found {
		commit := scanner.Commit{}
		if f.Commit != nil {
			commit = *f.Commit
		}
		f.Commit = nil
		fmt.Fprintf(&b, "%+v %s %+v\n", f, f.Key.Fingerprint(), commit)
	}
	c := r.coverage
	fmt.Fprintln(&b, c.Objects.Load(), c.Blobs.Load(), c.Commits.Load(), c.Tags.Load(), c.Bytes.Load(), r.skipped())
	return b.String() + r.unreadable()
}

// TestSameForAnyNumberOfJobs scans with one worker and with several, a damaged repository too.
func TestSameForAnyNumberOfJobs(t *testing.T) {
	t.Parallel()
	for _, damaged := range []bool{false, true} {
		t.Run(fmt.Sprintf("damaged=%v", damaged), func(t *testing.T) {
			t.Parallel()
			w := newWorld(3)
			s := newStory()
			for _, c := range w.commits {
				s.on("main", c.label, nil, change{path: "a.txt", content: c.message + prose(1, 100)}, put("b.env", assign(c.label)), put("c.env", assign("same")))
			}
			for i := range 20 {
				s.on(fmt.Sprint("same", i), fmt.Sprint("same", i), nil, put("c.env", fmt.Sprint(i, "\n")+assign("same")))
			}
			dir, _ := s.tell(t, true, "--bare")
			objects := allObjects(t, dir)
			packInto(t, dir, ids(objects)[:len(objects)/2])
			if damaged {
				for _, o := range objects[len(objects)/2:][:5] {
					loseObject(t, dir, o.id)
				}
				write(t, objectsOf(dir), objects[len(objects)-1].id[:2]+"/"+strings.Repeat("0", 38), "damaged")
			}
			want := scan(t, dir, Options{Jobs: 1}).everything()
			for _, jobs := range []int{1, 2, 8, 8, 8} {
				if got := scan(t, dir, Options{Jobs: jobs}).everything(); got != want {
					t.Fatalf("%d jobs:\n%s\none job:\n%s", jobs, got, want)
				}
			}
		})
	}
}

// cancelWhen ends a scan as soon as something has happened.
func cancelWhen(ctx context.Context, cancel func(), happened func() bool) {
	for ctx.Err() == nil && !happened() {
		time.Sleep(time.Millisecond)
	}
	cancel()
}

// TestCancel ends scans at different times: they return at once with what was found, and leave nothing running.
func TestCancel(t *testing.T) {
	s := newStory()
	for i := range 1500 {
		s.onMain(fmt.Sprint(i), put(fmt.Sprintf("d%d/%d.env", i%50, i), assign(fmt.Sprint("cancel ", i))))
	}
	dir, _ := s.tell(t, false, "--bare")
	whole := len(scan(t, dir, Options{}).found)
	before := runtime.NumGoroutine()
	for _, after := range []int64{0, 1, 1000, 3000, 4600} {
		ctx, cancel := context.WithCancel(t.Context())
		progress := &scanner.Progress{}
		var stopped atomic.Pointer[time.Time]
		stop := func() { now := time.Now(); stopped.Store(&now); cancel() }
		go cancelWhen(ctx, stop, func() bool { return progress.Done.Load() >= after })
		r, err := tryScan(ctx, dir, Options{Progress: progress})
		cancel()
		if at := stopped.Load(); at != nil && time.Since(*at) > 30*time.Second {
			t.Errorf("after %d objects: it took %v to stop", after, time.Since(*at))
		}
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("after %d objects: %v", after, err)
		}
		if err == nil && len(r.found) != whole {
			t.Errorf("after %d objects: %d findings without an error, of %d", after, len(r.found), whole)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if r, err := tryScan(ctx, dir, Options{}); !errors.Is(err, context.Canceled) || len(r.found) == whole {
		t.Errorf("canceled before it began: %d findings and %v", len(r.found), err)
	}
	for wait := 0; runtime.NumGoroutine() > before && wait < 200; wait++ {
		time.Sleep(10 * time.Millisecond)
	}
	if after := runtime.NumGoroutine(); after > before {
		t.Errorf("%d goroutines are left running", after-before)
	}
}

// refusal is a handler that takes nothing.
type refusal struct{ err error }

func (r refusal) Finding(scanner.Finding) error { return r.err }

// TestHandlerFails makes sure that a finding that could not be passed on ends the scan.
func TestHandlerFails(t *testing.T) {
	t.Parallel()
	dir, _ := threeCommits(t)
	repo, err := open(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	defer repo.Close()
	full := errors.New("disk full")
	err = repo.Scan(t.Context(), Options{Rules: builtIn, Coverage: &scanner.Coverage{}}, refusal{full})
	if !errors.Is(err, full) {
		t.Errorf("got %v, want %v", err, full)
	}
}
