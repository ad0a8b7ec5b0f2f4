package main

import (
	"crypto/rand"
	"fmt"
	"io"
	"strings"

	"skleak/report"
	"skleak/scanner"
	"skleak/scanner/gate"
)

// jobLog is the log of a job. On GitHub's runner, whatever is printed can be an order to it: a line that
// begins with two colons, or has "##[" anywhere. Names of files and branches are written by strangers, so
// nothing is printed here but orders whose texts are escaped, and what stands between stop and resume.
type jobLog struct {
	out    io.Writer
	runner bool // a runner reads what is printed
}

func (w *world) newJobLog() jobLog { return jobLog{w.out, isRunner(w.env)} }

// isRunner tells from the environment whether a runner reads what is printed, and so swallows the keys that it is to
// hide. GITHUB_ACTIONS alone is no proof: people set it in a shell to see what a job would print. A runner sets
// variables of its own besides.
func isRunner(env map[string]string) bool {
	if env["GITHUB_ACTIONS"] != "true" {
		return false
	}
	for name, value := range env {
		if value != "" && (name == "RUNNER_NAME" || name == "RUNNER_TEMP" || strings.HasPrefix(name, "ACTIONS_")) {
			return true
		}
	}
	return false
}

// mask has the runner hide each key in all that any step of the job prints from now on. It is the one
// place where a whole key is printed, and only the runner sees it: it swallows these lines.
func (l jobLog) mask(leaks []scanner.Leak) error {
	if !l.runner {
		return nil
	}
	for _, leak := range leaks {
		if leak.Placeholder {
			continue // it may be a word that the log is full of
		}
		if _, err := fmt.Fprintln(l.out, report.WorkflowCommand("add-mask", leak.Key.Reveal())); err != nil {
			return fmt.Errorf("masking keys in the log: %w", err)
		}
	}
	return nil
}

// plainly prints what print prints, none of which is taken for an order.
func (l jobLog) plainly(print func() error) error {
	if !l.runner {
		return print()
	}
	token := rand.Text() // nobody can write it into a file's name beforehand
	if _, err := fmt.Fprintln(l.out, report.WorkflowCommand("stop-commands", token)); err != nil {
		return fmt.Errorf("printing the report: %w", err)
	}
	err := print()
	if _, resumeErr := fmt.Fprintf(l.out, "\n::%s::\n", token); err == nil && resumeErr != nil {
		err = fmt.Errorf("printing the report: %w", resumeErr)
	}
	return err
}

// note prints a sentence about the run, as what GitHub shows above a job's log if it warns.
func (l jobLog) note(w *world, n gate.Note) {
	switch {
	case !l.runner:
		w.say("%s", n.Text)
	case n.Warns:
		l.order(w, "warning", n.Text)
	default:
		l.order(w, "notice", n.Text)
	}
}

// order prints a message through the runner. That it cannot be printed is no reason to fail.
func (l jobLog) order(w *world, kind string, lines ...string) {
	for i := range lines {
		lines[i] = w.harmless(lines[i])
	}
	fmt.Fprintln(l.out, report.WorkflowCommand(kind, strings.Join(lines, "\n"), "title", "skleak"))
}
