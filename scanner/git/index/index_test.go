package index

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"skleak/scanner/git/oid"
)

// TestMain keeps the configuration of whoever runs the tests out of them.
func TestMain(m *testing.M) {
	for name, value := range map[string]string{
		"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.DevNull,
		"GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.com",
		"GIT_COMMITTER_NAME": "C", "GIT_COMMITTER_EMAIL": "c@example.com",
	} {
		os.Setenv(name, value)
	}
	for _, name := range []string{"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"} {
		os.Unsetenv(name)
	}
	os.Exit(m.Run())
}

// git runs the git program in dir and returns its output.
func git(t testing.TB, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("git %s: %v: %s", strings.Join(args, " "), err, errs.String())
	}
	return string(out)
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(path, []byte(text), 0o666)); err != nil {
		t.Fatal(err)
	}
}

// newRepo makes a repository with files in several folders, two of them alike enough to be
// compressed in version 4, and a path longer than the length field of an entry can say.
func newRepo(t testing.TB, f oid.Format) string {
	t.Helper()
	dir := t.TempDir()
	git(t, dir, "init", "-q", "-b", "main", "--object-format="+map[oid.Format]string{oid.SHA1: "sha1", oid.SHA256: "sha256"}[f])
	for _, name := range []string{".hidden", "a", "ä", "deep/er/file", "deep/er/file.2", "deep/other", "in/x", "in/y/..z", "z"} {
		write(t, filepath.Join(dir, name), name)
	}
	git(t, dir, "add", ".")
	blob := strings.TrimSpace(git(t, dir, "hash-object", "a"))
	for _, entry := range []string{"120000," + blob + ",link", "100755," + blob + ",run", "160000," + blob + ",sub/module"} {
		git(t, dir, "update-index", "--add", "--cacheinfo", entry)
	}
	git(t, dir, "commit", "-qm", "one")
	return dir
}

