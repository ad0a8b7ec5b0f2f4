package queue

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"skleak/scanner/audit/job"
)

// childVariable has this test binary be a process of an audit instead, as its value says.
const childVariable = "SKLEAK_QUEUE_CHILD"

func TestMain(m *testing.M) {
	if what := os.Getenv(childVariable); what != "" {
		if err := child(what, os.Args[1:]); err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// child is what the process does: it says a line for each thing that it has done.
func child(what string, args []string) error {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	go func() { _, _ = io.ReadAll(os.Stdin); stop() }() // it ends with its parent, unless that kills it before
	switch what {
	case "put": // queues jobs one by one
		q, err := Start(ctx, Options{Dir: args[0]})
		if err != nil {
			return err
		}
		defer q.Close()
		if err := q.Reset(ctx, run); err != nil {
			return err
		}
		for _, j := range jobs(1000) {
			if err := q.Put(ctx, j); err != nil {
				return err
			}
			fmt.Println(j.ID())
		}
	case "work": // does jobs in the process that has them
		q, err := Start(ctx, Options{Dir: args[0], Limits: quick()})
		if err != nil {
			return err
		}
		defer q.Close()
		fmt.Println("ready")
		return q.Work(ctx, 4, said)
	case "slow": // does jobs that take some seconds
		q, err := Start(ctx, Options{Dir: args[0], Limits: shortWait()})
		if err != nil {
			return err
		}
		defer q.Close()
		changes, err := q.Watch(ctx)
		if err != nil {
			return err
		}
		go func() {
			for e := range changes {
				if e.State == Done {
					fmt.Println("done", e.ID())
				}
			}
		}()
		return q.Work(ctx, 4, func(ctx context.Context, j job.Job, moved *atomic.Int64) (job.Outcome, []byte, error) {
			fmt.Println("begin", j.ID())
			for range 20 {
				moved.Add(1)
				time.Sleep(100 * time.Millisecond)
			}
			o, report := scanned(j)
			return o, report, ctx.Err()
		})
	case "join": // does jobs of another process, and none to its end before there is a file
		w, err := Join(ctx, args[0])
		if err != nil {
			return err
		}
		defer w.Close()
		fmt.Println("ready")
		return w.Work(ctx, 1, func(ctx context.Context, j job.Job, moved *atomic.Int64) (job.Outcome, []byte, error) {
			fmt.Println("begin", j.ID())
			for _, err := os.Stat(args[1]); err != nil && ctx.Err() == nil; _, err = os.Stat(args[1]) {
				moved.Add(1)
				time.Sleep(4 * time.Millisecond)
			}
			o, report := scanned(j)
			fmt.Println("end", j.ID())
			return o, report, nil
		})
	}
	<-ctx.Done()
	return nil
}

// shortWait are limits with which a silent worker is soon taken for dead.
func shortWait() Limits {
	limits := quick()
	limits.AckWait = 3 * time.Second
	return limits
}

// said takes a while for a job and says so, before and after.
func said(ctx context.Context, j job.Job, moved *atomic.Int64) (job.Outcome, []byte, error) {
	fmt.Println("begin", j.ID())
	for range 5 {
		moved.Add(1)
		time.Sleep(4 * time.Millisecond)
	}
	o, report := scanned(j)
	fmt.Println("end", j.ID())
	return o, report, ctx.Err()
}

// process is a child, and what it says.
type process struct {
	*exec.Cmd
	says *bufio.Scanner
}

func begun(t *testing.T, what string, args ...string) *process {
	t.Helper()
	c := exec.Command(os.Args[0], args...)
	c.Env = append(os.Environ(), childVariable+"="+what)
	c.Stderr = os.Stderr
	if _, err := c.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill(); _ = c.Wait() })
	return &process{c, bufio.NewScanner(out)}
}

// until reads what a child says, up to a line that starts so, and returns all of it.
func (p *process) until(t *testing.T, start string) (lines []string) {
	t.Helper()
	for p.says.Scan() {
		line := p.says.Text()
		if strings.HasPrefix(line, "error") {
			t.Fatal(line)
		}
		lines = append(lines, line)
		if strings.HasPrefix(line, start) {
			return lines
		}
	}
	t.Fatalf("the process ended without saying %q", start)
	return nil
}

// kill ends a process without giving it time for anything, and returns what it had said.
func (p *process) kill(t *testing.T) (lines []string) {
	t.Helper()
	if err := p.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for p.says.Scan() {
		lines = append(lines, p.says.Text())
	}
	_ = p.Wait()
	return lines
}

