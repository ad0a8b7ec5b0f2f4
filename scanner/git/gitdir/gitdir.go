// Package gitdir understands where the parts of a git repository lie: its git directory, its working
// tree, its object folders, its refs. It reads and never writes, runs no program and fetches nothing.
//
// Whose repository it is does not matter here. Git refuses repositories of other owners
// (safe.directory), because their configuration can make it run programs; nothing here runs any.
// For the same reason the environment variables that move parts of a repository (GIT_DIR,
// GIT_OBJECT_DIRECTORY, …) are not honoured: what is read follows from the path alone. How far a repository may lead
// elsewhere is for Reach to say.
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

	"skleak/scanner/git/bundle"
	"skleak/scanner/git/oid"
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
	Reftable bool       // refs are kept in the reftable format, which is read too

	// Problems are what was noticed on opening: unreadable configuration, unknown extensions.
	Problems []Problem

	config settings     // of the repository and of this worktree; later ones win
	bounds bounds       // out of which nothing of it leads
	bundle *bundle.Head // of a bundle; nil for all else
}

// Problem is something that could not be read or understood, while the rest could.
type Problem struct {
	Place   string // a path, or the name of a ref; "" for one that stands for many
	Detail  string
	Outside bool // it leads out of what is scanned, and was not followed: see Reach
}

// Open opens the repository at path, which is the root of a working tree, a git directory, a bare
// repository, or a .git file that leads to one. Nothing is followed out of it: see Reach.
func Open(path string) (*Dir, error) { return Reach{}.Open(path) }

// Open is the function Open, with this reach.
func (r Reach) Open(path string) (*Dir, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("opening repository %s: %w", path, err)
	}
	d, err := r.bounds().openAt(abs)
	if err != nil {
		return nil, err
	}
	if d == nil {
		return nil, fmt.Errorf("%s: %w", path, ErrNotRepository)
	}
	return d, nil
}

// Discover opens the repository that path, a file or folder, lies in: path itself or the nearest parent that Open
// would accept, going up through real folders where path is a symbolic link, as git does. Unlike git it goes on
// across file systems. A repository above path that belongs to another user than the one who runs this and the one
// who owns path is an error: a .git in /tmp, anybody's, would have a say in what is scanned below it.
func Discover(path string) (*Dir, error) { return Reach{}.Discover(path) }

// Discover is the function Discover, with this reach.
func (r Reach) Discover(path string) (*Dir, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("looking for a repository at %s: %w", path, err)
	}
	b := r.bounds().with(abs)
	if d, err := b.openAt(abs); d != nil || err != nil {
		return d, err
	}
	real, err := filepath.EvalSymlinks(abs)
	if err != nil {
		return nil, fmt.Errorf("looking for a repository at %s: %w", path, err)
	}
	for dir := real; ; dir = filepath.Dir(dir) {
		d, err := b.openAt(dir)
		if d != nil && dir != real && !r.Elsewhere && isForeign(dir, real) {
			return nil, fmt.Errorf("%s lies in the repository at %s, which belongs to another user; to scan it, name it",
				path, dir)
		}
		if d != nil || err != nil {
			return d, err
		}
		if dir == filepath.Dir(dir) {
			return nil, fmt.Errorf("%s and its parents: %w", path, ErrNotRepository)
		}
	}
}

// openAt is Open for an absolute path, which was asked for. Without a repository there, it returns nil and no error.
func (b bounds) openAt(path string) (*Dir, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("opening repository: %w", err)
	}
	b = b.with(path)
	if !info.IsDir() {
		if filepath.Base(path) != ".git" {
			return b.openBundle(path, info)
		}
		return b.openGitfile(path)
	}
	d, err := b.openDotGit(filepath.Join(path, ".git"))
	if d != nil || err != nil {
		return d, err
	}
	if b.isGitDir(path) || filepath.Base(path) == ".git" && looksLikeDotGit(path) {
		return b.newDir(path, "")
	}
	return nil, nil
}

// openDotGit opens what the .git of a working tree is, or leads to.
func (b bounds) openDotGit(dotGit string) (*Dir, error) {
	info, err := os.Lstat(dotGit)
	if missing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("opening repository: %w", err)
	}
	git := dotGit
	if info.Mode()&fs.ModeSymlink != 0 {
		if git, err = b.throughLink(dotGit); err != nil || git == "" {
			return nil, err
		}
		if info, err = os.Stat(git); err != nil {
			return nil, fmt.Errorf("opening repository: %w", err)
		}
	}
	switch {
	case !info.IsDir():
		return b.openGitfile(dotGit)
	case looksLikeDotGit(git):
		return b.newDir(git, filepath.Dir(dotGit))
	}
	return nil, nil
}

// throughLink returns what a .git that is a symbolic link leads to, "" if that is not there.
func (b bounds) throughLink(dotGit string) (string, error) {
	git, err := b.resolve(dotGit)
	if outside := (*OutsideError)(nil); errors.As(err, &outside) && namesWorktree(outside.Target, dotGit) {
		return outside.Target, nil
	}
	if missing(err) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("%s %w", dotGit, err)
	}
	return git, nil
}

// openGitfile opens what a .git file leads to: the git directory of a linked worktree, a submodule,
// or a clone with --separate-git-dir.
func (b bounds) openGitfile(path string) (*Dir, error) {
	named, err := b.readGitfile(path)
	if err != nil {
		return nil, err
	}
	git, err := b.admit(named)
	if err != nil {
		if !namesWorktree(named, path) {
			return nil, fmt.Errorf("%s %w; if the repository was moved, try `git worktree repair`", path, err)
		}
		git = named
	}
	if !looksLikeDotGit(git) {
		return nil, fmt.Errorf("%s leads to %s, which is no git directory; "+
			"if the repository was moved, try `git worktree repair` or `git submodule update`", path, git)
	}
	return b.newDir(git, filepath.Dir(path))
}

// newDir reads the configuration of a git directory that may be entered. root is the folder that led to it by its .git,
// or "" if the git directory itself was named.
func (b bounds) newDir(git, root string) (*Dir, error) {
	git, err := filepath.EvalSymlinks(git)
	if err != nil {
		return nil, fmt.Errorf("opening repository: %w", err)
	}
	b = b.with(git)
	if root != "" {
		b = b.with(root)
	}
	common, err := b.commonDir(git)
	if err != nil {
		return nil, err
	}
	d := &Dir{Git: git, Common: common, bounds: b.with(common)}
	if err := d.configure(); err != nil {
		return nil, fmt.Errorf("opening repository %s: %w", git, err)
	}
	d.Worktree = d.worktree(root)
	return d, nil
}

// linked is true for a worktree that `git worktree add` made: its git directory holds only what is
// its own, such as HEAD and the index.
func (d *Dir) linked() bool { return d.Git != d.Common }
