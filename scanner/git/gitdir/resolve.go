package gitdir

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"skleak/scanner/cause"
	"skleak/scanner/git/oid"
)

// ErrRefNotFound is what Resolve returns, wrapped, for a name that no ref has.
var ErrRefNotFound = errors.New("no branch, tag, other ref or object id of that name is here")

// refRules are the places where git looks for a ref by its short name, in order.
var refRules = []string{"%s", "refs/%s", "refs/tags/%s", "refs/heads/%s", "refs/remotes/%s", "refs/remotes/%s/HEAD"}

// Resolve returns the object that name stands for: a full object id in hex, HEAD or @, the full name of a
// ref, or a short one, as in `git rev-parse`. An annotated tag is not peeled. An id is not looked
// for among the objects. Abbreviated ids and what ^, ~ and @{} add are not understood here.
func (d *Dir) Resolve(name string) (oid.ID, error) {
	if id, rest, ok := cutID([]byte(name), d.Format); ok && len(rest) == 0 {
		return id, nil
	}
	if name == "@" {
		name = "HEAD"
	}
	var names []string
	for _, rule := range refRules {
		if full := fmt.Sprintf(rule, name); refName(full) {
			names = append(names, full)
		}
	}
	find := d.finder(names...)
	for _, full := range names {
		ref, err := lookup(full, find)
		if err != nil {
			return oid.ID{}, fmt.Errorf("resolving %q: %s %w", name, full, err)
		}
		if !ref.ID.IsZero() {
			return ref.ID, nil
		}
	}
	return oid.ID{}, fmt.Errorf("resolving %q: %w", name, ErrRefNotFound)
}

// lookup reads one ref by its full name and follows it to its id, which is zero if there is none.
func lookup(name string, find func(name string) (Ref, error)) (Ref, error) {
	ref, err := find(name)
	if err != nil || ref.Symbolic == "" {
		return ref, err
	}
	end, err := follow(ref, find)
	ref.settle(end)
	return ref, err
}

// finder returns how to read one ref by its full name, not followed. What is not there is empty. The names that will
// be asked for first are found together.
func (d *Dir) finder(names ...string) func(name string) (Ref, error) {
	if d.bundle != nil {
		return d.bundled
	}
	if d.Reftable {
		return d.findTabled(names)
	}
	return d.find
}

// find reads one ref by its full name, loose or packed, and does not follow it. One that is not there
// is empty.
func (d *Dir) find(name string) (Ref, error) {
	if !refName(name) {
		return Ref{}, nil
	}
	path := d.loosePath(name)
	if info, err := os.Lstat(path); err == nil && !info.IsDir() {
		ref, err := readLoose(path, name, d.Format, d.bounds.readFile)
		return ref, cause.Of(err)
	} else if err != nil && !missing(err) {
		return Ref{}, cause.Of(err)
	}
	if !strings.HasPrefix(name, "refs/") {
		return Ref{}, nil
	}
	return d.findPacked(name)
}

// findPacked goes through packed-refs for one name. It is not always sorted, and 300 MB of it are
// read in a fraction of a second, so no search by halves.
func (d *Dir) findPacked(name string) (found Ref, err error) {
	var unseen problems // Refs reports them
	err = d.eachPacked(&unseen, func(line []byte, id oid.ID) bool {
		if string(line) == name {
			found = Ref{Name: name, ID: id}
		}
		return found.ID.IsZero()
	})
	return found, cause.Of(err)
}

// loosePath is where a loose ref of that name lies.
func (d *Dir) loosePath(name string) string {
	dir := d.Common
	switch prefix := worktreePrefix(name); {
	case prefix == "main-worktree/":
		name = strings.TrimPrefix(name, prefix)
	case prefix == "" && perWorktree(name):
		dir = d.Git
	}
	return filepath.Join(dir, filepath.FromSlash(name))
}

// refName is true for full names of refs, which lie where refs lie.
func refName(name string) bool {
	prefix := worktreePrefix(name)
	if _, worktree, ok := strings.Cut(strings.TrimSuffix(prefix, "/"), "/"); ok && !safePart(worktree) {
		return false
	}
	return safeName(strings.TrimPrefix(name, prefix))
}

// safeName is true for names under refs/, and beside it, that cannot lead out of the git directory.
// About everything else safeName is less strict than git: odd refs are still refs.
func safeName(name string) bool {
	if isRootRef(name) {
		return true
	}
	if !strings.HasPrefix(name, "refs/") || len(name) > refPathLimit {
		return false
	}
	for part := range strings.SplitSeq(name, "/") {
		if !safePart(part) {
			return false
		}
	}
	return true
}

// safePart is true for the name of a file or folder that lies where it says.
func safePart(part string) bool {
	if part == "" || part == "." || part == ".." || strings.ContainsRune(part, 0) {
		return false
	}
	return runtime.GOOS != "windows" || !strings.ContainsAny(part, `\:`)
}
