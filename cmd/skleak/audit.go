package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"skleak/scanner"
	"skleak/scanner/files"
	"skleak/scanner/git/gitdir"
	"skleak/scanner/history"
)

// maxNesting bounds how deep repositories are followed into each other. Submodules of submodules
// are common, twenty levels of them are not.
const maxNesting = 20

// audit scans folders with the repositories in them: their files and, if asked for, their histories,
// each object database once however many working trees share it.
type audit struct {
	*scanning
	history bool
	root    string          // what was asked for; nothing leads out of it
	seen    map[string]bool // object databases that were read, by the git folder they lie in
}

// folder scans the folder that the user named, which may lie anywhere inside a repository.
func (a *audit) folder(ctx context.Context, target string) error {
	a.root = target
	where, err := a.reach(target).Discover(target)
	switch {
	case errors.Is(err, gitdir.ErrNotRepository):
		if !a.quiet {
			a.say("%s is in no git repository, so it has no history; its files are read, and repositories below it", target)
		}
		return a.files(ctx, target, "", 0)
	case err != nil:
		a.unopened(target, err)
		return a.files(ctx, target, "", 0)
	}
	if where.Worktree != "" && !isWithin(where.Git, target) {
		if err := a.files(ctx, target, folderPrefix(pathBelow(where.Worktree, target)), 0); err != nil {
			return err
		}
	}
	return a.repository(ctx, where, target, "")
}

// files reads a file, or a folder and everything below it; prefix goes in front of every path that is
// reported, and is "" or ends in a slash. Repositories below are read on their own, after it; depth is
// how many lie around this one.
func (a *audit) files(ctx context.Context, root, prefix string, depth int) error {
	nested, err := files.Dir(ctx, root, files.Options{
		Rules:    a.rules,
		Coverage: &a.coverage,
		Jobs:     a.jobs,
		NoIgnore: a.noIgnore,
		Prefix:   prefix,
		Ignore:   a.settings.ignoreBelow(root, prefix),
		Reach:    a.reach(a.root),
		Progress: a.stages.next("files"),
	}, a.gate)
	if err != nil {
		if ctx.Err() != nil {
			return err
		}
		// It was there when the command was checked. What was found elsewhere must not be lost over it.
		a.coverage.Unreadable(scanner.UnreadableDirectory, cmp.Or(strings.TrimSuffix(prefix, "/"), root), err.Error())
	}
	for _, below := range nested {
		name := prefix + below
		if depth == maxNesting {
			a.coverage.Unreadable(scanner.UnreadableTooLarge, name, fmt.Sprintf("more than %d repositories inside each other", maxNesting))
			continue
		}
		if err := a.nested(ctx, filepath.Join(root, filepath.FromSlash(below)), name, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// nested scans a repository that lies inside what is scanned.
func (a *audit) nested(ctx context.Context, root, name string, depth int) error {
	if err := a.files(ctx, root, folderPrefix(name), depth); err != nil || !a.history {
		return err
	}
	where, err := a.reach(a.root).Open(root)
	if err != nil {
		a.unopened(name, err)
		return nil
	}
	return a.repository(ctx, where, root, folderPrefix(name))
}

// repository reads the history of the repository that target lies in and reports it under prefix.
func (a *audit) repository(ctx context.Context, where *gitdir.Dir, target, prefix string) error {
	if a.seen[where.Common] {
		return nil
	}
	if a.seen == nil {
		a.seen = map[string]bool{}
	}
	a.seen[where.Common] = true
	const discover = true
	repo, err := history.OpenWithin(a.reach(a.root), target, discover)
	if err != nil {
		a.unopened(target, err)
		return nil
	}
	defer repo.Close()
	return a.scanHistory(ctx, repo, target, prefix)
}

// isWithin is true where path is root or lies below it, through whatever symbolic links.
func isWithin(root, path string) bool {
	_, ok := relative(root, path)
	return ok
}

// pathBelow is the path from root to target with forward slashes, "" where they are the same.
func pathBelow(root, target string) string {
	rel, ok := relative(root, target)
	if !ok || rel == "." {
		return ""
	}
	return filepath.ToSlash(rel)
}

func relative(root, target string) (string, bool) {
	real := func(p string) string {
		if abs, err := filepath.Abs(p); err == nil {
			p = abs
		}
		if resolved, err := filepath.EvalSymlinks(p); err == nil {
			p = resolved
		}
		return p
	}
	rel, err := filepath.Rel(real(root), real(target))
	return rel, err == nil && filepath.IsLocal(rel)
}
