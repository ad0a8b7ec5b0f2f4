package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"skleak/cmd/internal/console"
	"skleak/cmd/internal/exit"
)

// brokenWriter fails every write.
type brokenWriter struct{ err error }

func (w brokenWriter) Write([]byte) (int, error) { return 0, w.err }

func TestStandardOutputFails(t *testing.T) {
	for _, c := range []struct {
		name   string
		err    error
		status int
		said   string
	}{
		{"nobody reads it any more", &os.PathError{Op: "write", Path: "|1", Err: syscall.EPIPE}, 1, ""},
		{"the disk is full", syscall.ENOSPC, 2, "writing the report to standard output"},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "r.json")
			var errw bytes.Buffer
			in := strings.NewReader(keyFor("{live:24}"))
			err := execute(t.Context(), nil, in, brokenWriter{c.err}, &errw, []string{"stdin", "-r", file})
			if got := exit.StatusOf(err); got != c.status {
				t.Errorf("status %d, want %d", got, c.status)
			}
			if got := errw.String(); c.said == "" && got != "" || !strings.Contains(got, c.said) {
				t.Errorf("said %q, want %q", got, c.said)
			}
			if text, err := os.ReadFile(file); err != nil || !bytes.Contains(text, []byte(`"leaks"`)) {
				t.Errorf("the other report: %v, %d bytes", err, len(text))
			}
		})
	}
}

// A key can be pasted where a path, a command or a flag belongs.
func TestMessagesAreRedacted(t *testing.T) {
	key := keyFor("{live:24}")
	for _, args := range [][]string{
		{key}, {"scan", key}, {"scan", "--" + key}, {"stdin", key}, {"git", "--range", key}, {"scan", "-f", key},
		{"scan", "-r", key + "/r.json"}, {"help", key}, {"scan", "--fail-on", key},
	} {
		var out, errw bytes.Buffer
		err := execute(t.Context(), nil, strings.NewReader(""), &out, &errw, args)
		if got := exit.StatusOf(err); got != exit.Usage {
			t.Errorf("%s: status %d, want %d", args[0], got, exit.Usage)
		}
		if text := out.String() + errw.String(); text == "" || strings.Contains(text, key) {
			t.Errorf("%s with a key: said %q", args[0], strings.ReplaceAll(text, key, "THE KEY"))
		}
	}
}

// A scan that hangs in a read must not hold up whoever pressed Ctrl-C.
func TestInterruptedInAHangingRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in, feed := io.Pipe()
		defer synctest.Wait()
		defer feed.Close()
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Minute, cancel)
		start := time.Now()
		var out, errw bytes.Buffer
		err := execute(ctx, nil, in, &out, &errw, []string{"stdin"})
		if got := exit.StatusOf(err); got != exit.Interrupted {
			t.Errorf("status %d, want %d", got, exit.Interrupted)
		}
		if took := time.Since(start) - time.Minute; took > time.Second {
			t.Errorf("stopped after %v, want less than a second", took)
		}
		if !strings.Contains(errw.String(), "interrupted: read") || !strings.Contains(out.String(), "interrupted") {
			t.Errorf("standard error %q, report %q", errw.String(), out.String())
		}
	})
}

// quietWorld is one in which nothing is said, and nothing to be read.
func quietWorld() *world {
	return &world{Console: console.New(programName, nil, strings.NewReader(""), io.Discard, io.Discard)}
}
