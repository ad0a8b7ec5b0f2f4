package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"skleak/cmd/internal/flags"
	"skleak/cmd/internal/help"
	"skleak/scanner/gate"
	"skleak/scanner/run"
)

func gitCommand(w *world) *cobra.Command {
	f := &gitFlags{Flags: &flags.Flags{}}
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
	}
	plan := func(args []string) (run.Plan, error) { return f.plan(w, c.Flags().Changed("range"), args) }
	c.RunE = w.scanningWith(f.Flags, plan, func(t *telling, result *run.Result) error {
		t.revisions = f.revisions
		return t.all(result)
	})
	f.AddScan(c)
	f.AddReach(c)
	f.AddVerifyObjects(c)
	c.Flags().StringVar(&f.revisions, "range", "",
		"only what `A..B` adds: reachable from B and not from A, through all parents; B alone: all it reaches")
	c.Flags().BoolVar(&f.staged, "staged", false, "only what is staged and HEAD has not")
	help.Values(c, "range", help.Ranges)
	help.Group(c, help.Scan)
	f.remote.add(c)
	return c
}

// gitFlags is what the user asked of a scan of a history.
type gitFlags struct {
	*flags.Flags
	remote    remoteFlags
	revisions string // "" for the whole history
	staged    bool
}

func (f *gitFlags) plan(w *world, rangeGiven bool, args []string) (run.Plan, error) {
	if rangeGiven && f.revisions == "" {
		return run.Plan{}, errors.New("--range is empty; write it as A..B, such as origin/main..HEAD, or leave it out for " +
			"the whole history")
	}
	if f.staged && f.revisions != "" {
		return run.Plan{}, errors.New("--staged and --range ask for different things; drop one")
	}
	if _, remote, _, _ := f.remote.in(args); remote && f.staged {
		return run.Plan{}, errors.New("nothing is staged at a URL: --staged is for a repository with a working tree")
	}
	return f.remote.plan(w, args, f.revisions, f.planHere)
}

func (f *gitFlags) planHere(args []string) (run.Plan, error) {
	path := targetOf(args)
	info, err := existing(path)
	if err != nil {
		return run.Plan{}, err
	}
	p := run.Plan{Targets: []string{path}, Trees: []string{path}}
	if f.staged {
		if p.Source, err = gate.Staged(path, f.Options()); err != nil {
			return p, fmt.Errorf("%s is in no git repository, so nothing is staged; to scan its files: \"skleak dir %s\"",
				path, path)
		}
		return p, nil
	}
	if !info.IsDir() && !run.IsBundle(path) {
		return p, fmt.Errorf("%s is a file, not a repository; to scan it: \"skleak dir %s\"", path, path)
	}
	if p.Source, err = run.History(path, f.revisions, f.Options()); err != nil {
		return p, fmt.Errorf("%s is no git repository; to scan its files: \"skleak dir %s\"", path, path)
	}
	return p, nil
}
