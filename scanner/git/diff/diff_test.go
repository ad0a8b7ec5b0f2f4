package diff_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"skleak/scanner/git/diff"
	"skleak/scanner/git/gitdir"
	"skleak/scanner/git/object"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/repository"
	"skleak/scanner/scantest"
)

func TestMain(m *testing.M) {
	scantest.KeepGitPlain()
	os.Exit(m.Run())
}

// lab is a repository with objects to make trees of.
type lab struct {
	dir    string
	repo   *repository.Repo
	blobs  [2]string // ids
	trees  [2]string
	nested string // a tree with a folder

	made  map[string]string    // trees, by the entry at x
	diffs map[[2]string]string // what git says of two of them
}

func newLab(t *testing.T, format string) *lab {
	t.Helper()
	l := &lab{dir: scantest.TempDir(t), made: map[string]string{}, diffs: map[[2]string]string{}}
	scantest.Git(t, l.dir, "init", "-q", "--object-format="+format)
	for i := range l.blobs {
		l.blobs[i] = scantest.GitIn(t, l.dir, fmt.Sprint("text ", i), "hash-object", "-w", "--stdin")
	}
	for i := range l.trees {
		l.trees[i] = l.tree(t, fmt.Sprintf("100644 blob %s\tf", l.blobs[i]), fmt.Sprintf("120000 blob %s\tlink", l.blobs[0]))
	}
	l.nested = l.tree(t, fmt.Sprintf("040000 tree %s\td", l.trees[0]), fmt.Sprintf("100755 blob %s\te", l.blobs[1]))
	repo, err := repository.Open(gitdir.Reach{}, l.dir, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { repo.Close() })
	l.repo = repo
	return l
}

func (l *lab) tree(t *testing.T, entries ...string) string {
	t.Helper()
	return scantest.GitIn(t, l.dir, strings.Join(entries, "\n"), "mktree", "--missing")
}

// sorts are the entries that may stand at a path: nothing, files, links, folders, submodules.
func (l *lab) sorts() []string {
	return []string{
		"", "100644 blob " + l.blobs[0], "100644 blob " + l.blobs[1], "100755 blob " + l.blobs[0], "120000 blob " + l.blobs[0],
		"120000 blob " + l.blobs[1], "040000 tree " + l.trees[0], "040000 tree " + l.trees[1], "040000 tree " + l.nested,
		"160000 commit " + elsewhere(l.blobs[0]), "160000 commit " + elsewhere(l.blobs[1]),
	}
}

// elsewhere is the id of a commit of another repository.
func elsewhere(id string) string { return strings.Repeat("7", 8) + id[8:] }

// with makes a tree with an entry at x, between others that stay.
func (l *lab) with(t *testing.T, entry string) string {
	t.Helper()
	if id, ok := l.made[entry]; ok {
		return id
	}
	entries := []string{fmt.Sprintf("100644 blob %s\ta", l.blobs[0]), fmt.Sprintf("100644 blob %s\tx.y", l.blobs[1])}
	if entry != "" {
		entries = append(entries, entry+"\tx")
	}
	l.made[entry] = l.tree(t, entries...)
	return l.made[entry]
}

// told is what a comparison tells, as lines that sort.
type told struct{ changed, folders, gone []string }

func (l *lab) differ(t *testing.T, told *told) *diff.Differ {
	t.Helper()
	r := l.repo.Objects.NewReader()
	return &diff.Differ{
		Format: l.repo.Dir.Format, Borrow: r.Borrow, Has: r.Seems, Open: func(oid.ID, []byte) bool { return true },
		Changed: func(c diff.Change) {
			if c.Mode == object.Folder {
				told.folders = append(told.folders, c.Path)
			} else {
				told.changed = append(told.changed, fmt.Sprintf("%06o %s %s", c.Mode, c.ID.Hex(l.repo.Dir.Format), c.Path))
			}
		},
		Gone:   func(g diff.Gone) { told.gone = append(told.gone, g.Path) },
		Unread: func(u diff.Unread) { t.Errorf("%s: %v", u.Path, u.Err) },
	}
}

