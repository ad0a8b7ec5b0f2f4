package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"runtime"
	"syscall"
)

// interruptible returns a context that the first Ctrl-C (or SIGTERM, which a CI job is stopped with)
// cancels. From then on these signals do what they always do, so that a second one ends the process
// at once, whatever it is busy with. The returned function gives the signals back.
//
// It also keeps SIGPIPE from killing the process: with "skleak scan | head" the reports asked for
// with -r are still to be written, and the exit status still says what was found.
func interruptible(parent context.Context) (context.Context, func()) {
	ctx, stop := signal.NotifyContext(parent, os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	return ctx, stop
}

// readerGone is true for the error of writing to a pipe that nobody reads any more.
func readerGone(err error) bool {
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe) {
		return true
	}
	const brokenPipe, noData = syscall.Errno(109), syscall.Errno(232) // Windows' own numbers
	return runtime.GOOS == "windows" && (errors.Is(err, brokenPipe) || errors.Is(err, noData))
}