// TestKilledWhilePutting kills a coordinator that queues jobs: each that it was told of is there.
func TestKilledWhilePutting(t *testing.T) {
	for range 3 {
		dir := t.TempDir()
		p := begun(t, "put", dir)
		told := p.until(t, jobs(20)[19].ID())
		told = append(told, p.kill(t)...)
		q := started(t, dir, quick())
		entries, err := q.records(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := q.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		queued, err := q.queued(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range told {
			if _, ok := entries[id]; !ok || !queued[id] {
				t.Errorf("%s: entry %v, queued %v", id, ok, queued[id])
			}
		}
		if len(entries) < len(told) || len(entries) > len(told)+1 || len(queued) != len(entries) {
			t.Errorf("%d jobs told, %d entries, %d queued", len(told), len(entries), len(queued))
		}
		q.Close()
	}
}

// TestKilledWhileWorking kills a coordinator in the middle of its work, again and again.
func TestKilledWhileWorking(t *testing.T) {
	dir, n := t.TempDir(), 60
	q := started(t, dir, quick())
	put(t, q, jobs(n)...)
	q.Close()
	for range 3 {
		p := begun(t, "work", dir)
		for range 5 { // of its four workers, one has begun another job since: what came of the one before is stored
			p.until(t, "end")
		}
		p.kill(t)
	}
	q = started(t, dir, shortWait())
	entries, err := q.Entries(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	done := map[string]string{}
	for _, e := range entries {
		if e.State == Done {
			done[e.ID()] = fmt.Sprint(e)
		}
	}
	var again atomic.Int64
	for _, e := range worked(t, q, 4, func(_ context.Context, j job.Job, _ *atomic.Int64) (job.Outcome, []byte, error) {
		if done[j.ID()] != "" {
			again.Add(1)
		}
		o, report := scanned(j)
		return o, report, nil
	}) {
		if was, now := done[e.ID()], fmt.Sprint(e); e.State != Done || was != "" && was != now {
			t.Errorf("%s, was %s", now, was)
		}
	}
	if len(done) < 3 || again.Load() != 0 || len(entries) != n {
		t.Errorf("%d of %d were done, %d of these again", len(done), len(entries), again.Load())
	}
	checkAll(t, q, n)
}

// TestLateOutcome freezes a worker until its job has been done by another. What it then says must not count, nor
// remove the message of a job that another has.
func TestLateOutcome(t *testing.T) {
	q, file := listening(t, shortWait())
	put(t, q, jobs(1)...)
	mayEnd := filepath.Join(t.TempDir(), "end")
	p := begun(t, "join", file, mayEnd)
	id := strings.TrimPrefix(p.until(t, "begin")[1], "begin ")
	freeze(t, p)
	other := joined(t, file)
	var c *claim
	for until := time.Now().Add(time.Minute); c == nil && time.Now().Before(until); {
		c, _ = other.take(t.Context())
	}
	if c == nil || c.ID != id {
		t.Fatalf("%+v, want job %s", c, id)
	}
	ctx, stop := context.WithCancel(t.Context())
	var heart sync.WaitGroup
	heart.Go(func() {
		for ctx.Err() == nil {
			_ = other.hold(ctx, c, true, 1)
			pause(ctx, 100*time.Millisecond)
		}
	})
	defer heart.Wait()
	defer stop()
	if err := os.WriteFile(mayEnd, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	thaw(t, p)
	p.until(t, "end")
	time.Sleep(300 * time.Millisecond) // for what it says
	e := entryOf(t, q, c.Job)
	info, err := q.jobs.Info(t.Context())
	if e.State != Running || e.Worker != other.name || err != nil || info.State.Msgs != 1 {
		t.Errorf("%+v; %d messages, %v", e, info.State.Msgs, err)
	}
	o, _ := scanned(c.Job)
	if err := other.finish(t.Context(), c, o, []byte("the second one's")); err != nil {
		t.Fatal(err)
	}
	report, err := q.Report(t.Context(), entryOf(t, q, c.Job).Outcome.Reading.Report)
	if string(report) != "the second one's" {
		t.Errorf("%s, %v", report, err)
	}
}

// TestStoppedCoordinator stops a whole coordinator for longer than a job may be silent, as Ctrl-Z does. Its own job
// must not be taken for lost when it goes on.
func TestStoppedCoordinator(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes ten seconds")
	}
	dir := t.TempDir()
	q := started(t, dir, quick())
	put(t, q, jobs(1)...)
	q.Close()
	p := begun(t, "slow", dir)
	p.until(t, "begin")
	freeze(t, p)
	time.Sleep(asleep + time.Second)
	thaw(t, p)
	if lines := p.until(t, "done"); len(lines) != 1 {
		t.Errorf("begun again: %q", lines)
	}
	p.kill(t)
	q = started(t, dir, quick())
	if e := entryOf(t, q, jobs(1)[0]); e.State != Done || e.Tries != 1 {
		t.Errorf("%+v", e)
	}
}

// TestStartupWithManyJobs opens a queue of some thousand jobs, and of none: what they cost is a small part of what it took to put
// them there. SKLEAK_AUDIT_JOBS says how many.
func TestStartupWithManyJobs(t *testing.T) {
	few, many := t.TempDir(), t.TempDir()
	q := started(t, few, quick())
	q.Close()
	q = started(t, many, quick())
	began := time.Now()
	put(t, q, jobs(jobsOfTest(t, 2000))...)
	putting := time.Since(began)
	q.Close()
	took := map[string]time.Duration{}
	for range 4 {
		for _, dir := range []string{few, many} {
			began := time.Now()
			q := started(t, dir, quick())
			if d := time.Since(began); took[dir] == 0 || d < took[dir] {
				took[dir] = d
			}
			q.Close()
		}
	}
	t.Logf("ready after %v without jobs, after %v with them, put there in %v", took[few], took[many], putting)
	if more := took[many] - took[few]; more > putting/4 {
		t.Errorf("jobs that were put there in %v take %v at the start", putting, more)
	}
}

// TestJoinFileHoldsNoMore makes sure that what lets workers in lets them do nothing else.
func TestJoinFileHoldsNoMore(t *testing.T) {
	q, file := listening(t, quick())
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(text, &fields); err != nil || len(fields) != 4 {
		t.Errorf("%v, %v", fields, err)
	}
	if strings.Contains(string(text), "PRIVATE KEY") {
		t.Error("the CA's key is in it")
	}
	for _, name := range []string{listenName, lockName, versionName} {
		if info, err := os.Stat(filepath.Join(q.place, name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
}
