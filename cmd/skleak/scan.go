package main

import (
	"context"

	"github.com/spf13/cobra"
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
		RunE: parseThenScan(w, f, planScan),
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

func planScan(args []string) (plan, error) {
	target := targetOf(args)
	info, err := existing(target)
	if err != nil {
		return plan{}, err
	}
	work := func(ctx context.Context, s *scanning) error {
		a := &audit{scanning: s, history: true}
		if !info.IsDir() {
			return a.files(ctx, target, filePrefix(nameFor(target, 1)), 0)
		}
		return a.folder(ctx, target)
	}
	return plan{targets: []string{target}, trees: []string{target}, work: work}, nil
}
