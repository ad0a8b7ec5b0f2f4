package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"skleak/cmd/internal/process"
	"skleak/cmd/internal/terminal"
	"skleak/report"
	"skleak/report/wrap"
	"skleak/rules"
	"skleak/scanner/run"
)

// world is what a command can see of its surroundings. Nothing in this package reaches around it,
// so that tests can be their own world.
type world struct {
	env       map[string]string
	in        io.Reader
	out, errw io.Writer

	redactor *rules.Redactor // takes keys out of messages; nil, for the built-in rules, until a configuration is read

	pauses []time.Duration // between the checks of a revoked key; nil, for the usual ones, but in tests
}

// execute carries out one command line (without the program's name) and prints what went wrong. env holds
// "NAME=value" entries. The error is nil, an outcome, or what kept the command from its work:
// statusOf tells them apart. Cancelling ctx interrupts a scan, which still reports what it found.
func execute(ctx context.Context, env []string, in io.Reader, out, errw io.Writer, args []string) error {
	w := &world{env: environment(env), in: in, out: out, errw: errw}
	root := rootCommand(w)
	args, err := operandsOnly(root, args)
	if err == nil {
		root.SetArgs(append([]string{}, args...)) // never nil: cobra would take os.Args for it
		err = process.Catch(func() error { return root.ExecuteContext(ctx) })
	}
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

// prefix begins each message.
const prefix = "skleak: "

// say prints one message for people to standard error, on one line where that is no terminal. The rule for all of them: the
// program's name, lower case, no full stop; what happened, to what, and what to do about it.
//
// That a message cannot be printed is no reason to fail: whoever closed standard error wants none.
func (w *world) say(format string, args ...any) {
	text := w.harmless(fmt.Sprintf(format, args...))
	indent := len(text) - len(strings.TrimLeft(text, " "))
	fmt.Fprintln(w.errw, wrap.Line(prefix+text, terminal.Columns(w.errw), len(prefix)+indent))
}

// harmless is a line of a message without what it may quote: a key that was pasted at the wrong place
// of a command line or stands in a path, and what a terminal or the log of a CI job would obey.
func (w *world) harmless(line string) string {
	return report.Visible(w.redactor.Redact(line))
}

// sayError prints an error, on several lines where it consists of several.
func (w *world) sayError(err error) {
	for _, line := range run.Lines(err) {
		w.say("%s", line)
	}
}

// wantsColor follows no-color.org, any value of NO_COLOR but the empty one turns colour off, and then
// bixense.com/clicolors: CLICOLOR_FORCE puts it even where no terminal is, CLICOLOR=0 nowhere.
func (w *world) wantsColor(out io.Writer) bool {
	force, wish := w.env["CLICOLOR_FORCE"], w.env["CLICOLOR"]
	switch {
	case w.env["NO_COLOR"] != "":
		return false
	case force != "" && force != "0":
		return true
	}
	return wish != "0" && terminal.ObeysANSI(out, w.env["TERM"])
}

// wantsProgress is false wherever a bar that redraws itself would end up in a log: CI systems often give their jobs a
// terminal, and all of them set CI.
func (w *world) wantsProgress() bool {
	ci := w.env["CI"]
	return (ci == "" || ci == "false") && terminal.ObeysANSI(w.errw, w.env["TERM"])
}
