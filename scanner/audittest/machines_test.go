package audittest

import (
	"bytes"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"skleak/scanner/scantest"
)

// anyPort is an address to listen at. The join file has the port that it came to be.
const anyPort = "127.0.0.1:0"

// started starts a program, and has it end with the test.
func (w *world) started(c *exec.Cmd) *bytes.Buffer {
	w.t.Helper()
	var said bytes.Buffer
	c.Stdout, c.Stderr = &said, &said
	if err := c.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = c.Process.Kill(); _ = c.Wait() })
	return &said
}

// within waits until something is so.
func within(t *testing.T, d time.Duration, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(d); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within %v: %s", d, what)
		}
	}
}

func isFile(path string) func() bool {
	return func() bool { _, err := os.Stat(path); return err == nil }
}

// elsewhere is the command of a worker as if on another machine: with a home of its own, and without the token.
func (w *world) elsewhere(join string) *exec.Cmd {
	c := w.command("work", "--join", join, "--jobs", "1")
	home := scantest.TempDir(w.t)
	c.Dir = home
	c.Env = append(c.Env, "HOME="+home, "XDG_STATE_HOME="+home, "XDG_CONFIG_HOME="+home, "GITHUB_TOKEN=")
	return c
}

// TestMachines: workers that come, are killed, freeze and come again change nothing of what is told.
func TestMachines(t *testing.T) {
	w := newWorld(t, scantest.Sample(12, 60))
	alone := w.audit(1)
	join, file := filepath.Join(w.home, "join.skleak"), filepath.Join(w.home, "machines.json")
	config := filepath.Join(w.home, "own.toml")
	if err := os.WriteFile(config, []byte("[providers.stripe.revoke]\ncommand = [\"/never/run\"]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := w.command("run", "github:acme", "--github-url", w.host.URL, "-q", "-r", file, "--jobs", "1", "-c", config,
		"--state", filepath.Join(w.home, "machines"), "--listen", anyPort, "--join-file", join)
	said := w.started(c)
	within(t, time.Minute, "the coordinator writes the join file", isFile(join))
	frozen, steady, killed := w.elsewhere(join), w.elsewhere(join), w.elsewhere(join)
	w.started(frozen)
	w.started(steady)
	if scantest.Hostile() { // what it had is given to another after a minute
		w.started(killed)
		time.AfterFunc(300*time.Millisecond, func() { _ = killed.Process.Kill() })
	}
	time.Sleep(300 * time.Millisecond)
	time.AfterFunc(2*time.Second, freeze(frozen))
	err := c.Wait()
	if c.ProcessState.ExitCode() != 1 {
		t.Fatalf("error %v:\n%s", err, said)
	}
	ended := make(chan struct{})
	go func() { _ = steady.Wait(); close(ended) }()
	select {
	case <-ended: // a worker ends with the audit
	case <-time.After(time.Minute):
		t.Error("a worker goes on when the audit is over")
	}
	d := w.read(file)
	w.same(alone.without(alone.digest()), d.without(d.digest()))
}

// TestKilled: an audit that was killed goes on, and tells the same.
func TestKilled(t *testing.T) {
	w := newWorld(t, scantest.Sample(12, 60))
	alone := w.audit(1)
	folder, file := filepath.Join(w.home, "killed"), filepath.Join(w.home, "killed.json")
	args := []string{"run", "github:acme", "--github-url", w.host.URL, "-q", "-r", file, "--state", folder}
	for i := range scantest.Sample(3, 20) {
		c := w.command(args...)
		w.started(c)
		time.Sleep(time.Duration(200+150*i) * time.Millisecond)
		_ = c.Process.Kill()
		_ = c.Wait()
	}
	w.run(1, args...)
	w.same(alone.plain(), w.read(file).plain())
}

// TestInterrupted: Ctrl-C ends an audit soon, with a report of what is done.
func TestInterrupted(t *testing.T) {
	w := newWorld(t, 12)
	goOn := make(chan struct{})
	var fetched atomic.Int64
	w.host.Odd = func(_ http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "/info/refs") && fetched.Add(1) > 6 { // so that the audit cannot come to its end
			select {
			case <-goOn:
			case <-r.Context().Done():
			}
		}
		return false
	}
	file := filepath.Join(w.home, "part.json")
	c := w.command("run", "github:acme", "--github-url", w.host.URL, "-q", "-r", file, "--jobs", "1")
	said := w.started(c)
	status := filepath.Join(w.home, "state")
	within(t, time.Minute, "the audit begins", func() bool {
		names, _ := filepath.Glob(filepath.Join(status, "skleak/audits/*/outcomes.jsonl"))
		for _, name := range names {
			if info, err := os.Stat(name); err == nil && info.Size() > 0 {
				return true
			}
		}
		return false
	})
	_ = c.Process.Signal(os.Interrupt)
	_ = c.Wait()
	if c.ProcessState.ExitCode() != 130 {
		t.Fatalf("status %d:\n%s", c.ProcessState.ExitCode(), said)
	}
	if d := w.read(file); d.Scan.Complete || len(d.Scan.Repositories) != 12 {
		t.Errorf("complete %v, %d repositories", d.Scan.Complete, len(d.Scan.Repositories))
	}
	close(goOn)
	if out, _ := w.run(0, "status"); !strings.Contains(out, "stopped") {
		t.Errorf("status:\n%s", out)
	}
	if d := w.audit(1); len(d.Leaks) != 4 || !d.Scan.Complete {
		t.Errorf("%d leaks, complete %v", len(d.Leaks), d.Scan.Complete)
	}
}
