package gitdir

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Reach says how far a repository may lead out of itself. Much of what lies in one names another place:
// a .git file, commondir, info/alternates, core.worktree, symbolic links. Whoever made the repository wrote these, and
// it may have come in an archive, or as files of a commit. So they are followed
//
//   - to what lies below what was asked for: the path given to Open or Discover, and Root;
//   - to a git directory that itself names the working tree it was reached from, as those of linked worktrees
//     and submodules do: nobody but the owner of that directory could have written that;
//   - anywhere, with Elsewhere.
//
// All else is an *OutsideError, or a Problem with Outside set. Who owns the files on either side was rejected as a
// test: what somebody unpacks is theirs.
type Reach struct {
	Root      string // a folder whose content is to be read anyway; "" for none
	Elsewhere bool   // follow whatever git follows
}

// OutsideError says that something leads out of what is scanned, and was not followed.
type OutsideError struct{ Target string }

func (e *OutsideError) Error() string {
	return fmt.Sprintf("leads to %s, outside of what is scanned, and is not followed; --follow-alternates does", e.Target)
}

// linksLimit is how many symbolic links one path may go through, as in Linux.
const linksLimit = 40

// bounds are the folders out of which nothing is followed.
type bounds struct {
	roots []root // none of them where none is set
	none  bool   // everything is followed
}

// root is a folder as it was named, and as what it really is.
type root struct{ named, real string }

func (r Reach) bounds() bounds {
	b := bounds{none: r.Elsewhere}
	if r.Root != "" {
		b = b.with(r.Root)
	}
	return b
}

// with returns b with another folder. One that is not there adds nothing.
func (b bounds) with(path string) bounds {
	if b.none {
		return b
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return b
	}
	real, err := filepath.EvalSymlinks(abs)
	if err != nil {
		return b
	}
	b.roots = append(b.roots[:len(b.roots):len(b.roots)], root{abs, real})
	return b
}

// below returns the root that path lies in, and the rest of the path. Only the names are looked at: to touch what lies
// outside can have effects, such as mounting it.
func (b bounds) below(path string) (real, rest string, ok bool) {
	for _, r := range b.roots {
		for _, start := range []string{r.real, r.named} {
			if rest, err := filepath.Rel(start, path); err == nil && filepath.IsLocal(rest) {
				return r.real, rest, true
			}
		}
	}
	return "", "", false
}

// resolve follows the symbolic links in an absolute path, and returns where it leads. An error that says that
// something is not there comes with the path it would have.
func (b bounds) resolve(path string) (string, error) {
	if b.none {
		real, err := filepath.EvalSymlinks(path)
		if err != nil {
			return path, err
		}
		return real, nil
	}
	for range linksLimit {
		real, rest, ok := b.below(path)
		if !ok {
			return "", &OutsideError{path}
		}
		next, link, err := nextLink(real, rest)
		if !link || err != nil {
			return next, err
		}
		path = next
	}
	return "", errors.New("leads through too many symbolic links")
}

// nextLink goes down from a folder to the first symbolic link in rest, and returns the path with that link followed.
// Where there is none, it returns the path as it is.
func nextLink(folder, rest string) (path string, link bool, err error) {
	path = filepath.Join(folder, rest)
	parts := strings.Split(rest, string(filepath.Separator))
	at := folder
	for i, part := range parts {
		above := at
		at = filepath.Join(at, part)
		info, err := os.Lstat(at)
		if err != nil {
			return path, false, err
		}
		if info.Mode()&os.ModeSymlink == 0 {
			continue
		}
		target, err := os.Readlink(at)
		if err != nil {
			return path, false, err
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join(above, target)
		}
		return filepath.Join(append([]string{target}, parts[i+1:]...)...), true, nil
	}
	return path, false, nil
}

// readFile reads a regular file of at most limit bytes.
func (b bounds) readFile(path string, limit int64) ([]byte, error) {
	if b.none { // the system follows links itself, with fewer steps
		return readFile(path, limit)
	}
	real, err := b.resolve(path)
	if err != nil {
		return nil, err
	}
	return readFile(real, limit)
}

// readDir lists a folder.
func (b bounds) readDir(path string) ([]os.DirEntry, error) {
	if b.none {
		return os.ReadDir(path)
	}
	real, err := b.resolve(path)
	if err != nil {
		return nil, err
	}
	return os.ReadDir(real)
}

// admit returns where a git directory or another folder that something names really is, if it may be entered.
func (b bounds) admit(path string) (string, error) {
	real, err := b.resolve(path)
	if err != nil && !errors.As(err, new(*OutsideError)) {
		return path, nil // that it cannot be entered is for whoever tries to say
	}
	return real, err
}
