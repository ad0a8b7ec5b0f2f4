// Package exit holds the exit statuses of skleak's programs, and how a scan ends with one of them.
package exit

import "errors"

// The exit statuses. Scripts branch on them, so each has one meaning and keeps it; docs/exit-status.md
// lists them for users. Besides, process.StatusSignal and the signal's number: stopped at once by SIGQUIT or SIGABRT.
const (
	Clean       = 0   // nothing found, everything read
	Leaks       = 1   // leaks found; --exit-code puts another number in its place
	Usage       = 2   // wrong usage or configuration, a report that could not be written, or a crash
	Incomplete  = 3   // no leak that counts, but something could not be read
	Interrupted = 130 // stopped by Ctrl-C, SIGTERM or SIGHUP
)

// Outcome is how a scan ended where that is no mistake of the user's: the report has told it already,
// so nothing more is printed.
type Outcome struct {
	Status int
	Name   string
}

func (o Outcome) Error() string { return o.Name }

// The outcomes whose status nobody chooses.
var (
	ErrIncomplete  = Outcome{Incomplete, "something could not be read"}
	ErrInterrupted = Outcome{Interrupted, "interrupted"}
)

// End is what is known of a scan at its end.
type End struct {
	Interrupted bool
	Failing     bool // there are leaks that count
	Complete    bool // everything was read
}

// Outcome is what a scan ends with; leaks is the status where leaks count. It is nil for a clean end.
func (e End) Outcome(leaks int) error {
	switch {
	case e.Interrupted:
		return ErrInterrupted
	case e.Failing && leaks != Clean:
		return Outcome{leaks, "leaks found"}
	case !e.Complete:
		return ErrIncomplete
	}
	return nil
}

// StatusOf maps what a program's work returned to its exit status. Every error that is no Outcome kept it from doing
// what it was asked to.
func StatusOf(err error) int {
	var o Outcome
	switch {
	case err == nil:
		return Clean
	case errors.As(err, &o):
		return o.Status
	default:
		return Usage
	}
}
