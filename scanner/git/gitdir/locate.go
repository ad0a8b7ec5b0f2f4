package gitdir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// pathFileLimit bounds the small files that hold a path: .git, commondir, gitdir. Longer paths than
// this open nowhere.
const pathFileLimit = 64 << 10

// isGitDir is git's own test for a folder that does not carry the name .git.
func (b bounds) isGitDir(path string) bool {
	if !b.isHead(filepath.Join(path, "HEAD")) {
		return false
	}
	common, err := b.commonDir(path)
	if err != nil {
		// A commondir that leads elsewhere is for newDir to refuse: the folder must not pass for a plain one.
		return errors.As(err, new(*OutsideError))
	}
	return holdsFolder(common, "objects") && holdsFolder(common, "refs")
}

// looksLikeDotGit accepts more than git does: a folder that is named as a git directory and has some
// part of one is a damaged repository at worst, which must not pass for a plain folder, and whose
// objects may be there to read. An empty .git folder is no repository, for git too.
func looksLikeDotGit(path string) bool {
	return holdsFolder(path, "objects") || holdsFile(path, "HEAD") || holdsFile(path, "commondir")
}

// holdsFolder is true if a folder of that name is at path, or a link, which may lead to one: that is not looked at,
// as it may be anywhere.
func holdsFolder(path, name string) bool {
	info, err := os.Lstat(filepath.Join(path, name))
	return err == nil && (info.IsDir() || info.Mode()&os.ModeSymlink != 0)
}

// holdsFile is holdsFolder for files.
func holdsFile(path, name string) bool {
	info, err := os.Lstat(filepath.Join(path, name))
	return err == nil && (info.Mode().IsRegular() || info.Mode()&os.ModeSymlink != 0)
}

func (b bounds) isHead(path string) bool {
	if target, err := os.Readlink(path); err == nil {
		return strings.HasPrefix(filepath.ToSlash(target), "refs/")
	}
	data, err := b.readFile(path, looseLimit)
	if err != nil {
		return errors.As(err, new(*OutsideError))
	}
	_, symbolic := symbolicTarget(data)
	return symbolic || isHexStart(data)
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// readGitfile returns the absolute path that a .git file holds.
func (b bounds) readGitfile(path string) (string, error) {
	data, err := b.readFile(path, pathFileLimit)
	if err != nil {
		return "", fmt.Errorf("reading %s: %w", path, err)
	}
	target, ok := parseGitfile(data)
	if !ok {
		return "", fmt.Errorf("reading %s: a .git file must hold `gitdir: ` and a path, and this one does not", path)
	}
	return within(filepath.Dir(path), target)
}

// parseGitfile returns the path in the text of a .git file. Git reads line ends of both kinds on every system.
func parseGitfile(data []byte) (target string, ok bool) {
	target, ok = strings.CutPrefix(string(data), "gitdir: ")
	target = strings.TrimRight(target, "\r\n")
	return target, ok && target != ""
}

// commonDir returns where the objects and shared refs of a git directory lie. That of a linked worktree is one of the
// folders in worktrees/ there, and nobody can be made to keep another's git directory in his own.
func (b bounds) commonDir(git string) (string, error) {
	place := filepath.Join(git, "commondir")
	data, err := b.readFile(place, pathFileLimit)
	if errors.Is(err, fs.ErrNotExist) {
		return git, nil
	}
	if err != nil {
		return "", fmt.Errorf("reading %s: %w", place, err)
	}
	common, err := within(git, strings.TrimRight(string(data), "\r\n"))
	if err != nil {
		return "", fmt.Errorf("reading %s: %w", place, err)
	}
	if parent := filepath.Dir(git); filepath.Base(parent) != "worktrees" || common != filepath.Dir(parent) {
		if common, err = b.admit(common); err != nil {
			return "", fmt.Errorf("%s %w", place, err)
		}
	}
	if !isFolder(common) {
		return "", fmt.Errorf("%s leads to %s, which is no folder", place, common)
	}
	return filepath.EvalSymlinks(common)
}

// namesWorktree is true if a git directory itself names dotGit as the .git of its working tree, as git makes it write
// in linked worktrees and submodules. Folders are compared, not the files in them: those could be hard links.
func namesWorktree(git, dotGit string) bool {
	if filepath.Base(dotGit) != ".git" {
		return false
	}
	tree := filepath.Dir(dotGit)
	if data, err := readFile(filepath.Join(git, "gitdir"), pathFileLimit); err == nil {
		named, err := within(git, strings.TrimRight(string(data), "\r\n"))
		return err == nil && filepath.Base(named) == ".git" && sameFolder(filepath.Dir(named), tree)
	}
	for _, name := range []string{"config.worktree", "config"} {
		data, err := readFile(filepath.Join(git, name), configLimit)
		if err != nil {
			continue
		}
		all, _ := parseConfig(data)
		if path := all.last("core.worktree"); path != "" {
			named, err := within(git, path)
			return err == nil && sameFolder(named, tree)
		}
	}
	return false
}

func sameFolder(a, b string) bool {
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	return errA == nil && errB == nil && infoA.IsDir() && os.SameFile(infoA, infoB)
}

// within makes a path that stands in a file of base absolute. Paths of other machines are refused: Windows
// would log in there with the user's name and password hash, and nothing here may use the network.
func within(base, path string) (string, error) {
	if path == "" {
		return "", errors.New("the path is empty")
	}
	if strings.ContainsRune(path, 0) {
		return "", errors.New("the path has a NUL in it")
	}
	path = filepath.FromSlash(path)
	if runtime.GOOS == "windows" && strings.HasPrefix(path, `\\`) && !strings.HasPrefix(base, `\\`) {
		return "", errors.New("the path leads to another machine, and is not followed")
	}
	switch {
	case filepath.IsAbs(path):
		return filepath.Clean(path), nil
	case runtime.GOOS == "windows" && path[0] == '\\': // from the root of the drive
		return filepath.Clean(filepath.VolumeName(base) + path), nil
	}
	// `..` goes up from where base really is, not from a link to it.
	if real, err := filepath.EvalSymlinks(base); err == nil {
		base = real
	}
	return filepath.Join(base, path), nil
}

// worktree works out the root of the working tree. core.worktree is believed only if the folder it
// names leads back here: else a repository could have any folder of the machine scanned.
func (d *Dir) worktree(root string) string {
	if bare, _ := d.config.bool("core.bare"); bare {
		return ""
	}
	if root != "" {
		return root
	}
	if d.linked() {
		return d.linkedWorktree()
	}
	if path := d.config.last("core.worktree"); path != "" {
		if root, err := within(d.Git, path); err == nil && d.isWorktree(root) {
			return root
		}
	}
	if filepath.Base(d.Git) == ".git" {
		return filepath.Dir(d.Git)
	}
	return ""
}

// linkedWorktree finds the working tree by the file that `git worktree` keeps for it.
func (d *Dir) linkedWorktree() string {
	data, err := d.bounds.readFile(filepath.Join(d.Git, "gitdir"), pathFileLimit)
	if err != nil {
		return ""
	}
	dotGit, err := within(d.Git, strings.TrimRight(string(data), "\r\n"))
	if err != nil || !d.isWorktree(filepath.Dir(dotGit)) {
		return ""
	}
	return filepath.Dir(dotGit)
}

// isWorktree is true if the .git of root is this git directory, or a file that names it.
func (d *Dir) isWorktree(root string) bool {
	dotGit := filepath.Join(root, ".git")
	if target, err := d.bounds.with(root).readGitfile(dotGit); err == nil {
		dotGit = target
	}
	return sameFolder(dotGit, d.Git)
}
