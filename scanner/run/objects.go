package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"skleak/scanner"
	"skleak/scanner/git/gitdir"
	"skleak/scanner/history"
)

// History reads the history of the repository that path lies in, or a range of it. The error wraps gitdir.ErrNotRepository
// where it lies in none.
func History(path, revisions string, o Options) (Source, error) {
	const discover = true // from anywhere inside a working tree, as git does
	repo, err := history.OpenWithin(o.Reach(path), path, discover)
	if errors.Is(err, gitdir.ErrNotRepository) {
		return nil, err
	}
	return func(ctx context.Context, s *Scan) error {
		if err != nil {
			s.Unopened(path, err)
			return nil
		}
		defer repo.Close() //nolint:errcheck // it was only read
		return s.objects(ctx, repo, path, "", revisions)
	}, nil
}

// Unopened notes a repository that could not be opened, or was not.
func (s *Scan) Unopened(place string, err error) {
	reason := scanner.UnreadableRepo
	if errors.As(err, new(*gitdir.OutsideError)) {
		reason = scanner.UnreadableOutside
	}
	s.Coverage.Unreadable(reason, place, err.Error())
}

// objects reads the history of repo, which was found at target; prefix goes in front of every path that is reported, and is ""
// or ends in a slash.
func (s *Scan) objects(ctx context.Context, repo *history.Repo, target, prefix, revisions string) error {
	o := s.History(cmp.Or(repo.Worktree(), target), prefix, "objects")
	var err error
	if revisions == "" {
		err = repo.Scan(ctx, o, s.Found)
	} else {
		_, err = repo.Changes(ctx, history.Change{Range: revisions}, o, s.Found)
	}
	switch {
	case err == nil || ctx.Err() != nil:
		return err
	case errors.As(err, new(*history.RevisionError)):
		return fmt.Errorf("--range %s: %w", revisions, err)
	}
	s.Coverage.Unreadable(scanner.UnreadableRepo, target, err.Error())
	return nil
}
