package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"
)

// StatusSignal and the signal's number are the exit status of a process that SIGQUIT or SIGABRT stopped at once.
const StatusSignal = 128

// Interruptible returns a context that the first Ctrl-C cancels, and what else asks a program to end:
// SIGTERM, which a CI job is stopped with, and SIGHUP, which comes when the terminal is closed. From then
// on these signals do what they always do, so that a second one ends the process at once, whatever it
// is busy with. The returned function gives the signals back.
//
// It also keeps SIGPIPE from killing the process: with "skleak scan | head" the reports asked for
// with -r are still to be written, and the exit status still says what was found. And it replaces the
// dump that Go prints at SIGQUIT and SIGABRT. program is the name that stands before what is said then.
//
// All this begins after a patience. To have Go pass signals on takes threads and a millisecond of processor time, which is
// a tenth of what a commit hook takes. Until then nothing is lost by ending at once; what could kill the process with
// its report half told, or print registers, is ignored.
func Interruptible(parent context.Context, program string, patience time.Duration) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	release := func() { cancel(nil) }
	if patience <= 0 {
		handleSignals(ctx, cancel, program)
		return ctx, release
	}
	signal.Ignore(syscall.SIGPIPE, syscall.SIGQUIT, syscall.SIGABRT)
	timer := time.AfterFunc(patience, func() { handleSignals(ctx, cancel, program) })
	return ctx, func() {
		timer.Stop()
		release()
	}
}

// handleSignals begins with what Interruptible promises. Once ctx is done, the signals are given back.
func handleSignals(ctx context.Context, cancel context.CancelCauseFunc, program string) {
	ending := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // nohup has it ignored
		ending = append(ending, syscall.SIGHUP)
	}
	asked, stop := signal.NotifyContext(ctx, ending...)
	context.AfterFunc(asked, func() {
		stop()
		cancel(context.Cause(asked))
	})
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	go quitQuietly(os.Stderr, program)
}

// quitQuietly waits for SIGQUIT (Ctrl-\ on a terminal) or SIGABRT (what a watchdog sends), says where
// the program stands, and ends it. Go would print registers and arguments, in which bytes of a key can be, and
// with GOTRACEBACK=crash ask for a core dump.
func quitQuietly(w io.Writer, program string) {
	quit := make(chan os.Signal, 1)
	signal.Notify(quit, syscall.SIGQUIT, syscall.SIGABRT)
	got, _ := (<-quit).(syscall.Signal)
	fmt.Fprintf(w, "%s: stopped at once by a signal; no report is written; this is where it stood:\n", program)
	dumpStacks(w)
	os.Exit(StatusSignal + int(got))
}

// ReaderGone is true for the error of writing to a pipe that nobody reads any more.
func ReaderGone(err error) bool {
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe) {
		return true
	}
	const brokenPipe, noData = syscall.Errno(109), syscall.Errno(232) // Windows' own numbers
	return runtime.GOOS == "windows" && (errors.Is(err, brokenPipe) || errors.Is(err, noData))
}