// check compares what we read with what git lists.
func check(t *testing.T, dir string, f oid.Format) *Index {
	t.Helper()
	x, err := Read(filepath.Join(dir, ".git"), f)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	})
	var got []string
	for _, e := range listed(x) {
		got = append(got, fmt.Sprintf("%06o %s %d\t%s size %d assume %v skip %v intent %v",
			e.Mode, e.ID.Hex(f), e.Stage, e.Path, e.Size, e.AssumeValid, e.SkipWorktree, e.IntentToAdd))
	}
	want := gitEntries(t, dir)
	if !slices.Equal(got, want) {
		t.Errorf("entries\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	return x
}

// listedEntry is an entry with its path.
type listedEntry struct {
	Path string
	Entry
}

func listed(x *Index) (all []listedEntry) {
	for i := range x.Entries.Len() {
		all = append(all, listedEntry{string(x.Entries.Path(i)), x.Entries.At(i)})
	}
	return all
}

// gitEntries makes one line of each entry that `git ls-files --debug` prints in six.
func gitEntries(t *testing.T, dir string) (entries []string) {
	t.Helper()
	const valid, intent, skip = 1 << 15, 1 << 29, 1 << 30 // of git's flags in memory
	out := git(t, dir, "ls-files", "--stage", "--debug", "--sparse", "-z")
	for out != "" {
		var name, debug string
		name, out, _ = strings.Cut(out, "\x00")
		debug, out, _ = strings.Cut(out, "flags: ")
		var size, flags uint32
		_, rest, _ := strings.Cut(debug, "size: ")
		if _, err := fmt.Sscan(rest, &size); err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Sscanf(out, "%x", &flags); err != nil {
			t.Fatal(err)
		}
		_, out, _ = strings.Cut(out, "\n")
		entries = append(entries, fmt.Sprintf("%s size %d assume %v skip %v intent %v",
			name, size, flags&valid != 0, flags&skip != 0, flags&intent != 0))
	}
	return entries
}

func forEachFormat(t *testing.T, test func(t *testing.T, f oid.Format)) {
	for name, f := range map[string]oid.Format{"sha1": oid.SHA1, "sha256": oid.SHA256} {
		t.Run(name, func(t *testing.T) { test(t, f) })
	}
}

func TestVersions(t *testing.T) {
	forEachFormat(t, func(t *testing.T, f oid.Format) {
		dir := newRepo(t, f)
		for _, version := range []int{2, 4, 3} {
			git(t, dir, "update-index", "--index-version", fmt.Sprint(version))
			if version == 3 { // git keeps version 2 until a flag needs 3
				write(t, filepath.Join(dir, "later"), "")
				git(t, dir, "add", "--intent-to-add", "later")
			}
			if x := check(t, dir, f); x.Version != version {
				t.Errorf("version %d, want %d", x.Version, version)
			}
		}
		git(t, dir, "update-index", "--index-version", "4")
		git(t, dir, "update-index", "--assume-unchanged", "a")
		git(t, dir, "update-index", "--skip-worktree", "deep/other")
		check(t, dir, f)
	})
}

func TestNoIndex(t *testing.T) {
	x, err := Read(t.TempDir(), oid.SHA1)
	if err != nil || x.Entries.Len() != 0 {
		t.Errorf("without an index: %+v, %v", x, err)
	}
	if _, err := Read(filepath.Join("index_test.go", "no folder"), oid.SHA1); err == nil {
		t.Error("a git directory that is a file passes")
	}
}

func TestLongPaths(t *testing.T) {
	dir := newRepo(t, oid.SHA1)
	blob := strings.TrimSpace(git(t, dir, "hash-object", "a"))
	for _, length := range []int{4094, 4095, 4096, 5000} {
		path := strings.Repeat("long/", 1000)[:length-1] + "x"
		git(t, dir, "update-index", "--add", "--cacheinfo", "100644,"+blob+","+path)
	}
	for _, version := range []string{"2", "4"} {
		git(t, dir, "update-index", "--index-version", version)
		check(t, dir, oid.SHA1)
	}
}

func TestConflict(t *testing.T) {
	dir := newRepo(t, oid.SHA1)
	git(t, dir, "checkout", "-q", "-b", "other")
	write(t, filepath.Join(dir, "a"), "theirs")
	git(t, dir, "commit", "-qam", "theirs")
	git(t, dir, "checkout", "-q", "main")
	write(t, filepath.Join(dir, "a"), "ours")
	git(t, dir, "commit", "-qam", "ours")
	if err := exec.Command("git", "-C", dir, "merge", "-q", "other").Run(); err == nil {
		t.Fatal("the merge has no conflict")
	}
	var stages []uint8
	for _, e := range listed(check(t, dir, oid.SHA1)) {
		if e.Path == "a" {
			stages = append(stages, e.Stage)
		}
	}
	if !slices.Equal(stages, []uint8{1, 2, 3}) {
		t.Errorf("stages %v", stages)
	}
}

func TestSplitIndex(t *testing.T) {
	forEachFormat(t, func(t *testing.T, f oid.Format) {
		for _, version := range []string{"2", "4"} {
			testSplitIndex(t, f, version)
		}
	})
}

func testSplitIndex(t *testing.T, f oid.Format, version string) {
	dir := newRepo(t, f)
	git(t, dir, "config", "splitIndex.maxPercentChange", "100") // or git writes a whole one again
	git(t, dir, "update-index", "--index-version", version)
	for i := range 200 { // several words of each bitmap
		path := filepath.Join(dir, "many", fmt.Sprintf("%03d", i))
		write(t, path, "")
		// Git writes entries of files as young as the index again, which would make all of them changed.
		if err := os.Chtimes(path, time.Unix(1e9, 0), time.Unix(1e9, 0)); err != nil {
			t.Fatal(err)
		}
	}
	git(t, dir, "add", "many")
	git(t, dir, "update-index", "--split-index")
	check(t, dir, f)
	git(t, dir, "rm", "-q", "--cached", "deep/er/file", "many/000", "many/063", "many/199")
	write(t, filepath.Join(dir, "in/x"), "changed")
	write(t, filepath.Join(dir, "many/100"), "changed")
	write(t, filepath.Join(dir, "in/new"), "added")
	write(t, filepath.Join(dir, "0"), "added")
	git(t, dir, "add", "in", "0", "many/100")
	checkSplit(t, dir, f)
	git(t, dir, "rm", "-q", "-r", "--cached", "many") // a run of ones
	checkSplit(t, dir, f)

	data, err := os.ReadFile(filepath.Join(dir, ".git", "index"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Parse(data, f, nil); err == nil {
		t.Error("a split index passes without its shared index")
	}
}

// checkSplit is check for an index that must be split, or nothing was tested.
func checkSplit(t *testing.T, dir string, f oid.Format) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, ".git", "index"))
	if err != nil {
		t.Fatal(err)
	}
	if p, err := parse(data, f); err != nil || p.link == nil || p.link.base.IsZero() {
		t.Fatalf("the index is not split (%v)", err)
	}
	check(t, dir, f)
}

