// Package gitdir understands where the parts of a git repository lie: its git directory, its working
// tree, its object folders, its refs. It reads and never writes, runs no program and fetches nothing.
//
// Whose repository it is does not matter here. Git refuses repositories of other owners
// (safe.directory), because their configuration can make it run programs; nothing here runs any.
// For the same reason the environment variables that move parts of a repository (GIT_DIR,
// GIT_OBJECT_DIRECTORY, …) are not honoured: what is read follows from the path alone.
//
// Everything read may be hostile. Files have size limits, only regular files are opened, names never
// lead out of the folder they belong to, and no message quotes the content of a file: it could hold
// the very keys this program looks for.
package gitdir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"skleak/scanner/history/oid"
)

// ErrNotRepository is what Open and Discover return, wrapped, where there is no repository. A
// repository that is there and cannot be read is another error: it must not pass for a plain folder.
var ErrNotRepository = errors.New("not a git repository")

// Dir is an opened repository. It holds no open files.
type Dir struct {
	Git      string     // the git directory of this worktree, absolute, links resolved
	Common   string     // where objects and shared refs lie: Git, except in linked worktrees
	Worktree string     // the root of the working tree, absolute; "" if there is none
	Format   oid.Format // of every object id in the repository
	Partial  bool       // objects may be absent by intent: there are promisor remotes or packs
	Reftable bool       // refs are kept in the reftable format, which is read too

	// Problems are what was noticed on opening: unreadable configuration, unknown extensions.
	Problems []Problem

	config settings // of the repository and of this worktree; later ones win
}

// Problem is something that could not be read or understood, while the rest could.
type Problem struct {
	Place  string // a path, or the name of a ref; "" for one that stands for many
	Detail string
}

// Open opens the repository at path, which is the root of a working tree, a git directory, a bare
// repository, or a .git file that leads to one.
func Open(path string) (*Dir, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("opening repository %s: %w", path, err)
	}
	d, err := openAt(abs)
	if err != nil {
		return nil, err
	}
	if d == nil {
		return nil, fmt.Errorf("%s: %w", path, ErrNotRepository)
	}
	return d, nil
}

// Discover opens the repository that path, a file or folder, lies in: path itself or the nearest parent that
// Open would accept, going up through real folders where path is a symbolic link, as git does.
// Unlike git it goes on across file systems.
func Discover(path string) (*Dir, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("looking for a repository at %s: %w", path, err)
	}
	if d, err := openAt(abs); d != nil || err != nil {
		return d, err
	}
	real, err := filepath.EvalSymlinks(abs)
	if err != nil {
		return nil, fmt.Errorf("looking for a repository at %s: %w", path, err)
	}
	for dir := real; ; dir = filepath.Dir(dir) {
		d, err := openAt(dir)
		if d != nil || err != nil {
			return d, err
		}
		if dir == filepath.Dir(dir) {
			return nil, fmt.Errorf("%s and its parents: %w", path, ErrNotRepository)
		}
	}
}

// openAt is Open for an absolute path. Without a repository there, it returns nil and no error.
func openAt(path string) (*Dir, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("opening repository: %w", err)
	}
	if !info.IsDir() {
		if filepath.Base(path) != ".git" {
			return nil, nil
		}
		return openGitfile(path)
	}
	dotGit := filepath.Join(path, ".git")
	switch info, err := os.Stat(dotGit); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, fmt.Errorf("opening repository: %w", err)
	case !info.IsDir():
		return openGitfile(dotGit)
	case looksLikeDotGit(dotGit):
		return newDir(dotGit, path)
	}
	if isGitDir(path) || filepath.Base(path) == ".git" && looksLikeDotGit(path) {
		return newDir(path, "")
	}
	return nil, nil
}

// openGitfile opens what a .git file leads to: the git directory of a linked worktree, a submodule,
// or a clone with --separate-git-dir.
func openGitfile(path string) (*Dir, error) {
	git, err := readGitfile(path)
	if err != nil {
		return nil, err
	}
	if !looksLikeDotGit(git) {
		return nil, fmt.Errorf("%s leads to %s, which is no git directory; "+
			"if the repository was moved, try `git worktree repair` or `git submodule update`", path, git)
	}
	return newDir(git, filepath.Dir(path))
}

// newDir reads the configuration of a git directory. root is the folder that led to it by its .git,
// or "" if the git directory itself was named.
func newDir(git, root string) (*Dir, error) {
	git, err := filepath.EvalSymlinks(git)
	if err != nil {
		return nil, fmt.Errorf("opening repository: %w", err)
	}
	common, err := commonDir(git)
	if err != nil {
		return nil, err
	}
	d := &Dir{Git: git, Common: common}
	if err := d.configure(); err != nil {
		return nil, fmt.Errorf("opening repository %s: %w", git, err)
	}
	d.Worktree = d.worktree(root)
	d.Partial = d.partial()
	return d, nil
}

// linked is true for a worktree that `git worktree add` made: its git directory holds only what is
// its own, such as HEAD and the index.
func (d *Dir) linked() bool { return d.Git != d.Common }
