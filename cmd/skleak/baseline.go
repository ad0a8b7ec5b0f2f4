package main

import (
	"path/filepath"

	"github.com/spf13/cobra"

	"skleak/cmd/internal/exit"
	"skleak/cmd/internal/flags"
	"skleak/report"
	"skleak/report/baseline"
	"skleak/scanner"
	"skleak/scanner/run"
)

// baselineName is where a baseline goes that is given no name: to the top of what it is of.
const baselineName = ".skleak-baseline"

func baselineCommand(w *world) *cobra.Command {
	f := &flags.Flags{Format: string(report.FormatText), FailOn: run.FailNone, ExitCode: exit.Leaks}
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
		path := f.Baseline
		if path == "" {
			path = filepath.Join(targetOf(args), baselineName)
		}
		f.Baseline = "" // what is known now must not keep what is written from holding it
		write := func(t *telling, result *run.Result) error { return t.baseline(path, result) }
		return w.scanningWith(f, planScan, write)(c, args)
	}
	f.AddBaseline(c)
	f.AddConfig(c)
	f.AddDoubt(c)
	f.AddQuiet(c)
	f.AddWork(c)
	f.AddReach(c)
	f.AddMemory(c)
	f.AddTree(c)
	return c
}

// baseline tells what was found by writing it down. What an interrupted scan found is no baseline.
func (t *telling) baseline(path string, result *run.Result) error {
	if result.Interrupted || result.Crashed {
		return t.Write(t.document(result))
	}
	b := baseline.New(result.Leaks, t.about.Redactor)
	changed, err := baseline.Write(path, b)
	if err != nil || t.f.Quiet {
		return err
	}
	state := "unchanged"
	if changed {
		state = "written"
	}
	t.Console.Say("%s %s: %d fingerprints and paths", path, state, b.Len())
	if changed && b.Len() > 0 {
		t.Console.Say("  they do not fail \"skleak scan -b %s\"; but they are leaked: revoke the keys", path)
	}
	if !result.Complete() {
		t.Console.Say("%s could not be read: the baseline may lack leaks; \"skleak scan\" names each",
			scanner.Counted(result.Coverage.UnreadableCount, "thing"))
	}
	return nil
}