func (l *lab) id(t *testing.T, hex string) oid.ID {
	t.Helper()
	id, err := oid.Parse(hex)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// raw is a line of git diff-tree --raw.
type raw struct{ before, after, idBefore, idAfter, path string }

// asGit tells what git says of two trees: what is new by content, and what is gone.
func (l *lab) asGit(t *testing.T, before, after string) (changed, gone []string) {
	t.Helper()
	pair := [2]string{before, after}
	if _, ok := l.diffs[pair]; !ok {
		l.diffs[pair] = strings.TrimSuffix(scantest.Git(t, l.dir, "diff-tree", "-r", "-z", "--no-renames", before, after), "\x00")
	}
	fields := strings.Split(l.diffs[pair], "\x00")
	for i := 0; i+1 < len(fields); i += 2 {
		head := strings.Fields(fields[i])
		r := raw{strings.TrimPrefix(head[0], ":"), head[1], head[2], head[3], fields[i+1]}
		isBlob := func(mode string) bool { return mode[:2] == "10" || mode[:2] == "12" }
		switch {
		case r.after == "000000":
			gone = append(gone, r.path)
		case r.idBefore == r.idAfter && isBlob(r.before) && isBlob(r.after): // the same content under another mode
		default:
			mode := r.after
			if mode[:2] == "10" {
				mode = "100000" // permissions are no matter
			}
			changed = append(changed, mode+" "+r.idAfter+" "+r.path)
		}
	}
	return changed, gone
}

// TestAgainstDiffTree holds all that may stand at a path against all that stood there before.
func TestAgainstDiffTree(t *testing.T) {
	for _, format := range []string{"sha1", "sha256"} {
		l := newLab(t, format)
		for _, was := range l.sorts() {
			for _, is := range l.sorts() {
				before, after := l.with(t, was), l.with(t, is)
				var got told
				l.differ(t, &got).Trees(l.id(t, after), []oid.ID{l.id(t, before)})
				l.compare(t, fmt.Sprintf("%s: %q after %q", format, is, was), got, before, after)
			}
		}
	}
}

func (l *lab) compare(t *testing.T, what string, got told, before, after string) {
	t.Helper()
	changed, gone := l.asGit(t, before, after)
	slices.Sort(changed)
	slices.Sort(got.changed)
	if !slices.Equal(got.changed, changed) {
		t.Errorf("%s: changed %q, git has %q", what, got.changed, changed)
	}
	// A folder stands for all that was in it.
	for _, path := range gone {
		if !slices.ContainsFunc(got.gone, func(g string) bool { return path == g || strings.HasPrefix(path, g+"/") }) {
			t.Errorf("%s: %s is gone, and only %q are told", what, path, got.gone)
		}
	}
	for _, g := range got.gone {
		if !slices.ContainsFunc(gone, func(path string) bool { return path == g || strings.HasPrefix(path, g+"/") }) {
			t.Errorf("%s: %s is told to be gone, git has %q", what, g, gone)
		}
	}
}

// TestFolders: a folder is told as a change where no parent has one of its name, for the sake of its name.
func TestFolders(t *testing.T) {
	l := newLab(t, "sha1")
	for _, one := range []struct {
		was  string
		want []string
	}{
		{"", []string{"x", "x/d"}}, {"100644 blob " + l.blobs[0], []string{"x", "x/d"}},
		{"040000 tree " + l.trees[0], []string{"x/d"}}, {"040000 tree " + l.nested, nil},
	} {
		var got told
		l.differ(t, &got).Trees(l.id(t, l.with(t, "040000 tree "+l.nested)), []oid.ID{l.id(t, l.with(t, one.was))})
		if !slices.Equal(got.folders, one.want) {
			t.Errorf("after %q: folders %q, want %q", one.was, got.folders, one.want)
		}
	}
}

// TestParents: what any parent has at the path is not new.
func TestParents(t *testing.T) {
	l := newLab(t, "sha1")
	for _, is := range l.sorts() {
		for _, one := range l.sorts() {
			for _, other := range l.sorts() {
				after, first, second := l.with(t, is), l.with(t, one), l.with(t, other)
				var got told
				d := l.differ(t, &got)
				d.Gone = nil // nobody asks
				d.Trees(l.id(t, after), []oid.ID{l.id(t, first), l.id(t, second)})
				fromFirst, _ := l.asGit(t, first, after)
				fromSecond, _ := l.asGit(t, second, after)
				var want []string
				for _, line := range fromFirst {
					if slices.Contains(fromSecond, line) {
						want = append(want, line)
					}
				}
				slices.Sort(want)
				slices.Sort(got.changed)
				if !slices.Equal(got.changed, want) {
					t.Errorf("%q after %q and %q: changed %q, want %q", is, one, other, got.changed, want)
				}
			}
		}
	}
}

// TestModes: modes are taken as git takes them, masked.
func TestModes(t *testing.T) {
	l := newLab(t, "sha1")
	blob, tree := l.id(t, l.blobs[0]), l.id(t, l.trees[0])
	for _, mode := range []string{
		"100644", "100664", "100600", "100000", "0100644", "1000000100644", "120000", "120777", "40000", "040000", "40755", "240000", "160000", "0", "10000", "170000",
		"60000", "140000",
	} {
		id := blob
		if strings.HasSuffix(mode, "40000") && mode != "140000" || mode == "40755" {
			id = tree
		}
		content := append(append([]byte(mode+" x"), 0), id[:20]...)
		file := filepath.Join(l.dir, "odd")
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
		odd := scantest.Git(t, l.dir, "hash-object", "-t", "tree", "-w", "--literally", file)
		var want []string
		for _, line := range strings.Split(strings.TrimSuffix(scantest.Git(t, l.dir, "ls-tree", "-r", "-z", odd), "\x00"), "\x00") {
			head, path, _ := strings.Cut(line, "\t")
			f := strings.Fields(head)
			kind := object.ModeOf(octal(t, f[0]))
			want = append(want, fmt.Sprintf("%06o %s %s", kind, f[2], path))
		}
		var got told
		l.differ(t, &got).Trees(l.id(t, odd), nil)
		slices.Sort(want)
		slices.Sort(got.changed)
		if !slices.Equal(got.changed, want) {
			t.Errorf("mode %s: changed %q, git has %q", mode, got.changed, want)
		}
	}
}

func octal(t *testing.T, text string) (n uint32) {
	t.Helper()
	if _, err := fmt.Sscanf(text, "%o", &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestIndex: what is staged is compared as the tree that would be committed.
func TestIndex(t *testing.T) {
	l := newLab(t, "sha1")
	for _, was := range l.sorts() {
		for _, is := range l.sorts() {
			before, after := l.with(t, was), l.with(t, is)
			scantest.Git(t, l.dir, "read-tree", after)
			repo, err := repository.Open(gitdir.Reach{}, l.dir, false)
			if err != nil {
				t.Fatal(err)
			}
			x, err := repo.Index()
			if err != nil {
				t.Fatal(err)
			}
			var got told
			if err := l.differ(t, &got).Index(x, []oid.ID{l.id(t, before)}); err != nil {
				t.Error(err)
			}
			l.compare(t, fmt.Sprintf("index: %q after %q", is, was), got, before, after)
			repo.Close()
		}
	}
}
