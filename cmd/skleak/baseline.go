package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"skleak/cmd/internal/exit"
	"skleak/cmd/internal/flags"
	"skleak/report"
	"skleak/report/baseline"
	"skleak/report/outfile"
	"skleak/scanner"
	"skleak/scanner/run"
)

// baselineOf is where the baseline of some paths goes that is given no name: to the top of what it is of, and of
// several to where their places are told from.
func baselineOf(paths []string) string {
	folder := "."
	if len(paths) == 1 {
		folder = paths[0]
	}
	if info, err := os.Stat(folder); err == nil && !info.IsDir() {
		folder = filepath.Dir(folder)
	}
	return filepath.Join(folder, ".skleak-baseline")
}

func baselineCommand(w *world) *cobra.Command {
	f := &flags.Flags{Format: string(report.FormatText), FailOn: run.FailNone, ExitCode: exit.Leaks}
	c := &cobra.Command{
		Use:   "baseline [PATH...]",
		Short: "Write down the leaks there are, so that only new ones fail a run",
		Long: `Baseline scans PATHs as "skleak scan" does and writes the fingerprint and the path of each leak to a file, no
keys, no lines and no dates. "skleak scan -b FILE" of the same PATHs then reports these leaks without failing. A
baseline is no cure: the keys in it are leaked.

The file is .skleak-baseline: of one PATH in it, of several in the current folder.`,
		Example: `  skleak baseline
  skleak baseline ~/src/project -b known-leaks.txt
  skleak baseline api web`,
	}
	c.RunE = func(c *cobra.Command, args []string) error {
		path := f.Baseline
		if path == "" {
			path = baselineOf(args)
		}
		f.Baseline = "" // what is known now must not keep what is written from holding it
		plan := func(args []string) (run.Plan, error) {
			p, err := planScan(args)
			if err != nil {
				return p, err
			}
			if err := outfile.Check(path); err != nil {
				return p, fmt.Errorf("cannot write the baseline to %s: %w", path, err)
			}
			return p, nil
		}
		write := func(t *telling, result *run.Result) error { return t.baseline(path, result) }
		return w.scanningWith(f, plan, write)(c, args)
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
		t.Console.Say("  they do not fail \"skleak scan %s -b %s\"; but they are leaked: revoke the keys",
			strings.Join(result.Targets, " "), path)
	}
	if !result.Complete() {
		t.Console.Say("%s could not be read: the baseline may lack leaks; \"skleak scan\" names each",
			scanner.Counted(result.Coverage.UnreadableCount, "thing"))
	}
	return nil
}