func TestSharedIndexWrong(t *testing.T) {
	dir := newRepo(t, oid.SHA1)
	git(t, dir, "update-index", "--split-index")
	shared, err := filepath.Glob(filepath.Join(dir, ".git", "sharedindex.*"))
	if err != nil || len(shared) != 1 {
		t.Fatal(shared, err)
	}
	other := newRepo(t, oid.SHA1)
	for name, replace := range map[string]func() error{
		"another": func() error { return copyFile(filepath.Join(other, ".git", "index"), shared[0]) },
		"split":   func() error { return copyFile(filepath.Join(dir, ".git", "index"), shared[0]) },
		"empty":   func() error { return os.Truncate(shared[0], 0) },
		"absent":  func() error { return os.Remove(shared[0]) },
	} {
		if err := replace(); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(filepath.Join(dir, ".git"), oid.SHA1); err == nil || !strings.Contains(err.Error(), "shared") {
			t.Errorf("%s shared index: %v", name, err)
		}
	}
}

func copyFile(from, to string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	os.Remove(to) // git makes it read-only
	return os.WriteFile(to, data, 0o666)
}

func TestSparseIndex(t *testing.T) {
	forEachFormat(t, func(t *testing.T, f oid.Format) {
		dir := newRepo(t, f)
		git(t, dir, "sparse-checkout", "set", "--cone", "--sparse-index", "in")
		x := check(t, dir, f)
		all := listed(x)
		i := slices.IndexFunc(all, func(e listedEntry) bool { return e.Path == "deep/" })
		if !x.Sparse || i < 0 || all[i].Mode != ModeFolder || !all[i].SkipWorktree {
			t.Errorf("no sparse folder among %+v", all)
		}
	})
}

func TestCacheTree(t *testing.T) {
	forEachFormat(t, func(t *testing.T, f oid.Format) {
		dir := newRepo(t, f)
		// git makes no tree of a commit that is not there, but takes it for one that may be.
		git(t, dir, "write-tree", "--missing-ok")
		x := check(t, dir, f)
		if x.CacheTree == nil {
			t.Fatal("no cache tree")
		}
		got := flatten(x.CacheTree, "", f)
		want := []string{" " + strings.TrimSpace(git(t, dir, "rev-parse", "HEAD^{tree}"))}
		for line := range strings.Lines(git(t, dir, "ls-tree", "-r", "-d", "-t", "HEAD")) {
			if fields := strings.Fields(line); fields[1] == "tree" {
				want = append(want, fields[3]+" "+fields[2])
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("cache tree\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		if x.CacheTree.Entries != x.Entries.Len() {
			t.Errorf("the root has %d entries, want %d", x.CacheTree.Entries, x.Entries.Len())
		}

		write(t, filepath.Join(dir, "deep/er/file"), "changed")
		git(t, dir, "add", "deep/er/file")
		root := check(t, dir, f).CacheTree
		deep := root.Subtrees[slices.IndexFunc(root.Subtrees, func(s *CacheTree) bool { return s.Name == "deep" })]
		in := root.Subtrees[slices.IndexFunc(root.Subtrees, func(s *CacheTree) bool { return s.Name == "in" })]
		if root.Entries != -1 || !root.ID.IsZero() || deep.Entries != -1 || in.Entries != 2 || in.ID.IsZero() {
			t.Errorf("after a change below deep: root %+v, deep %+v, in %+v", root, deep, in)
		}
	})
}

// flatten lists folders as `path id`.
func flatten(c *CacheTree, path string, f oid.Format) []string {
	all := []string{path + " " + c.ID.Hex(f)}
	for _, sub := range c.Subtrees {
		all = append(all, flatten(sub, strings.TrimPrefix(path+"/"+sub.Name, "/"), f)...)
	}
	return all
}

func BenchmarkRead(b *testing.B) {
	dir := newRepo(b, oid.SHA1)
	blob := strings.TrimSpace(git(b, dir, "hash-object", "a"))
	var list strings.Builder
	for i := range 40_000 {
		fmt.Fprintf(&list, "100644 %s\tsome/folder/of/%03d/a file with a name %05d.go\n", blob, i/100, i)
	}
	cmd := exec.Command("git", "-C", dir, "update-index", "--index-info")
	cmd.Stdin = strings.NewReader(list.String())
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatal(err, string(out))
	}
	for _, version := range []string{"2", "4"} {
		git(b, dir, "update-index", "--index-version", version)
		data, err := os.ReadFile(filepath.Join(dir, ".git", "index"))
		if err != nil {
			b.Fatal(err)
		}
		b.Run("version"+version, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				x, err := Read(filepath.Join(dir, ".git"), oid.SHA1)
				if err != nil || x.Entries.Len() < 40_000 {
					b.Fatal(err)
				}
				x.Close()
			}
		})
	}
}
