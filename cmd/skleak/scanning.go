package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"skleak/cmd/internal/terminal"
	"skleak/report"
	"skleak/scanner"
	"skleak/scanner/liveness"
	"skleak/scanner/run"
)

// A planner makes a plan of a command's arguments, or says why they make no sense.
type planner func(args []string) (run.Plan, error)

// scanning is the frame of all commands that scan: flags first, then the arguments, and no work before both make sense.
func (w *world) scanning(f *flags, plan planner) func(*cobra.Command, []string) error {
	return w.scanningWith(f, plan, (*telling).all)
}

// scanningWith is scanning for commands that have their own way to tell what was found.
func (w *world) scanningWith(f *flags, plan planner, tell func(*telling, *run.Result) error) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, args []string) error {
		if err := f.check(c); err != nil {
			return err
		}
		f.limitMemory(c)
		outputs, err := f.outputs(c.Flags().Changed("report-format"))
		if err != nil {
			return err
		}
		p, err := plan(args)
		defer w.end(p)
		if err != nil {
			return err
		}
		r, err := w.newRun(f, p)
		if err != nil {
			return err
		}
		t, err := w.newTelling(f, outputs, r.Settings)
		if err != nil {
			return err
		}
		r.Report = func(result *run.Result) error { return tell(t, result) }
		return w.conduct(c.Context(), f, r)
	}
}

// end gives back what a plan holds. What could not be given back is said: it may hold what was scanned.
func (w *world) end(p run.Plan) {
	if p.End == nil {
		return
	}
	if err := p.End(); err != nil {
		w.sayError(err)
	}
}

// newRun makes a run of flags that make sense by themselves. Its Report is for the caller to set.
func (w *world) newRun(f *flags, p run.Plan) (r *run.Run, err error) {
	r = &run.Run{Plan: p, Options: f.options(), AssumeProvider: f.assumeProvider, FailOn: f.failOn, Say: w.say}
	if r.Settings, err = run.LoadSettings(f.config, p, r.Options); err != nil {
		return nil, err
	}
	if f.baseline != "" {
		known, err := report.LoadBaseline(f.baseline)
		if err != nil {
			return nil, err
		}
		r.Known = func(l scanner.Leak) bool { return known.Covers(l, r.Settings.Redactor) }
	}
	set := r.Settings.Rules
	if err := f.checkAssumed(set); err != nil {
		return nil, err
	}
	w.redactor = r.Settings.Redactor
	var client *liveness.Client
	if f.verify {
		if client, err = f.newClient(set); err != nil {
			return nil, err
		}
		r.Ask = &run.Asking{Asker: client, AtOnce: f.verifyJobs, Journal: journalPath(w.env)}
	}
	if f.revoke {
		if err := run.CheckWays(set); err != nil {
			return nil, err
		}
		r.Revoke = &run.Revoking{DryRun: f.dryRun, EvenMine: f.evenMine, Max: f.maxRevocations, Verbose: f.verbose,
			Client:  client,
			Env:     func(name string) string { return w.env[name] },
			Confirm: func(ctx context.Context, chosen []*scanner.Leak) error { return w.confirm(ctx, f, chosen) },
			Pauses:  w.pauses}
	}
	if w.wantsProgress() && !f.noProgress && !f.quiet {
		r.Watch = func(s *run.Stages) func() { return terminal.ShowProgress(w.errw, s) }
	}
	return r, nil
}

// options are the flags that say how far and how hard a run reads.
func (f *flags) options() run.Options {
	return run.Options{Jobs: f.jobs, Memory: int64(f.memory), VerifyObjects: f.verifyObjects, NoIgnore: f.noIgnore ||
		f.noAllow, NoAllow: f.noAllow, Strict: f.strict,
		NoArchives: f.noArchives, Follow: f.follow,
		Quiet: f.quiet}
}

// conduct carries a run out, and makes the outcome of its end.
func (w *world) conduct(ctx context.Context, f *flags, r *run.Run) error {
	result, err := r.Do(ctx)
	switch {
	case result == nil:
		return err
	case result.Interrupted:
		if err != nil {
			w.sayError(err)
		}
		return errInterrupted
	case errors.Is(err, run.ErrNotRevoked):
		return outcome{statusLeaks, err.Error()}
	case err != nil:
		return err
	}
	return f.verdict(result)
}

// verdict is the outcome of a run that came to its end.
func (f *flags) verdict(result *run.Result) error {
	switch {
	case result.Interrupted:
		return errInterrupted
	case f.exitCode != statusClean && result.Failing():
		return leaksFound(f.exitCode)
	case !result.Complete():
		return errIncomplete
	}
	return nil
}
