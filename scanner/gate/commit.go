package gate

import (
	"context"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"skleak/scanner/files"
	"skleak/scanner/git/gitdir"
	"skleak/scanner/history"
	"skleak/scanner/run"
)

// Commit is what git's pre-commit hook asks: what of the staged content is new. With names, only those files are
// read, and one that is not staged is read whole, from the working tree.
func Commit(env Git, names []string) (run.Plan, error) {
	g, err := env.open()
	if err != nil {
		return run.Plan{}, err
	}
	below, err := namesBelow(g.Worktree(), names)
	if err != nil {
		return run.Plan{}, err
	}
	run.Ahead(g.ReadAhead)
	source := func(ctx context.Context, s *run.Scan) error {
		defer g.Close() //nolint:errcheck // it was only read
		return scanStaged(ctx, s, g, below)
	}
	return run.Plan{Targets: []string{"what is staged"}, Trees: []string{g.Worktree()}, Tops: true, Source: source}, nil
}

// Staged is Commit for a person who asks: the environment is not believed. The error wraps gitdir.ErrNotRepository
// where path lies in no repository.
func Staged(path string, o run.Options) (run.Source, error) {
	const discover = true
	g, err := history.Open(o.Reach(path), path, discover)
	if errors.Is(err, gitdir.ErrNotRepository) {
		return nil, err
	}
	return func(ctx context.Context, s *run.Scan) error {
		if err != nil {
			s.Unopened(path, err)
			return nil
		}
		defer g.Close() //nolint:errcheck // it was only read
		return scanStaged(ctx, s, g, nil)
	}, nil
}

// scanStaged checks what is staged, and the named files that are not from the working tree.
func scanStaged(ctx context.Context, s *run.Scan, g *history.Repo, names []string) error {
	o := s.History(g.Worktree(), "", "files")
	rest, err := g.Changes(ctx, history.Change{Staged: true, Names: names}, o, s.Found)
	if err != nil || len(rest) == 0 {
		return err
	}
	return files.List(ctx, g.Worktree(), rest, files.Options{
		NoArchives: s.NoArchives, Memory: s.Memory,
		Rules: o.Rules, Coverage: o.Coverage, Jobs: o.Jobs, Ignore: o.Ignore, Progress: s.Stages.Next("files"),
	}, s.Found)
}

// namesBelow turns arguments into paths relative to the root of the working tree, with forward slashes, each once.
// Without arguments it returns nil.
func namesBelow(worktree string, args []string) (names []string, err error) {
	if len(args) == 0 {
		return nil, nil
	}
	here, ok := files.Relative(worktree, ".")
	for _, arg := range args {
		name := path.Join(filepath.ToSlash(here), filepath.ToSlash(arg))
		if filepath.IsAbs(arg) {
			// Only the folder may be reached through links: the file itself may be one.
			var dir string
			dir, ok = files.Relative(worktree, filepath.Dir(arg))
			name = path.Join(filepath.ToSlash(dir), filepath.Base(arg))
		}
		if !ok || worktree == "" || name == "." || name == ".." || strings.HasPrefix(name, "../") {
			return nil, fmt.Errorf("%s lies outside of the working tree; to scan it: \"skleak dir %s\"", arg, arg)
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}
