package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"skleak/scanner"
	"skleak/scanner/archive"
	"skleak/scanner/git/gitdir"
	"skleak/scanner/git/repository"
	"skleak/scanner/history"
)

// History reads the history of the repository that path lies in, with all else in its git directory, or a range of it
// alone. The error wraps gitdir.ErrNotRepository where it lies in none.
func History(path, revisions string, o Options) (Source, error) {
	where, err := o.Reach(path).Discover(path) // from anywhere inside a working tree, as git does
	if errors.Is(err, gitdir.ErrNotRepository) {
		return nil, err
	}
	return func(ctx context.Context, s *Scan) error {
		if err != nil {
			s.Unopened(path, err)
			return nil
		}
		t := &tree{Scan: s, history: true, root: path, seen: map[string]bool{}, revisions: revisions}
		if where.IsBundle() {
			return t.in("", filepath.Dir(path), nil).bundle(ctx, where, filepath.Base(path)+archive.Separator)
		}
		return t.in("", cmp.Or(where.Worktree, path), where).repository(ctx, where, path, "", 0)
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

// objects reads the history of repo, or a range of it. The repository was found at target; prefix goes in front of
// every path that is reported, and inside in front of those in the git directory. Each is "" or ends in a slash.
func (t *tree) objects(ctx context.Context, repo *history.Repo, target, prefix, inside string,
	found scanner.Handler) error {
	o := t.History(cmp.Or(repo.Worktree(), target), prefix, "objects")
	o.Inside = inside
	if t.mirror != nil {
		o.Fetched, o.KeepIdx = true, t.mirror.KeepIdx
	}
	var err error
	switch {
	case t.revisions != "":
		_, err = repo.Changes(ctx, history.Change{Range: t.revisions}, o, found)
	case t.mirror != nil && t.mirror.New != nil:
		_, err = repo.Changes(ctx, *t.mirror.New, o, found)
	default:
		err = repo.Scan(ctx, o, found)
	}
	switch {
	case err == nil || ctx.Err() != nil:
		return err
	case errors.As(err, new(*repository.RevisionError)):
		return fmt.Errorf("--range %s: %w", t.revisions, err)
	}
	t.Coverage.Unreadable(scanner.UnreadableRepo, target, err.Error())
	return nil
}
