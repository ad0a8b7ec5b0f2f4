//go:build unix

package main

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"skleak/cmd/internal/exit"
	"skleak/cmd/internal/process"
	"skleak/scanner/scantest"
)

// TestKilledWithoutDump stops skleak while it holds keys, with every signal that makes Go print a dump or
// the system write one, and with GOTRACEBACK=crash, which asks for both.
func TestKilledWithoutDump(t *testing.T) {
	levels := []string{"all", "", "single", "system", "crash"}
	for _, level := range levels[:scantest.Sample(1, len(levels))] {
		for _, signal := range []syscall.Signal{syscall.SIGQUIT, syscall.SIGABRT, syscall.SIGSEGV} {
			t.Run(fmt.Sprintf("%v, %s", signal, level), func(t *testing.T) {
				dir := t.TempDir()
				stderr, state := killedHoldingKeys(t, dir, signal, "GOTRACEBACK="+level)
				quiet := signal != syscall.SIGSEGV
				if want := process.StatusSignal + int(signal); quiet && state.ExitCode() != want {
					t.Errorf("ended with %v, want status %d", state, want)
				}
				if state.Success() || state.ExitCode() == exit.Leaks {
					t.Errorf("ended with %v", state)
				}
				if state.Sys().(syscall.WaitStatus).CoreDump() {
					t.Error("core dumped")
				}
				if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
					t.Errorf("left behind: %v", left)
				}
				if quiet && (strings.Contains(stderr, "0x") || strings.Contains(stderr, "rax ") ||
					!strings.Contains(stderr, "main.main")) {
					t.Errorf("a dump of Go's own, or none of ours: %s", stderr)
				}
				checkNoKey(t, stderr)
			})
		}
	}
}

// killedHoldingKeys feeds skleak a stream of keys that does not end, and kills it in the middle.
func killedHoldingKeys(t *testing.T, dir string, signal syscall.Signal, env ...string) (stderr string,
	state *os.ProcessState) {
	t.Helper()
	name, err := exec.LookPath("skleak")
	if err != nil {
		t.Fatal(err)
	}
	// The shell allows a core dump as large as it may be.
	c := exec.Command("sh", "-c", `ulimit -c unlimited; exec "$0" "$@"`, name, "stdin", "-q")
	c.Dir, c.Env = dir, append(os.Environ(), env...)
	var errs bytes.Buffer
	c.Stderr = &errs
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	// No pipe holds this much: once it is written, the keys are in memory and the search is at work.
	if _, err := io.WriteString(in, strings.Repeat("key = "+keyFor("{live:24}")+"\n", 10_000)); err != nil {
		t.Fatal(err)
	}
	time.Sleep(20 * time.Millisecond)
	if err := c.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait()
	return errs.String(), c.ProcessState
}

// checkNoKey looks for the key, and for any eight bytes of it as a dump of registers or arguments has them.
func checkNoKey(t *testing.T, text string) {
	t.Helper()
	key := keyFor("{live:24}")
	for i := 0; i+8 <= len(key); i++ {
		part := []byte(key[i : i+8])
		little := []byte{part[7], part[6], part[5], part[4], part[3], part[2], part[1], part[0]}
		for _, written := range []string{string(part), hex.EncodeToString(part), hex.EncodeToString(little)} {
			if strings.Contains(text, written) {
				t.Errorf("%q of the key is in what was printed", part)
			}
		}
	}
}

// TestMemoryIsPrivate: the limit is lowered in the process, and on Linux its memory is no other process' to read.
func TestMemoryIsPrivate(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("there is no /proc to look into")
	}
	name, err := exec.LookPath("skleak")
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(name, "stdin", "-q")
	if os.Geteuid() == 0 {
		// Whose the memory is tells nothing of root's own programs.
		copied := filepath.Join(t.TempDir(), "skleak")
		if err := exec.Command("cp", "-L", name, copied).Run(); err != nil {
			t.Fatal(err)
		}
		for dir := filepath.Dir(copied); dir != os.TempDir() && len(dir) > 1; dir = filepath.Dir(dir) {
			if err := os.Chmod(dir, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		c = exec.Command(copied, "stdin", "-q")
		c.Args[0] = name // by which the test binary knows what it is to be
		c.Dir, c.Env = "/", []string{"HOME=/nowhere"}
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Skipf("starting as somebody else: %v", err)
	}
	if _, err := io.WriteString(in, strings.Repeat("filler\n", 1<<17)); err != nil {
		t.Fatal(err)
	}
	limits, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", c.Process.Pid))
	if err != nil || !strings.Contains(strings.Join(strings.Fields(string(limits)), " "), "Max core file size 0 ") {
		t.Errorf("core dumps are allowed: %v: %s", err, limits)
	}
	// What is not dumpable belongs to root in /proc, whoever runs it.
	info, err := os.Stat(fmt.Sprintf("/proc/%d/mem", c.Process.Pid))
	if err != nil || info.Sys().(*syscall.Stat_t).Uid != 0 {
		t.Errorf("the memory is readable: %v", err)
	}
	in.Close()
	_ = c.Wait()
}
