//go:build unix

package process

import (
	"context"
	"os/signal"
	"syscall"
	"testing"
	"time"
)

// TestInterruptible: a signal cancels, at once or after a patience.
func TestInterruptible(t *testing.T) {
	for _, patience := range []time.Duration{0, time.Millisecond} {
		ctx, release := Interruptible(t.Context(), "skleak", patience)
		defer release()
		// It has begun once SIGQUIT, the last one, is no longer ignored.
		for patience > 0 && signal.Ignored(syscall.SIGQUIT) {
			time.Sleep(time.Millisecond)
		}
		if err := syscall.Kill(syscall.Getpid(), syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Minute):
			t.Errorf("with a patience of %v: a signal does nothing", patience)
		}
	}
}

// TestImpatient: until then no signal has a dump written, or kills the process while it writes.
func TestImpatient(t *testing.T) {
	ctx, release := Interruptible(context.Background(), "skleak", time.Hour)
	for _, s := range []syscall.Signal{syscall.SIGPIPE, syscall.SIGQUIT, syscall.SIGABRT} {
		if !signal.Ignored(s) {
			t.Errorf("%v is not ignored", s)
		}
	}
	if signal.Ignored(syscall.SIGTERM) || signal.Ignored(syscall.SIGINT) {
		t.Error("the process cannot be ended")
	}
	release()
	if ctx.Err() == nil {
		t.Error("released, and not done")
	}
	signal.Reset(syscall.SIGPIPE, syscall.SIGQUIT, syscall.SIGABRT)
}
