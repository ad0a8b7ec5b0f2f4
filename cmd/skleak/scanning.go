package main

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"skleak/report"
	"skleak/rules"
	"skleak/scanner"
	"skleak/scanner/liveness"
)

// stopGrace is how long an interrupted scan is waited for before the report is made without it.
const stopGrace = 500 * time.Millisecond

// A plan is what a scanning command is going to do once its arguments are known to make sense.
type plan struct {
	targets []string // as the user wrote them
	trees   []string // those of them that are paths, whose own configuration counts
	// treesFrom is the folder where their configuration is read, "" where it is read from them.
	treesFrom string
	work      func(ctx context.Context, s *scanning) error
	hook      *hook // nil for what is not a hook of git
	// finish ends the run in place of the reports and the verdict, if it is set.
	finish func(ctx context.Context, s *scanning, r *report.Report) error
}

// scanning is one run of a plan: what it was asked to do and what it has found so far.
type scanning struct {
	*world
	*flags
	plan
	outputs []output

	settings *settings
	rules    *rules.Set
	client   *liveness.Client // nil unless providers are asked
	asker    liveness.Asker   // the client, but in tests
	coverage scanner.Coverage
	found    *scanner.Collector
	gate     *gate // where findings go; leads to found
	stages   stages
	started  time.Time

	taken  *report.Report // what was taken whole from a saved report, in place of what a scan finds
	wanted *report.Saved  // what of a scan is to be kept
}

// parseThenScan is the frame of all scanning commands: flags first, then the arguments by check,
// and no work before both make sense.
func parseThenScan(w *world, f *flags, check func(args []string) (plan, error)) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, args []string) error {
		if err := f.check(c); err != nil {
			return err
		}
		f.limitMemory(c)
		outputs, err := f.outputs(c.Flags().Changed("report-format"))
		if err != nil {
			return err
		}
		p, err := check(args)
		if err != nil {
			return err
		}
		s, err := newScanning(w, f, p)
		if err != nil {
			return err
		}
		s.outputs = outputs
		return s.conduct(c.Context())
	}
}

// newScanning makes ready what every scan needs, from flags that make sense by themselves.
func newScanning(w *world, f *flags, p plan) (*scanning, error) {
	settings, err := f.loadSettings(p)
	if err != nil {
		return nil, err
	}
	if err := f.checkAssumed(settings.set); err != nil {
		return nil, err
	}
	w.redacting = settings.set
	found := &scanner.Collector{}
	s := &scanning{world: w, flags: f, plan: p, settings: settings, rules: settings.set,
		found: found, gate: &gate{to: found}, started: time.Now()}
	if f.verify {
		if s.client, err = f.newClient(s.rules); err != nil {
			return nil, err
		}
		s.asker = s.client
	}
	if f.revoke {
		if err := checkWays(s.rules); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// conduct scans, writes the reports and says how it went.
func (s *scanning) conduct(ctx context.Context) error {
	err := s.perform(ctx)
	interrupted := ctx.Err() != nil
	broken := s.noteCrash(err)
	switch {
	case broken:
	case interrupted:
		s.noteInterruption()
	case err != nil:
		return err
	case s.hook == nil:
		s.sayIfEmpty()
	}
	r := s.makeReport(interrupted)
	switch {
	case broken:
		return errors.Join(err, s.writeReports(r))
	case s.finish != nil && !interrupted:
		return s.finish(ctx, s, r)
	}
	if s.hook != nil {
		s.outputs = s.hook.outputs(s, r)
	}
	s.assume(r.Leaks)
	var revoking error
	if s.verify && !interrupted {
		revoking = s.askAndRevoke(ctx, r.Leaks)
		interrupted = ctx.Err() != nil
		r.Interrupted = r.Interrupted || interrupted
	}
	err = s.writeReports(r)
	switch {
	case interrupted:
		s.sayErrors(revoking, err)
		return errInterrupted
	case err != nil:
		s.sayErrors(revoking)
		return err
	case revoking != nil:
		return revoking
	default:
		err = s.verdict(r)
		if s.hook != nil && !s.quiet {
			s.hook.explain(s.world, err)
		}
		return err
	}
}

// sayErrors prints what will not be returned.
func (s *scanning) sayErrors(all ...error) {
	for _, err := range all {
		if err != nil && !errors.As(err, new(outcome)) {
			s.sayError(err)
		}
	}
}

// askAndRevoke asks the providers about the leaks, and revokes what is active if that is wanted.
func (s *scanning) askAndRevoke(ctx context.Context, leaks []scanner.Leak) error {
	open := s.openIntentions()
	s.askProviders(ctx, leaks, open)
	s.settle(open, leaks)
	if !s.revoke || ctx.Err() != nil {
		return nil
	}
	return s.revokeActive(ctx, leaks)
}

// perform carries out the plan and waits for its end; once ctx is cancelled, only for stopGrace.
func (s *scanning) perform(ctx context.Context) error {
	if s.wantsProgress() && !s.noProgress && !s.quiet {
		defer showProgress(s.errw, &s.stages)()
	}
	done := make(chan error, 1)
	go func() { done <- guarded(func() error { return s.work(ctx, s) }) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	defer s.gate.close()
	select {
	case err := <-done:
		return err
	case <-time.After(stopGrace):
		return errors.New("still busy with what it was reading")
	}
}
