package source

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"unicode/utf8"

	"skleak/scanner/audit/job"
	"skleak/scanner/git/gitdir"
)

// found is a repository of this machine.
type found struct {
	path   string
	git    string // its git directory; "" if it could not be opened, which its scan tells of
	common string // the one that it shares with others
}

// folder lists the repository at a path, or else all below it. Links are not followed.
func (l *listing) folder(ctx context.Context, path string) error {
	if one, ok := at(path, path); ok {
		return l.offer(one.repository(), named)
	}
	all, err := l.below(ctx, path)
	if err != nil {
		return err
	}
	gits := map[string]bool{}
	for _, one := range all {
		gits[one.git] = one.git != ""
	}
	for _, one := range all {
		if isPartOfAnother(one, gits) {
			l.o.Left[SharedGit]++
			continue
		}
		if err := l.offer(one.repository(), listed); err != nil {
			return err
		}
	}
	if len(all) == 0 {
		return nothingAt(path)
	}
	return nil
}

func (f found) repository() job.Repository { return job.Repository{Name: f.path, Path: f.path} }

// nothingAt tells what a path without a repository may be.
func nothingAt(path string) error {
	info, err := os.Stat(path)
	if err == nil && !info.IsDir() {
		return errors.New("the file is no repository: with @ before it, it is read as a list of sources")
	}
	if d, err := gitdir.Discover(path); err == nil && d.Worktree != "" {
		return fmt.Errorf("there is no repository, but the folder lies in the one at %s", d.Worktree)
	}
	return errors.New("there is no repository in the folder, nor below it")
}

// below finds all repositories below a folder. What lies in git directories is none.
func (l *listing) below(ctx context.Context, root string) (all []found, err error) {
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			l.miss(1, Unreadable, "a folder cannot be read: %s", shown(path))
			return fs.SkipDir
		case !d.IsDir():
			return nil
		case d.Name() == ".git":
			return fs.SkipDir
		}
		one, ok := at(root, path)
		if !ok {
			return nil
		}
		if !utf8.ValidString(path) {
			l.miss(1, BadPath, "the name of a folder is no UTF-8: %s", shown(path))
			return fs.SkipDir
		}
		if all = append(all, one); one.git == path {
			return fs.SkipDir // bare
		}
		return nil
	})
	return all, err
}

// at is the repository at a folder, if it is one. Whatever looks like one and cannot be opened is one: it is its scan
// that tells why.
func at(root, path string) (found, bool) {
	info, err := os.Stat(path)
	if err != nil || info.IsDir() && !looksLikeOne(path) {
		return found{}, false
	}
	d, err := gitdir.Reach{Root: root}.Open(path)
	switch {
	case errors.Is(err, gitdir.ErrNotRepository), err != nil && !info.IsDir():
		return found{}, false
	case err != nil:
		return found{path: path}, true
	}
	return found{path: path, git: d.Git, common: d.Common}, true
}

// looksLikeOne is a quick look, since a tree may have millions of folders.
func looksLikeOne(path string) bool {
	if _, err := os.Lstat(filepath.Join(path, ".git")); err == nil {
		return true
	}
	for _, name := range []string{"HEAD", "objects"} {
		if _, err := os.Lstat(filepath.Join(path, name)); err != nil {
			return false
		}
	}
	return true
}

// isPartOfAnother is true for a linked worktree or a submodule of one whose git directory was found: its scan reads them.
func isPartOfAnother(one found, gits map[string]bool) bool {
	if one.git != one.common {
		return gits[one.common]
	}
	for dir := one.git; dir != filepath.Dir(dir); {
		if dir = filepath.Dir(dir); gits[dir] {
			return one.git != filepath.Join(one.path, ".git") && one.git != one.path
		}
	}
	return false
}
