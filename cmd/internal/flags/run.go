package flags

import (
	"skleak/cmd/internal/console"
	"skleak/cmd/internal/terminal"
	"skleak/cmd/internal/userfolder"
	"skleak/report/baseline"
	"skleak/scanner"
	"skleak/scanner/liveness"
	"skleak/scanner/run"
)

// Options are the flags that say how far and how hard a run reads.
func (f *Flags) Options() run.Options {
	return run.Options{Jobs: f.Jobs, Memory: int64(f.Memory), VerifyObjects: f.VerifyObjects,
		NoIgnore: f.NoIgnore || f.NoAllow, NoAllow: f.NoAllow, Strict: f.Strict, NoArchives: f.NoArchives,
		Follow: f.Follow, Quiet: f.Quiet}
}

// NewRun makes a run of flags that make sense by themselves. Its Report is for the caller to set, and where keys are
// revoked, how that is confirmed.
func (f *Flags) NewRun(c *console.Console, p run.Plan) (r *run.Run, err error) {
	r = &run.Run{Plan: p, Options: f.Options(), AssumeProvider: f.AssumeProvider, FailOn: f.FailOn, Say: c.Say}
	if r.Settings, err = run.LoadSettings(f.Config, p, r.Options); err != nil {
		return nil, err
	}
	if f.Baseline != "" {
		known, err := baseline.Load(f.Baseline)
		if err != nil {
			return nil, err
		}
		r.Known = func(l scanner.Leak) bool { return known.Covers(l, r.Settings.Redactor) }
	}
	set := r.Settings.Rules
	if err := f.checkAssumed(set); err != nil {
		return nil, err
	}
	c.Redactor = r.Settings.Redactor
	var client *liveness.Client
	if f.Verify {
		if client, err = f.newClient(set); err != nil {
			return nil, err
		}
		r.Ask = &run.Asking{Asker: client, Sent: client.Sent, AtOnce: f.VerifyJobs, Journal: userfolder.Journal(c.Env)}
	}
	if f.Revoke {
		if err := run.CheckWays(set); err != nil {
			return nil, err
		}
		r.Revoke = &run.Revoking{DryRun: f.DryRun, EvenMine: f.EvenMine, Max: f.MaxRevocations, Verbose: f.Verbose,
			Client: client, Env: func(name string) string { return c.Env[name] }}
	}
	if c.WantsProgress() && !f.NoProgress && !f.Quiet {
		r.Watch = func(s *run.Stages) func() { return terminal.ShowProgress(c.Err, s) }
	}
	return r, nil
}
