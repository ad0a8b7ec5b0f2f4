package main

import (
	"context"
	"errors"
	"slices"

	"github.com/spf13/cobra"
)

func dirCommand(w *world) *cobra.Command {
	f := &flags{}
	c := &cobra.Command{
		Use:   "dir PATH...",
		Short: "Scan files and folders as they are, without history",
		Example: `  skleak dir .
  skleak dir config/ deploy/app.env
  skleak dir --no-ignore build/`,
		RunE: parseThenScan(w, f, planDir),
	}
	f.addReport(c)
	f.addVerify(c)
	f.addRevoke(c)
	f.addWork(c)
	f.addReach(c)
	f.addTree(c)
	return c
}

func planDir(paths []string) (plan, error) {
	if len(paths) == 0 {
		return plan{}, errors.New(`dir needs at least one file or folder, as in "skleak dir ."`)
	}
	names := namesFor(paths)
	if !distinct(names) {
		return plan{}, errors.New("the same path is named twice; once is enough")
	}
	prefixes := make([]string, len(paths))
	for i, path := range paths {
		info, err := existing(path)
		switch {
		case err != nil:
			return plan{}, err
		case !info.IsDir():
			prefixes[i] = filePrefix(names[i])
		case len(paths) > 1: // else places are told relative to the one target
			prefixes[i] = folderPrefix(names[i])
		}
	}
	work := func(ctx context.Context, s *scanning) error {
		a := &audit{scanning: s, history: false}
		for i, path := range paths {
			a.root = path
			if err := a.files(ctx, path, prefixes[i], 0); err != nil {
				return err
			}
		}
		return nil
	}
	return plan{targets: slices.Clone(paths), trees: slices.Clone(paths), work: work}, nil
}
