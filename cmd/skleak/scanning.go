package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"skleak/cmd/internal/exit"
	"skleak/cmd/internal/flags"
	"skleak/scanner"
	"skleak/scanner/run"
)

// A planner makes a plan of a command's arguments, or says why they make no sense.
type planner func(args []string) (run.Plan, error)

// scanning is the frame of all commands that scan: flags first, then the arguments, and no work before both make sense.
func (w *world) scanning(f *flags.Flags, plan planner) work {
	return w.scanningWith(f, plan, (*telling).all)
}

// teller tells what a run found.
type teller func(*telling, *run.Result) error

// work is what a command does.
type work func(c *cobra.Command, args []string) error

// scanningWith is scanning for commands that have their own way to tell what was found.
func (w *world) scanningWith(f *flags.Flags, plan planner, tell teller) work {
	return func(c *cobra.Command, args []string) error {
		if err := f.Check(c); err != nil {
			return err
		}
		f.LimitMemory(c)
		asked, err := f.Outputs(c)
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
		t, err := w.newTelling(f, asked, r.Settings)
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
		w.SayError(err)
	}
}

// newRun makes a run of flags that make sense by themselves. Its Report is for the caller to set.
func (w *world) newRun(f *flags.Flags, p run.Plan) (*run.Run, error) {
	r, err := f.NewRun(w.Console, p)
	if err == nil && r.Revoke != nil {
		r.Revoke.Pauses = w.pauses
		r.Revoke.Confirm = func(ctx context.Context, chosen []*scanner.Leak) error { return w.confirm(ctx, f, chosen) }
	}
	return r, err
}

// conduct carries a run out, and makes the outcome of its end.
func (w *world) conduct(ctx context.Context, f *flags.Flags, r *run.Run) error {
	result, err := r.Do(ctx)
	switch {
	case result == nil:
		return err
	case result.Interrupted:
		if err != nil {
			w.SayError(err)
		}
		return exit.ErrInterrupted
	case errors.Is(err, run.ErrNotRevoked):
		return exit.Outcome{Status: exit.Leaks, Name: err.Error()}
	case err != nil:
		return err
	}
	return f.Outcome(result)
}
