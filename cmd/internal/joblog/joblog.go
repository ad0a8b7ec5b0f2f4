// Package joblog speaks to the runner of a GitHub Actions job: in the log, where what is printed can be an order, and
// in the files that it reads.
package joblog

import (
	"crypto/rand"
	"fmt"
	"strings"

	"skleak/cmd/internal/console"
	"skleak/report"
	"skleak/scanner"
	"skleak/scanner/gate"
)

// Log is the log of a job. On GitHub's runner, whatever is printed can be an order to it: a line that
// begins with two colons, or has "##[" anywhere. Names of files and branches are written by strangers, so
// nothing is printed here but orders whose texts are escaped, and what stands between stop and resume.
type Log struct {
	console *console.Console
	Runner  bool // a runner reads what is printed
}

// New makes the log of the job that the environment tells of.
func New(c *console.Console) Log { return Log{c, isRunner(c.Env)} }

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

// Mask has the runner hide each key in all that any step of the job prints from now on. It is the one
// place where a whole key is printed, and only the runner sees it: it swallows these lines.
func (l Log) Mask(leaks []scanner.Leak) error {
	if !l.Runner {
		return nil
	}
	for _, leak := range leaks {
		if leak.Placeholder {
			continue // it may be a word that the log is full of
		}
		if _, err := fmt.Fprintln(l.console.Out, report.WorkflowCommand("add-mask", leak.Key.Reveal())); err != nil {
			return fmt.Errorf("masking keys in the log: %w", err)
		}
	}
	return nil
}

// Plainly prints what print prints, none of which is taken for an order.
func (l Log) Plainly(print func() error) error {
	if !l.Runner {
		return print()
	}
	token := rand.Text() // nobody can write it into a file's name beforehand
	if _, err := fmt.Fprintln(l.console.Out, report.WorkflowCommand("stop-commands", token)); err != nil {
		return fmt.Errorf("printing the report: %w", err)
	}
	err := print()
	if _, resumeErr := fmt.Fprintf(l.console.Out, "\n::%s::\n", token); err == nil && resumeErr != nil {
		err = fmt.Errorf("printing the report: %w", resumeErr)
	}
	return err
}

// Note prints a sentence about the run, as what GitHub shows above a job's log if it warns.
func (l Log) Note(n gate.Note) {
	switch {
	case !l.Runner:
		l.console.Say("%s", n.Text)
	case n.Warns:
		l.Order("warning", n.Text)
	default:
		l.Order("notice", n.Text)
	}
}

// Order prints a message through the runner. That it cannot be printed is no reason to fail.
func (l Log) Order(kind string, lines ...string) {
	for i := range lines {
		lines[i] = l.console.Harmless(lines[i])
	}
	fmt.Fprintln(l.console.Out, report.WorkflowCommand(kind, strings.Join(lines, "\n"), "title", "skleak"))
}
