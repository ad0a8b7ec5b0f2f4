package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"skleak/report"
	"skleak/rules"
)

// world is what a command can see of its surroundings. Nothing in this package reaches around it,
// so that tests can be their own world.
type world struct {
	env       map[string]string
	in        io.Reader
	out, errw io.Writer

	redacting *rules.Set // finds keys in messages; nil, for the built-in rules, until a configuration is read

	pauses []time.Duration // between the checks of a revoked key; nil, for the usual ones, but in tests
}

// run carries out one command line (without the program's name) and prints what went wrong. env holds
// "NAME=value" entries. The error is nil, an outcome, or what kept the command from its work:
// statusOf tells them apart. Cancelling ctx interrupts a scan, which still reports what it found.
func run(ctx context.Context, env []string, in io.Reader, out, errw io.Writer, args []string) error {
	w := &world{env: environment(env), in: in, out: out, errw: errw}
	root := rootCommand(w)
	root.SetArgs(append([]string{}, args...)) // never nil: cobra would take os.Args for it
	err := guarded(func() error { return root.ExecuteContext(ctx) })
	if err != nil && !errors.As(err, new(outcome)) {
		w.sayError(err)
	}
	return err
}

func environment(entries []string) map[string]string {
	env := make(map[string]string, len(entries))
	for _, entry := range entries {
		name, value, _ := strings.Cut(entry, "=")
		env[name] = value
	}
	return env
}

// say prints one message for people to standard error, on one line. The rule for all of them: the
// program's name, lower case, no full stop; what happened, to what, and what to do about it.
//
// That a message cannot be printed is no reason to fail: whoever closed standard error wants none.
func (w *world) say(format string, args ...any) {
	fmt.Fprintf(w.errw, "skleak: %s\n", w.harmless(fmt.Sprintf(format, args...)))
}

// harmless is a line of a message without what it may quote: a key that was pasted at the wrong place
// of a command line or stands in a path, and what a terminal or the log of a CI job would obey.
func (w *world) harmless(line string) string {
	set := w.redacting
	if set == nil {
		set = rules.Default()
	}
	return report.Visible(set.Redact(line))
}

// sayError prints an error, on several lines where it consists of several.
func (w *world) sayError(err error) {
	for _, line := range linesOf(err) {
		w.say("%s", line)
	}
}

// sayBelow prints a text of several lines below what was said last.
func (w *world) sayBelow(text string) {
	for line := range strings.Lines(text) {
		w.say("    %s", strings.TrimSuffix(line, "\n"))
	}
}

// paragraph is an error of several lines, and so is a crash.
type paragraph []string

func (p paragraph) Error() string { return strings.Join(p, "\n") }

// linesOf takes apart what several errors, or several lines, were joined into. A line end that an
// error quotes, from the name of a file, parts nothing.
func linesOf(err error) []string {
	switch e := err.(type) {
	case paragraph:
		return slices.Clone(e)
	case *crash:
		return e.lines()
	case interface{ Unwrap() []error }:
		var lines []string
		for _, part := range e.Unwrap() {
			lines = append(lines, linesOf(part)...)
		}
		if strings.Join(lines, "\n") == err.Error() {
			return lines
		}
	case interface{ Unwrap() error }:
		inner := e.Unwrap()
		if inner == nil {
			break
		}
		if head, ok := strings.CutSuffix(err.Error(), inner.Error()); ok {
			lines := linesOf(inner)
			lines[0] = head + lines[0]
			return lines
		}
	}
	return []string{err.Error()}
}
