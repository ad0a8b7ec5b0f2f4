package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"skleak/rules"
)

// world is what a command can see of its surroundings. Nothing in this package reaches around it,
// so that tests can be their own world.
type world struct {
	env       map[string]string
	in        io.Reader
	out, errw io.Writer

	pauses []time.Duration // between the checks of a revoked key; nil, for the usual ones, but in tests
}

// run carries out one command line (without the program's name) and prints what went wrong. env holds
// "NAME=value" entries. The error is nil, an outcome, or what kept the command from its work:
// statusOf tells them apart. Cancelling ctx interrupts a scan, which still reports what it found.
func run(ctx context.Context, env []string, in io.Reader, out, errw io.Writer, args []string) error {
	w := &world{env: environment(env), in: in, out: out, errw: errw}
	root := rootCommand(w)
	root.SetArgs(append([]string{}, args...)) // never nil: cobra would take os.Args for it
	err := root.ExecuteContext(ctx)
	if err != nil && !errors.As(err, new(outcome)) {
		w.say("%v", err)
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

// say prints one message for people to standard error. The rule for all of them: the program's name,
// lower case, no full stop; what happened, to what, and what to do about it. What is quoted from the
// command line can be a key that was pasted at the wrong place: it is redacted like everything else.
//
// That a message cannot be printed is no reason to fail: whoever closed standard error wants none.
func (w *world) say(format string, args ...any) {
	for line := range strings.Lines(rules.Default().Redact(fmt.Sprintf(format, args...))) {
		fmt.Fprintf(w.errw, "skleak: %s\n", strings.TrimSuffix(line, "\n"))
	}
}
