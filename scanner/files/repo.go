package files

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"skleak/scanner"
	"skleak/scanner/files/ignore"
	"skleak/scanner/history/gitdir"
	"skleak/scanner/history/index"
)

// openTree asks the repository that root lies in. It returns nil outside of a working tree, and
// where the repository cannot be read: then everything is.
func (r *run) openTree(root string) *tree {
	const trouble = "the repository that says what is ignored cannot be opened, so everything is read"
	real, err := filepath.Abs(root)
	if err == nil {
		real, err = filepath.EvalSymlinks(real)
	}
	if err != nil {
		r.coverage.Unreadable(scanner.UnreadableRepo, r.place(), trouble)
		return nil
	}
	d, err := r.options.Reach.Discover(real)
	if errors.Is(err, gitdir.ErrNotRepository) {
		return nil
	}
	if err != nil {
		r.coverage.Unreadable(repoReason(err), r.place(), trouble)
		return nil
	}
	top, below, ok := position(d, real)
	if !ok {
		return nil
	}
	t := &tree{below: below, ignoreCase: d.IgnoreCase()}
	r.readIndex(t, d)
	if !r.options.NoIgnore {
		t.excludes = excludes(d, t.ignoreCase)
		t.openAbove(top)
	}
	return t
}

// place names the root itself in the coverage.
func (r *run) place() string {
	if r.options.Prefix == "" {
		return "."
	}
	return r.rules.Redact(strings.TrimSuffix(r.options.Prefix, "/"))
}

// position works out where in the working tree of d the folder real lies. It is not ok outside of it
// and in the git directory.
func position(d *gitdir.Dir, real string) (top, below string, ok bool) {
	if d.Worktree == "" {
		return "", "", false
	}
	top, err := filepath.EvalSymlinks(d.Worktree)
	if err != nil {
		return "", "", false
	}
	rel, err := filepath.Rel(top, real)
	if err != nil || !filepath.IsLocal(rel) {
		return "", "", false
	}
	if rel == "." {
		return top, "", true
	}
	below = filepath.ToSlash(rel) + "/"
	return top, below, !strings.HasPrefix(below, ".git/")
}

// readIndex takes from the index what is tracked.
func (r *run) readIndex(t *tree, d *gitdir.Dir) {
	x, err := index.Read(d.Git, d.Format)
	if err != nil {
		detail := cause(err)
		if format := (*index.FormatError)(nil); errors.As(err, &format) {
			detail = format
		}
		r.coverage.Unreadable(scanner.UnreadableIndex, r.place(),
			"files that are both tracked and ignored are not read: "+detail.Error())
		return
	}
	for _, e := range x.Entries {
		switch e.Mode & index.ModeType {
		case index.ModeFolder:
			t.sparse = append(t.sparse, t.fold(e.Path))
		case index.ModeSubmodule:
			t.links = append(t.links, e.Path)
		}
		t.tracked = append(t.tracked, t.fold(e.Path))
	}
	if t.ignoreCase {
		slices.Sort(t.tracked)
	}
}

// excludes reads the lists of patterns for the whole tree, the strongest first.
func excludes(d *gitdir.Dir, fold bool) (lists []*ignore.List) {
	for _, path := range []string{d.InfoExclude(), d.ExcludesFile()} {
		if path == "" {
			continue
		}
		// These may be links, unlike a .gitignore, which comes with the repository.
		if real, err := filepath.EvalSymlinks(path); err == nil {
			lists = append(lists, readIgnoreFile(real, fold))
		}
	}
	return lists
}

// ignoreFileLimit is git's own limit for such files.
const ignoreFileLimit = 100 << 20

// readIgnoreFile returns the patterns of a file, nil if there are none. One that cannot be read
// leaves nothing out: that is the safe side, and it is named when the walk comes to it.
func readIgnoreFile(path string, fold bool) *ignore.List {
	f, s, err := openFile(path)
	if err != nil {
		return nil
	}
	defer f.close()
	if s.size > ignoreFileLimit {
		return nil
	}
	content := make([]byte, s.size)
	n := 0
	for n < len(content) {
		more, err := f.read(content[n:])
		if err != nil || more == 0 {
			break
		}
		n += more
	}
	return ignore.Parse(content[:n], fold)
}

var errOutside = errors.New("its git directory lies outside of what is scanned, so its history is not searched; --follow-alternates goes there")

var errBroken = errors.New("its .git does not lead to a repository that can be opened, so its history is not searched")

// isRepository is true for a folder that is the working tree of a repository, or a bare one: its packs
// are compressed, so that reading them as files would find nothing and look clean.
func (r *run) isRepository(path string) (bool, error) {
	_, noDotGit := os.Lstat(filepath.Join(path, ".git"))
	_, noObjects := os.Lstat(filepath.Join(path, "objects"))
	if noDotGit != nil && noObjects != nil {
		return false, nil // where the reason is another than that it is not there, listing the folder fails too
	}
	_, err := r.options.Reach.Open(path)
	if errors.Is(err, gitdir.ErrNotRepository) {
		return false, nil
	}
	if errors.As(err, new(*gitdir.OutsideError)) {
		return false, errOutside
	}
	if err != nil {
		return false, errBroken
	}
	return true, nil
}

// repoReason is the reason under which a repository is counted that was not opened.
func repoReason(err error) string {
	if errors.Is(err, errOutside) || errors.As(err, new(*gitdir.OutsideError)) {
		return scanner.UnreadableOutside
	}
	return scanner.UnreadableRepo
}
