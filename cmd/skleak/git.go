package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"skleak/cmd/internal/help"
	"skleak/scanner/gate"
	"skleak/scanner/run"
)

func gitCommand(w *world) *cobra.Command {
	f := &flags{}
	c := &cobra.Command{
		Use:   "git [REPO|URL]",
		Short: "Scan the whole history of a repository, or a range of it",
		Example: `  skleak git
  skleak git /srv/git/project.git
  skleak git --range origin/main..HEAD
  skleak git backup.bundle
  skleak git --staged
  skleak git https://git.example.com/team/project.git`,
		Args: oneTarget,
		RunE: w.scanning(f, f.planGitOrFetch(w)),
	}
	f.addReport(c)
	f.addVerify(c)
	f.addRevoke(c)
	f.addWork(c)
	f.addReach(c)
	f.addMemory(c)
	f.addVerifyObjects(c)
	c.Flags().StringVar(&f.revisions, "range", "", "only what `A..B` adds: reachable from B and not from A, through all parents; B alone: all it reaches")
	c.Flags().BoolVar(&f.staged, "staged", false, "only what is staged and HEAD has not")
	help.Values(c, "range", help.Ranges)
	help.Group(c, help.Scan)
	f.addFetch(c)
	return c
}

func (f *flags) planGitOrFetch(w *world) planner {
	return func(args []string) (run.Plan, error) {
		u, remote, paths, err := f.remoteIn(args)
		switch {
		case err != nil:
			return run.Plan{}, err
		case remote:
			return f.planRemote(w, u)
		}
		return f.planGit(paths)
	}
}

func (f *flags) planGit(args []string) (run.Plan, error) {
	path := targetOf(args)
	info, err := existing(path)
	if err != nil {
		return run.Plan{}, err
	}
	p := run.Plan{Targets: []string{path}, Trees: []string{path}}
	if f.staged {
		if p.Source, err = gate.Staged(path, f.options()); err != nil {
			return p, fmt.Errorf("%s is in no git repository, so nothing is staged; to scan its files: \"skleak dir %s\"",
				path, path)
		}
		return p, nil
	}
	if !info.IsDir() && !run.IsBundle(path) {
		return p, fmt.Errorf("%s is a file, not a repository; to scan it: \"skleak dir %s\"", path, path)
	}
	if p.Source, err = run.History(path, f.revisions, f.options()); err != nil {
		return p, fmt.Errorf("%s is no git repository; to scan its files: \"skleak dir %s\"", path, path)
	}
	return p, nil
}
