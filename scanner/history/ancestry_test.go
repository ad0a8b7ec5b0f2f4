package history

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// ancestryRepo has two commits on main, a merge of a side branch, and files of every kind.
func ancestryRepo(t *testing.T, initArgs ...string) (dir string) {
	dir = realTempDir(t)
	git(t, dir, append([]string{"init", "-q"}, initArgs...)...)
	write := func(name, text string) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	commit := func(name string) {
		git(t, dir, "add", ".")
		git(t, dir, "commit", "-qm", name)
		git(t, dir, "tag", "-a", "-m", name, name)
	}
	write("a", "old")
	write("sub/deep/b", "b")
	if err := os.Symlink("a", filepath.Join(dir, "link")); err != nil {
		t.Skip("no symbolic links here: ", err)
	}
	commit("one")
	git(t, dir, "checkout", "-qb", "side")
	write("c", "c")
	commit("two")
	git(t, dir, "checkout", "-q", "main")
	write("a", "new")
	commit("three")
	git(t, dir, "merge", "-q", "--no-edit", "side")
	return dir
}

func openRepo(t *testing.T, dir string) *Repo {
	t.Helper()
	r, err := Open(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func TestCommit(t *testing.T) {
	dir := ancestryRepo(t)
	r := openRepo(t, dir)
	id, parents, err := r.Commit("HEAD")
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Fields(git(t, dir, "rev-list", "--parents", "-1", "HEAD"))
	if got := append([]string{id}, parents...); strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("HEAD is %v, want %v", got, want)
	}
	for _, absent := range []string{strings.Repeat("7", 40), "nowhere", "HEAD^9", git(t, dir, "rev-parse", "HEAD^{tree}")} {
		var revision *RevisionError
		if _, _, err := r.Commit(absent); !errors.As(err, &revision) {
			t.Errorf("%s: error %v, want a *RevisionError", absent, err)
		}
	}
	if r.IsShallow() {
		t.Error("a whole repository passes for shallow")
	}
}

func TestShallowCommit(t *testing.T) {
	dir := realTempDir(t)
	git(t, dir, "clone", "-q", "--depth", "1", "file://"+filepath.ToSlash(ancestryRepo(t)), "clone")
	r := openRepo(t, filepath.Join(dir, "clone"))
	if !r.IsShallow() {
		t.Error("a shallow clone passes for a whole one")
	}
	_, parents, err := r.Commit("HEAD")
	if err != nil || len(parents) != 2 {
		t.Fatalf("HEAD has the parents %v, error %v; want two", parents, err)
	}
	if _, _, err := r.Commit(parents[0]); err == nil {
		t.Error("a parent beyond the edge was found")
	}
}

func TestCommits(t *testing.T) {
	dir := ancestryRepo(t)
	r := openRepo(t, dir)
	for _, c := range []struct{ ours, gits string }{
		{"one..HEAD", "one..HEAD"}, {"three..HEAD", "three..HEAD"}, {"HEAD..one", "HEAD..one"}, {"two", "two"},
	} {
		got, err := r.Commits(context.Background(), c.ours)
		if err != nil {
			t.Fatal(err)
		}
		want := strings.Fields(git(t, dir, "rev-list", c.gits))
		if len(got) != len(want) {
			t.Errorf("%s: %d commits, want %d", c.ours, len(got), len(want))
		}
		for _, id := range want {
			if !got[id] {
				t.Errorf("%s lacks %s", c.ours, id)
			}
		}
	}
}

func TestFile(t *testing.T) {
	for _, format := range []string{"sha1", "sha256"} {
		t.Run(format, func(t *testing.T) {
			r := openRepo(t, ancestryRepo(t, "--object-format="+format))
			for _, c := range []struct{ revision, path, want string }{
				{"one", "a", "old"}, {"HEAD", "a", "new"}, {"HEAD~1", "sub/deep/b", "b"}, {"HEAD", "c", "c"},
			} {
				got, err := r.File(c.revision, c.path)
				if err != nil || string(got) != c.want {
					t.Errorf("%s:%s is %q, error %v; want %q", c.revision, c.path, got, err, c.want)
				}
			}
			for _, c := range []struct{ revision, path string }{
				{"one", "c"}, {"HEAD", "sub"}, {"HEAD", "sub/deep"}, {"HEAD", "link"}, {"HEAD", "a/b"}, {"HEAD", ""}, {"HEAD", "sub//b"}, {"HEAD", "../a"},
			} {
				if got, err := r.File(c.revision, c.path); !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("%s:%s is %q, error %v; want none", c.revision, c.path, got, err)
				}
			}
			if _, err := r.File("nowhere", "a"); err == nil || errors.Is(err, fs.ErrNotExist) {
				t.Errorf("a file of no commit: error %v", err)
			}
		})
	}
}
