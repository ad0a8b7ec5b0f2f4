package main

import (
	"slices"

	"github.com/spf13/cobra"

	"skleak/cmd/internal/console"
	"skleak/cmd/internal/exit"
	"skleak/cmd/internal/flags"
	"skleak/cmd/internal/outputs"
	"skleak/report"
	"skleak/scanner"
	"skleak/scanner/audit"
	"skleak/scanner/run"
)

// telling is how an audit is told of.
type telling struct {
	outputs.Writer
	f        *flags.Flags
	about    report.Report // what is known before the run
	settings *run.Settings
	known    func(scanner.Leak) bool // the baseline's word
}

// newTelling reads the configuration, the baseline and the report to compare with: all that can be wrong is found out
// before any work.
func newTelling(c *cobra.Command, w *console.Console, f *flags.Flags) (*telling, error) {
	asked, err := f.Outputs(c)
	if err != nil {
		return nil, err
	}
	r, err := f.NewRun(w, run.Plan{})
	if err != nil {
		return nil, err
	}
	t := &telling{f: f, settings: r.Settings, known: r.Known}
	t.Writer = outputs.Writer{Console: w, Outputs: asked, Options: report.Options{Verbose: f.Verbose, Color: !f.NoColor}}
	t.about, err = outputs.About(r.Settings, f.Compare)
	return t, err
}

// tell writes the reports, and makes the exit status.
func (t *telling) tell(result *audit.Result) error {
	for i := range result.Leaks {
		result.Leaks[i].Baseline(t.known)
	}
	r := t.about
	r.Audit = true
	r.Searched, r.Configured = t.settings.Digests()
	r.StartedAt, r.Duration, r.Targets = result.Run.StartedAt, result.Duration, result.Run.Sources
	r.Repositories, r.Coverage = result.Repositories, result.Coverage
	r.Leaks, r.Interrupted = result.Leaks, result.Interrupted
	if err := t.Write(&r); err != nil {
		return err
	}
	return exit.End{Interrupted: result.Interrupted, Failing: slices.ContainsFunc(r.Leaks, t.f.FailOn.Fails),
		Complete: r.Complete()}.Outcome(t.f.ExitCode)
}
