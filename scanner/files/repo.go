package files

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"skleak/scanner"
	"skleak/scanner/cause"
	"skleak/scanner/files/disk"
	"skleak/scanner/files/ignore"
	"skleak/scanner/git/gitdir"
	"skleak/scanner/git/index"
	"skleak/scanner/git/mapped"
)

// openTree asks the repository that root lies in. It returns nil outside of a working tree, and
// where the repository cannot be read: then everything is.
func (r *run) openTree(root string) (t *tree, above *level) {
	if r.gitDir {
		return nil, nil
	}
	const trouble = "the repository that says what is ignored cannot be opened, so everything is read"
	real, err := filepath.Abs(root)
	if err == nil {
		real, err = filepath.EvalSymlinks(real)
	}
	if err != nil {
		r.coverage.Unreadable(scanner.UnreadableRepo, r.place(), trouble)
		return nil, nil
	}
	d, err := r.options.Reach.Discover(real)
	if errors.Is(err, gitdir.ErrNotRepository) {
		return nil, nil
	}
	if err != nil {
		r.coverage.Unreadable(repoReason(err), r.place(), trouble)
		return nil, nil
	}
	top, below, ok := position(d, real)
	if !ok {
		return nil, nil
	}
	t = &tree{below: below, ignoreCase: d.IgnoreCase(), precompose: d.PrecomposeUnicode(), unapplied: r.unapplied(below)}
	r.readIndex(t, d)
	if r.options.NoIgnore {
		return t, nil
	}
	t.readExcludes(d)
	return t, t.openAbove(top)
}

// unapplied returns what names an ignore file that is too large to be applied. below is where in the tree
// the root of the scan lies.
func (r *run) unapplied(below string) func(at string) {
	return func(at string) {
		if rel, ok := strings.CutPrefix(at, below); ok {
			at = r.options.Prefix + rel
		}
		r.coverage.Unreadable(scanner.UnreadableTooLarge, r.rules.Redact(at),
			fmt.Sprintf("with those above it, it has more than %d bytes: its patterns are not applied, and what they would "+
				"leave out is read", sizeLimit))
	}
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
	if err == nil {
		defer x.Close() //nolint:errcheck // it was only read
		err = mapped.Guard(func() error {
			t.take(x.Entries)
			return nil
		})
	}
	if err != nil {
		detail := cause.Of(err)
		if format := (*index.FormatError)(nil); errors.As(err, &format) {
			detail = format
		}
		r.coverage.Unreadable(scanner.UnreadableIndex, r.place(),
			"files that are both tracked and ignored are not read: "+detail.Error())
	}
	if t.ignoreCase || t.precompose {
		slices.Sort(t.tracked)
	}
}

// take takes the paths of entries.
func (t *tree) take(entries index.Entries) {
	t.tracked = slices.Grow(t.tracked, entries.Len())
	for i := range entries.Len() {
		path, e := string(entries.Path(i)), entries.At(i)
		switch e.Mode & index.ModeType {
		case index.ModeFolder:
			t.sparse = append(t.sparse, t.fold(path))
		case index.ModeSubmodule:
			t.links = append(t.links, path)
		}
		if e.SkipWorktree {
			t.absent = append(t.absent, path)
		}
		t.tracked = append(t.tracked, t.fold(path))
	}
}

// readExcludes reads the lists of patterns for the whole tree, the strongest first.
func (t *tree) readExcludes(d *gitdir.Dir) {
	for _, path := range []string{d.InfoExclude(), d.ExcludesFile()} {
		if path == "" {
			continue
		}
		// These may be links, unlike a .gitignore, which comes with the repository.
		real, err := filepath.EvalSymlinks(path)
		if err != nil {
			continue
		}
		content, err := readIgnoreFile(real)
		if err == errTooLarge {
			t.unapplied(filepath.Base(path))
		}
		t.excludes = append(t.excludes, ignore.Parse(content, t.ignoreCase))
	}
}

// errTooLarge is the error for an ignore file beyond sizeLimit.
var errTooLarge = errors.New("too large")

// readIgnoreFile returns the content of an ignore file.
func readIgnoreFile(path string) ([]byte, error) { return wholeFile(disk.OpenFile(path)) }

// wholeFile reads an ignore file that was just opened, and closes it.
func wholeFile(f disk.File, s disk.State, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if s.Size < 0 || s.Size > sizeLimit {
		return nil, errTooLarge
	}
	content := make([]byte, s.Size)
	n := 0
	for n < len(content) {
		more, err := f.ReadAt(content[n:], int64(n))
		if err != nil {
			return nil, err
		}
		if more == 0 {
			break
		}
		n += more
	}
	return content[:n], nil
}

var errOutside = errors.New("the git directory lies outside of what is scanned, so the history is not searched; " +
	"--follow-alternates goes there")

var errBroken = errors.New("the .git here does not lead to a repository that can be opened, so the history is not " +
	"searched")

// opened asks whether the folder at a path is the working tree of a repository, or a bare one.
func (r *run) opened(path string) (bool, error) {
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
