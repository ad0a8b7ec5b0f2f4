package main

import (
	"context"
	"path/filepath"

	"github.com/spf13/cobra"

	"skleak/report"
	"skleak/scanner"
)

// baselineName is where a baseline goes that is given no name: to the top of what it is of.
const baselineName = ".skleak-baseline"

func baselineCommand(w *world) *cobra.Command {
	f := &flags{reportFormat: string(report.FormatText), failOn: failOnNone, exitCode: statusLeaks}
	c := &cobra.Command{
		Use:   "baseline [PATH]",
		Short: "Write down the leaks there are, so that only new ones fail a run",
		Long: `Baseline scans PATH as "skleak scan" does and writes the fingerprint and the path of each leak to a file, no keys, no lines
and no dates. "skleak scan -b FILE" then reports these leaks without failing. A baseline is no cure: the keys in it
are leaked.`,
		Example: `  skleak baseline
  skleak baseline ~/src/project -b known-leaks.txt`,
		Args: oneTarget,
	}
	c.RunE = func(c *cobra.Command, args []string) error {
		path := f.baseline
		if path == "" {
			path = filepath.Join(targetOf(args), baselineName)
		}
		f.baseline = "" // what is known now must not keep what is written from holding it
		return parseThenScan(w, f, func(args []string) (plan, error) {
			p, err := planScan(args)
			p.finish = func(_ context.Context, s *scanning, r *report.Report) error { return s.writeBaseline(path, r) }
			return p, err
		})(c, args)
	}
	f.addBaseline(c)
	f.addConfig(c)
	f.addQuiet(c)
	f.addWork(c)
	f.addReach(c)
	f.addMemory(c)
	f.addTree(c)
	return c
}

// writeBaseline ends a scan for a baseline: with status 0 or, if something could not be read, 3.
func (s *scanning) writeBaseline(path string, r *report.Report) error {
	b := report.NewBaseline(r.Leaks)
	changed, err := report.WriteBaseline(path, b)
	if err != nil {
		return err
	}
	if !s.quiet {
		state := "unchanged"
		if changed {
			state = "written"
		}
		s.say("%s %s: %d fingerprints and paths", path, state, b.Len())
	}
	if !r.Complete() {
		if !s.quiet {
			s.say("%s could not be read: the baseline may lack leaks; \"skleak scan\" names each", scanner.Counted(r.Coverage.UnreadableCount, "thing"))
		}
		return errIncomplete
	}
	return nil
}
