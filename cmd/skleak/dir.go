package main

import (
	"errors"
	"slices"

	"github.com/spf13/cobra"

	"skleak/cmd/internal/flags"
	"skleak/cmd/internal/process"
	"skleak/scanner/run"
)

func dirCommand(w *world) *cobra.Command {
	f := &flags.Flags{}
	c := &cobra.Command{
		Use:   "dir PATH...",
		Short: "Scan files and folders as they are, without history",
		Example: `  skleak dir .
  skleak dir config/ deploy/app.env
  skleak dir --no-ignore build/`,
		RunE: w.scanning(f, func(paths []string) (run.Plan, error) {
			process.SpareProcessor()
			return planDir(paths)
		}),
	}
	f.AddScan(c)
	f.AddReach(c)
	f.AddTree(c)
	return c
}

func planDir(paths []string) (run.Plan, error) {
	if len(paths) == 0 {
		return run.Plan{}, errors.New(`dir needs at least one file or folder, as in "skleak dir ."`)
	}
	for _, path := range paths {
		if _, err := existing(path); err != nil {
			return run.Plan{}, err
		}
	}
	source, err := run.Files(paths)
	return run.Plan{Targets: slices.Clone(paths), Trees: slices.Clone(paths), Source: source}, err
}
