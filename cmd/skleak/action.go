package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"skleak/cmd/internal/exit"
	"skleak/cmd/internal/flags"
	"skleak/cmd/internal/help"
	"skleak/cmd/internal/joblog"
	"skleak/scanner/gate"
	"skleak/scanner/run"
)

// actionFlags are the inputs of the action that only it has.
type actionFlags struct {
	*flags.Flags
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
	f := &actionFlags{Flags: &flags.Flags{ExitCode: exit.Leaks, Format: "text"}}
	c := &cobra.Command{
		Use:   "action [PATH]",
		Short: "Scan what a GitHub Actions job is about",
		Long: `Action scans the checkout at PATH (default: the current folder) as the event that started the job asks
for: what a pull request, a merge group or a push adds, and everything on a schedule, by hand or at a release. It
takes the event from the GITHUB_ variables of the job, writes a summary, outputs and annotations,
and leaves a JSON and a SARIF report in the runner's folder for temporary files.

It is what action.yml runs; see docs/github-actions.md. To the runner of a job it prints each key it found once, to have
it hidden in the log. Elsewhere use "skleak scan".`,
		Example: `  skleak action
  skleak action --scope everything --fail-on live`,
		Args: oneTarget,
		RunE: func(c *cobra.Command, args []string) error { return f.run(c, w, targetOf(args)) },
	}
	set := c.Flags()
	set.StringVar(&f.scope, "scope", gate.ScopeAuto, "`WHAT` to scan: auto (as the event asks for), changes, everything")
	f.AddFailOn(c, "fail the job")
	set.BoolVar(&f.trustHead, "trust-head", false, "let a pull request say itself which of its keys do not count")
	set.StringVar(&f.upload, "upload-sarif", uploadAuto,
		"`WHEN` the report is to be uploaded: auto, true, false; only told to the step that does it")
	help.Words(c, "scope", gate.ScopeAuto, gate.ScopeChanges, gate.ScopeEverything)
	help.Words(c, "upload-sarif", uploadAuto, uploadTrue, uploadFalse)
	help.Group(c, help.Report)
	f.AddConfig(c)
	f.AddBaseline(c)
	f.AddDoubt(c)
	f.AddVerify(c)
	f.AddWork(c)
	f.AddReach(c)
	f.AddMemory(c)
	return c
}

func (f *actionFlags) check(c *cobra.Command, w *world) error {
	switch {
	case f.scope != gate.ScopeAuto && f.scope != gate.ScopeChanges && f.scope != gate.ScopeEverything:
		return fmt.Errorf("--scope %q is unknown; use auto, changes or everything", f.scope)
	case f.upload != uploadAuto && f.upload != uploadTrue && f.upload != uploadFalse:
		return fmt.Errorf("--upload-sarif %q is unknown; use auto, true or false", f.upload)
	case w.Env["GITHUB_EVENT_NAME"] == "":
		return errors.New("GITHUB_EVENT_NAME is not set, so this is no GitHub Actions job; to scan a checkout elsewhere: " +
			`"skleak scan"`)
	}
	return f.Flags.Check(c)
}

// run does the job. What goes wrong is said through the runner, which shows it above the log.
func (f *actionFlags) run(c *cobra.Command, w *world, target string) error {
	log := joblog.New(w.Console)
	err := f.check(c, w)
	if err == nil {
		err = f.conduct(c.Context(), w, log, target)
	}
	if err == nil || !log.Runner || errors.As(err, new(exit.Outcome)) {
		return err
	}
	log.Order("error", run.Lines(err)...)
	return exit.Outcome{Status: exit.Usage, Name: err.Error()}
}

func (f *actionFlags) conduct(ctx context.Context, w *world, log joblog.Log, target string) error {
	info, err := existing(target)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is a file; name the folder of a checkout", target)
	}
	j, err := gate.OpenJob(w.Env, target, f.scope, f.Options())
	if err != nil {
		return err
	}
	defer j.Close()
	folder, err := joblog.ReportFolder(w.Env)
	if err != nil {
		return err
	}
	f.Verbose = w.Env["RUNNER_DEBUG"] == "1"
	if !f.trustHead {
		base := filepath.Join(folder, "base")
		defer os.RemoveAll(base) //nolint:errcheck // a folder for temporary files, which the runner empties
		if err := j.Guard(base, &f.Config, &f.Baseline); err != nil {
			return err
		}
	}
	// Nothing is said till keys are masked.
	said := &bytes.Buffer{}
	console := *w.Console
	console.Err = said
	aside := &world{Console: &console, pauses: w.pauses}
	r, err := aside.newRun(f.Flags, j.Plan())
	if err != nil {
		return err
	}
	w.Redactor = aside.Redactor
	usual, err := aside.newTelling(f.Flags, reportFiles(folder), r.Settings)
	if err != nil {
		return err
	}
	t := &jobTelling{telling: usual, job: j, log: log, world: w, said: said, upload: f.uploads(j)}
	r.Found, r.Report = log.Mask, t.tell
	return w.conduct(ctx, f.Flags, r)
}

// uploads tells whether code scanning is to get the report.
func (f *actionFlags) uploads(j *gate.Job) bool {
	if f.upload == uploadAuto {
		return j.SuitsCodeScanning()
	}
	return f.upload == uploadTrue
}
