package main

import (
	"slices"

	"github.com/spf13/cobra"

	"skleak/cmd/internal/suggest"
	"skleak/scanner/run"
)

func scanCommand(w *world) *cobra.Command {
	f := &flags{}
	c := &cobra.Command{
		Use:   "scan [PATH...|URL]",
		Short: "Scan a working tree and its whole history: the audit",
		Long: `Scan reads the working tree at PATH (default: the current folder) and every object of its git
repository. Of a folder that is no repository it reads the files; of a bare repository, the history.
Repositories found below, submodules among them, are scanned as well. Several paths make one report. What a URL names is
fetched, with all its refs, scanned, and thrown away.`,
		Example: `  skleak scan
  skleak scan ~/src/project -r report.html
  skleak scan api web infrastructure
  skleak scan . --fail-on live
  skleak scan https://git.example.com/team/project.git --token-file token`,
		Annotations: map[string]string{suggest.Usual: "yes"},
		RunE:        w.scanning(f, f.planScanOrFetch(w)),
	}
	f.addReport(c)
	f.addVerify(c)
	f.addRevoke(c)
	f.addWork(c)
	f.addReach(c)
	f.addMemory(c)
	f.addVerifyObjects(c)
	f.addTree(c)
	f.addFetch(c)
	return c
}

func (f *flags) planScanOrFetch(w *world) planner {
	return func(args []string) (run.Plan, error) {
		u, remote, paths, err := f.remoteIn(args)
		switch {
		case err != nil:
			return run.Plan{}, err
		case remote:
			return f.planRemote(w, u)
		}
		return planScan(paths)
	}
}

func planScan(paths []string) (run.Plan, error) {
	if len(paths) == 0 {
		paths = []string{"."}
	}
	for _, path := range paths {
		if _, err := existing(path); err != nil {
			return run.Plan{}, err
		}
	}
	return run.Plan{Targets: slices.Clone(paths), Trees: slices.Clone(paths), Source: run.Audit(paths...)}, nil
}
