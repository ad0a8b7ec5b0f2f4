package main

import (
	"slices"

	"github.com/spf13/cobra"

	"skleak/cmd/internal/flags"
	"skleak/cmd/internal/suggest"
	"skleak/scanner/run"
)

func scanCommand(w *world) *cobra.Command {
	f, remote := &flags.Flags{}, &remoteFlags{}
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
		RunE:        w.scanning(f, func(args []string) (run.Plan, error) { return remote.plan(w, args, "", planScan) }),
	}
	f.AddScan(c)
	f.AddReach(c)
	f.AddVerifyObjects(c)
	f.AddTree(c)
	remote.add(c)
	return c
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
