package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
)

// actionFlags are the inputs of the action that only it has.
type actionFlags struct {
	*flags
	scope     string
	trustHead bool
	upload    string
}

// What --upload-sarif takes.
const (
	uploadAuto  = "auto"
	uploadTrue  = "true"
	uploadFalse = "false"
)

func actionCommand(w *world) *cobra.Command {
	f := &actionFlags{flags: &flags{exitCode: statusLeaks, reportFormat: "text"}}
	c := &cobra.Command{
		Use:   "action [PATH]",
		Short: "Scan what a GitHub Actions job is about",
		Long: `Action scans the checkout at PATH (default: the current folder) as the event that started the job asks
for: what a pull request, a merge group or a push adds, and everything on a schedule, by hand or at a release. It
takes the event from the GITHUB_ variables of the job, writes a summary, outputs and annotations,
and leaves a JSON and a SARIF report in the runner's folder for temporary files.

It is what action.yml runs; see docs/github-actions.md. With GITHUB_ACTIONS=true it prints each key it found once, to have
the runner hide it in the log. Elsewhere use "skleak scan".`,
		Example: `  skleak action
  skleak action --scope everything --fail-on live`,
		Args: oneTarget,
		RunE: func(c *cobra.Command, args []string) error { return f.run(c, w, targetOf(args)) },
	}
	set := c.Flags()
	set.StringVar(&f.scope, "scope", scopeAuto, "`WHAT` to scan: auto (as the event asks for), changes, everything")
	set.StringVar(&f.failOn, "fail-on", failOnAny,
		"`WHICH` leaks fail the job: any, live (of the live environment), active (or perhaps so, after --verify), none")
	set.BoolVar(&f.trustHead, "trust-head", false, "let a pull request say itself which of its keys do not count")
	set.StringVar(&f.upload, "upload-sarif", uploadAuto, "`WHEN` the report is to be uploaded: auto, true, false; only told to the step that does it")
	f.addConfig(c)
	f.addBaseline(c)
	f.addVerify(c)
	f.addWork(c)
	f.addReach(c)
	f.addMemory(c)
	return c
}

func (f *actionFlags) check(c *cobra.Command, w *world) error {
	switch {
	case f.scope != scopeAuto && f.scope != scopeChanges && f.scope != scopeEverything:
		return fmt.Errorf("--scope %q is unknown; use auto, changes or everything", f.scope)
	case f.upload != uploadAuto && f.upload != uploadTrue && f.upload != uploadFalse:
		return fmt.Errorf("--upload-sarif %q is unknown; use auto, true or false", f.upload)
	case w.env["GITHUB_EVENT_NAME"] == "":
		return errors.New(`GITHUB_EVENT_NAME is not set, so this is no GitHub Actions job; to scan a checkout elsewhere: "skleak scan"`)
	}
	return f.flags.check(c)
}

// run does the job. What goes wrong is said through the runner, which shows it above the log.
func (f *actionFlags) run(c *cobra.Command, w *world, target string) error {
	log := w.newJobLog()
	err := f.check(c, w)
	if err == nil {
		err = f.conduct(c.Context(), w, log, target)
	}
	if err == nil || !log.runner || errors.As(err, new(outcome)) {
		return err
	}
	log.order(w, "error", linesOf(err)...)
	return outcome{statusUsage, err.Error()}
}
