package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"skleak/scanner"
	"skleak/scanner/git/gitdir"
	"skleak/scanner/history"
)

func gitCommand(w *world) *cobra.Command {
	f := &flags{}
	c := &cobra.Command{
		Use:   "git [REPO]",
		Short: "Scan the whole history of a repository, or a range of it",
		Example: `  skleak git
  skleak git /srv/git/project.git
  skleak git --range origin/main..HEAD
  skleak git --staged`,
		Args: oneTarget,
	}
	c.RunE = parseThenScan(w, f, func(args []string) (plan, error) {
		if f.staged {
			return f.planStaged(args)
		}
		return f.planGit(args)
	})
	f.addReport(c)
	f.addVerify(c)
	f.addRevoke(c)
	f.addWork(c)
	f.addReach(c)
	f.addMemory(c)
	f.addVerifyObjects(c)
	c.Flags().StringVar(&f.revisions, "range", "", "only what `A..B` adds: reachable from B and not from A, through all parents; B alone: all it reaches")
	c.Flags().BoolVar(&f.staged, "staged", false, "only what is staged and HEAD has not")
	return c
}

// planStaged is what the pre-commit hook does, for a person who asks: the environment is not believed, and what was done
// is told.
func (f *flags) planStaged(args []string) (plan, error) {
	path := targetOf(args)
	if _, err := existing(path); err != nil {
		return plan{}, err
	}
	const discover = true
	g, err := history.OpenGateWithin(f.reach(path), path, discover, history.Handed{})
	if errors.Is(err, gitdir.ErrNotRepository) {
		return plan{}, fmt.Errorf("%s is in no git repository, so nothing is staged; to scan its files: \"skleak dir %s\"", path, path)
	}
	work := func(ctx context.Context, s *scanning) error {
		if err != nil {
			s.unopened(path, err)
			return nil
		}
		defer g.Close()
		return s.scanStaged(ctx, g, nil)
	}
	return plan{targets: []string{path}, trees: []string{path}, work: work}, nil
}

func (f *flags) planGit(args []string) (plan, error) {
	path := targetOf(args)
	info, err := existing(path)
	if err != nil {
		return plan{}, err
	}
	if !info.IsDir() {
		return plan{}, fmt.Errorf("%s is a file, not a repository; to scan it: \"skleak dir %s\"", path, path)
	}
	const discover = true // from anywhere inside a working tree, as git does
	repo, err := history.OpenWithin(f.reach(path), path, discover)
	if errors.Is(err, gitdir.ErrNotRepository) {
		return plan{}, fmt.Errorf("%s is no git repository; to scan its files: \"skleak dir %s\"", path, path)
	}
	work := func(ctx context.Context, s *scanning) error {
		if err != nil {
			s.unopened(path, err)
			return nil
		}
		defer repo.Close()
		return s.scanHistory(ctx, repo, path, "")
	}
	return plan{targets: []string{path}, trees: []string{path}, work: work}, nil
}

// unopened notes a repository that could not be opened, or was not.
func (s *scanning) unopened(place string, err error) {
	reason := scanner.UnreadableRepo
	if errors.As(err, new(*gitdir.OutsideError)) {
		reason = scanner.UnreadableOutside
	}
	s.coverage.Unreadable(reason, place, err.Error())
}

// scanHistory reads the history of repo, which was found at target; prefix goes in front of every
// path that is reported, and is "" or ends in a slash.
func (s *scanning) scanHistory(ctx context.Context, repo *history.Repo, target, prefix string) error {
	err := repo.Scan(ctx, s.bounded(history.Options{
		Rules:    s.rules,
		Coverage: &s.coverage,
		Jobs:     s.jobs,
		Range:    s.revisions,
		Prefix:   prefix,
		Ignore:   s.settings.ignoreBelow(cmp.Or(repo.Worktree(), target), prefix),
		Progress: s.stages.next("objects"),
	}), s.gate)
	var revision *history.RevisionError
	switch {
	case err == nil || ctx.Err() != nil:
		return err
	case errors.As(err, &revision):
		return fmt.Errorf("--range %s: %w", s.revisions, err)
	}
	s.coverage.Unreadable(scanner.UnreadableRepo, target, err.Error())
	return nil
}
