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
func isGitDir(path string) bool {
	common, err := commonDir(path)
	if err != nil {
		return false
	}
	return isHead(filepath.Join(path, "HEAD")) &&
		isFolder(filepath.Join(common, "objects")) && isFolder(filepath.Join(common, "refs"))
}

// looksLikeDotGit accepts more than git does: a folder that is named as a git directory and has some
// part of one is a damaged repository at worst, which must not pass for a plain folder, and whose
// objects may be there to read. An empty .git folder is no repository, for git too.
func looksLikeDotGit(path string) bool {
	return isFolder(filepath.Join(path, "objects")) ||
		isFile(filepath.Join(path, "HEAD")) || isFile(filepath.Join(path, "commondir"))
}

func isHead(path string) bool {
	if target, err := os.Readlink(path); err == nil {
		return strings.HasPrefix(filepath.ToSlash(target), "refs/")
	}
	data, err := readFile(path, looseLimit)
	if err != nil {
		return false
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
func readGitfile(path string) (string, error) {
	data, err := readFile(path, pathFileLimit)
	if err != nil {
		return "", fmt.Errorf("reading %s: %w", path, err)
	}
	target, ok := strings.CutPrefix(string(data), "gitdir: ")
	target = strings.TrimRight(target, "\r\n")
	if !ok || target == "" {
		return "", fmt.Errorf("reading %s: a .git file must hold `gitdir: ` and a path, and this one does not", path)
	}
	return within(filepath.Dir(path), target)
}

// commonDir returns where the objects and shared refs of a git directory lie.
func commonDir(git string) (string, error) {
	place := filepath.Join(git, "commondir")
	data, err := readFile(place, pathFileLimit)
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
	if !isFolder(common) {
		return "", fmt.Errorf("%s leads to %s, which is no folder", place, common)
	}
	return filepath.EvalSymlinks(common)
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
	if filepath.IsAbs(path) {
		return filepath.Clean(path), nil
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
		if root, err := within(d.Git, path); err == nil && leadsTo(root, d.Git) {
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
	data, err := readFile(filepath.Join(d.Git, "gitdir"), pathFileLimit)
	if err != nil {
		return ""
	}
	dotGit, err := within(d.Git, strings.TrimRight(string(data), "\r\n"))
	if err != nil || !leadsTo(filepath.Dir(dotGit), d.Git) {
		return ""
	}
	return filepath.Dir(dotGit)
}

// leadsTo is true if the .git of root is git, or a file that names it.
func leadsTo(root, git string) bool {
	dotGit := filepath.Join(root, ".git")
	if target, err := readGitfile(dotGit); err == nil {
		dotGit = target
	}
	a, errA := os.Stat(dotGit)
	b, errB := os.Stat(git)
	return errA == nil && errB == nil && os.SameFile(a, b)
}
