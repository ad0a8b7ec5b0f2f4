package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"skleak/scanner/scantest"
)

// TestHostileSystemCalls lets system calls of the real program fail, every so many of them from some one on: whatever
// fails, it says so, and never that all was read and nothing found.
func TestHostileSystemCalls(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace, which lets system calls fail, is not installed")
	}
	dir := t.TempDir()
	add := func(name string) {
		path := filepath.Join(dir, name)
		text := "KEY=" + keyFor("{live:24}") + "\n" + strings.Repeat("text\n", 5000)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
		scantest.Git(t, dir, "add", "-A")
		scantest.Git(t, dir, "commit", "-q", "-m", "add "+name)
	}
	scantest.Git(t, dir, "init", "-q")
	add("a.env")
	add("sub/b.env")
	scantest.Git(t, dir, "gc", "-q")
	calls := []string{"pread64", "read", "openat", "getdents64", "fstat", "newfstatat", "mmap"}
	failed := 0
	for i := range scantest.Sample(14, 280) {
		call, first, step := calls[i%len(calls)], 20+i*7%60, []int{1, 2, 3, 7}[i%4] // before that, the program starts
		c := exec.Command(strace, "-f", "-qq", "-o", "/dev/null", "-e", "trace="+call,
			"-e", fmt.Sprintf("inject=%s:error=EIO:when=%d+%d", call, first, step), binary(t), "scan", dir, "--no-progress")
		out, err := c.CombinedOutput()
		status := 0
		if ended := (*exec.ExitError)(nil); errors.As(err, &ended) {
			status = ended.ExitCode()
		} else if err != nil {
			t.Skipf("strace does not run here: %v: %s", err, out)
		}
		if strings.Contains(string(out), "strace: ") {
			t.Skipf("strace does not run here: %s", out)
		}
		if strings.Contains(string(out), "runtime: ") {
			continue // the runtime of Go got no memory
		}
		if status == 0 || strings.Contains(string(out), "internal error") || strings.Contains(string(out), "goroutine ") {
			t.Errorf("%s fails from the %dth on, each %dth: status %d: %s", call, first, step, status, out)
		}
		if !strings.Contains(string(out), "could not be read: none") {
			failed++
		}
	}
	if failed == 0 {
		t.Error("no call failed")
	}
}
