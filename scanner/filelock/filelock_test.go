package filelock

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

func opened(t *testing.T, path string) *os.File {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func wantLock(t *testing.T, f *os.File, want bool) {
	t.Helper()
	got, err := Try(f)
	if errors.Is(err, ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil || got != want {
		t.Errorf("locked %v, error %v, want %v", got, err, want)
	}
}

func TestTry(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	first, second := opened(t, path), opened(t, path)
	wantLock(t, first, true)
	wantLock(t, second, false)
	if _, err := second.WriteString("not kept from writing"); err != nil {
		t.Error(err)
	}
	first.Close()
	wantLock(t, second, true)
	if _, err := Try(first); err == nil {
		t.Error("a closed file is locked")
	}
}

// TestTryOfAnotherProcess has this test binary hold a lock, and be killed.
func TestTryOfAnotherProcess(t *testing.T) {
	if path := os.Getenv("FILELOCK_HOLD"); path != "" {
		wantLock(t, opened(t, path), true)
		os.Stdout.WriteString("held\n")
		_, _ = io.ReadAll(os.Stdin)
		return
	}
	path := filepath.Join(t.TempDir(), "f")
	c := exec.Command(os.Args[0], "-test.run=^TestTryOfAnotherProcess$")
	c.Env = append(os.Environ(), "FILELOCK_HOLD="+path)
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
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "held\n" {
		t.Fatalf("%q, %v", line, err)
	}
	f := opened(t, path)
	wantLock(t, f, false)
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait()
	wantLock(t, f, true)
}
