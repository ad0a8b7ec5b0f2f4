// Package console is what a program sees of its surroundings, and how it speaks to people: messages in one form,
// harmless and wrapped, colour and progress only where they are wanted.
package console

import (
	"fmt"
	"io"
	"strings"

	"skleak/cmd/internal/terminal"
	"skleak/report/escape"
	"skleak/report/wrap"
	"skleak/rules"
	"skleak/scanner/run"
)

// Console is what a command can see of its surroundings. No command reaches around it, so that tests can make their
// own.
type Console struct {
	Name     string // the program's
	Env      map[string]string
	In       io.Reader
	Out, Err io.Writer

	// Redactor takes keys out of messages; nil, for the built-in rules, until a configuration is read.
	Redactor *rules.Redactor
}

// New makes the console of a program. env holds "NAME=value" entries.
func New(name string, env []string, in io.Reader, out, errw io.Writer) *Console {
	c := &Console{Name: name, Env: make(map[string]string, len(env)), In: in, Out: out, Err: errw}
	for _, entry := range env {
		variable, value, _ := strings.Cut(entry, "=")
		c.Env[variable] = value
	}
	return c
}

// Say prints one message for people to standard error, on one line where that is no terminal. The rule for all of them:
// the program's name, lower case, no full stop; what happened, to what, and what to do about it.
//
// That a message cannot be printed is no reason to fail: whoever closed standard error wants none.
func (c *Console) Say(format string, args ...any) {
	prefix, text := c.Name+": ", c.Harmless(fmt.Sprintf(format, args...))
	indent := len(text) - len(strings.TrimLeft(text, " "))
	fmt.Fprintln(c.Err, wrap.Line(prefix+text, terminal.Columns(c.Err), len(prefix)+indent))
}

// Harmless is a line of a message without what it may quote: a key that was pasted at the wrong place
// of a command line or stands in a path, and what a terminal or the log of a CI job would obey.
func (c *Console) Harmless(line string) string {
	return escape.Visible(c.Redactor.Redact(line))
}

// SayError prints an error, on several lines where it consists of several.
func (c *Console) SayError(err error) {
	for _, line := range run.Lines(err) {
		c.Say("%s", line)
	}
}

// WantsColor follows no-color.org, any value of NO_COLOR but the empty one turns colour off, and then
// bixense.com/clicolors: CLICOLOR_FORCE puts it even where no terminal is, CLICOLOR=0 nowhere.
func (c *Console) WantsColor() bool {
	force, wish := c.Env["CLICOLOR_FORCE"], c.Env["CLICOLOR"]
	switch {
	case c.Env["NO_COLOR"] != "":
		return false
	case force != "" && force != "0":
		return true
	}
	return wish != "0" && terminal.ObeysANSI(c.Out, c.Env["TERM"])
}

// WantsProgress is false wherever a bar that redraws itself would end up in a log: CI systems often give their jobs a
// terminal, and all of them set CI.
func (c *Console) WantsProgress() bool {
	ci := c.Env["CI"]
	return (ci == "" || ci == "false") && terminal.ObeysANSI(c.Err, c.Env["TERM"])
}
