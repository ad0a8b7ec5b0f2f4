// Skleak finds leaked sk_live_ and sk_test_ API keys in working trees and whole git histories.
//
// See "skleak --help" for its commands, docs/exit-status.md for what its exit status says.
package main

import (
	"context"
	"errors"
	"os"

	"skleak/cmd/internal/process"
)

func main() {
	process.KeepMemoryPrivate()
	ctx, release := process.Interruptible(context.Background())
	err := execute(ctx, os.Environ(), os.Stdin, os.Stdout, os.Stderr, os.Args[1:])
	release()
	os.Exit(statusOf(err))
}

// The exit statuses. Scripts branch on them, so each has one meaning and keeps it; docs/exit-status.md
// lists them for users.
const (
	statusClean      = 0 // nothing found, everything read
	statusLeaks      = 1 // leaks found; --exit-code puts another number in its place
	statusUsage      = 2 // wrong usage or configuration, a report that could not be written, or a crash
	statusIncomplete = 3 // no leak that counts, but something could not be read
	// process.StatusSignal and the signal's number: stopped at once by SIGQUIT or SIGABRT
	statusInterrupted = 130 // stopped by Ctrl-C, SIGTERM or SIGHUP
)

// outcome is how a scan ended where that is no mistake of the user's: the report has told it already,
// so nothing more is printed.
type outcome struct {
	status int
	name   string
}

func (o outcome) Error() string { return o.name }

var (
	errIncomplete  = outcome{statusIncomplete, "something could not be read"}
	errInterrupted = outcome{statusInterrupted, "interrupted"}
)

// leaksFound ends a scan that found leaks which count.
func leaksFound(status int) error {
	if status == statusClean {
		return nil
	}
	return outcome{status, "leaks found"}
}

// statusOf maps what execute returned to the exit status. Every error that is no outcome kept the command
// from doing what it was asked to.
func statusOf(err error) int {
	var o outcome
	switch {
	case err == nil:
		return statusClean
	case errors.As(err, &o):
		return o.status
	default:
		return statusUsage
	}
}
