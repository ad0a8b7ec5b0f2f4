package main

import (
	"github.com/spf13/cobra"

	"skleak/scanner/run"
)

func scanCommand(w *world) *cobra.Command {
	f := &flags{}
	c := &cobra.Command{
		Use:   "scan [PATH]",
		Short: "Scan a working tree and its whole history: the audit",
		Long: `Scan reads the working tree at PATH (default: the current folder) and every object of its git
repository. Of a folder that is no repository it reads the files; of a bare repository, the history.
Repositories found below, submodules among them, are scanned as well.`,
		Example: `  skleak scan
  skleak scan ~/src/project -r report.sarif
  skleak scan . --fail-on live`,
		Args: oneTarget,
		RunE: w.scanning(f, planScan),
	}
	f.addReport(c)
	f.addVerify(c)
	f.addRevoke(c)
	f.addWork(c)
	f.addReach(c)
	f.addMemory(c)
	f.addVerifyObjects(c)
	f.addTree(c)
	return c
}

func planScan(args []string) (run.Plan, error) {
	target := targetOf(args)
	_, err := existing(target)
	return run.Plan{Targets: []string{target}, Trees: []string{target}, Source: run.Audit(target)}, err
}
