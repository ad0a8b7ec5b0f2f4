package repository

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"skleak/scanner/git/gitdir"
	"skleak/scanner/git/oid"
	"skleak/scanner/scantest"
)

func TestMain(m *testing.M) {
	scantest.KeepGitPlain()
	os.Exit(m.Run())
}

func hex(r *Repo, id oid.ID) string { return id.Hex(r.Dir.Format) }

// ancestryRepo has two commits on main, a merge of a side branch, and files of every kind.
func ancestryRepo(t *testing.T, initArgs ...string) (dir string) {
	dir = scantest.TempDir(t)
	scantest.Git(t, dir, append([]string{"init", "-q"}, initArgs...)...)
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
		scantest.Git(t, dir, "add", ".")
		scantest.Git(t, dir, "commit", "-qm", name)
		scantest.Git(t, dir, "tag", "-a", "-m", name, name)
	}
	write("a", "old")
	write("sub/deep/b", "b")
	if err := os.Symlink("a", filepath.Join(dir, "link")); err != nil {
		t.Skip("no symbolic links here: ", err)
	}
	commit("one")
	scantest.Git(t, dir, "checkout", "-qb", "side")
	write("c", "c")
	commit("two")
	scantest.Git(t, dir, "checkout", "-q", "main")
	write("a", "new")
	commit("three")
	scantest.Git(t, dir, "merge", "-q", "--no-edit", "side")
	return dir
}

func openRepo(t *testing.T, dir string) *Repo {
	t.Helper()
	g, err := Open(gitdir.Reach{}, dir, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.Close() })
	return g
}

func idOf(t *testing.T, dir, revision string) oid.ID {
	t.Helper()
	id, err := oid.Parse(scantest.Git(t, dir, "rev-parse", revision))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestParents(t *testing.T) {
	dir := ancestryRepo(t)
	g := openRepo(t, dir)
	for _, revision := range []string{"HEAD", "one", "two", "three^{commit}"} {
		parents, err := g.Parents(idOf(t, dir, revision))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range parents {
			got = append(got, hex(g, p))
		}
		want := strings.Fields(scantest.Git(t, dir, "rev-list", "--parents", "-1", revision))[1:]
		if strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("%s has the parents %v, want %v", revision, got, want)
		}
	}
	absent, _ := oid.Parse(strings.Repeat("7", 40))
	for _, id := range []oid.ID{absent, {}, idOf(t, dir, "HEAD^{tree}")} {
		if parents, err := g.Parents(id); err == nil {
			t.Errorf("%s has the parents %v and no error", hex(g, id), parents)
		}
	}
	if g.IsShallow() {
		t.Error("a whole repository passes for shallow")
	}
}

func TestParentsBeyondTheEdge(t *testing.T) {
	dir := scantest.TempDir(t)
	scantest.Git(t, dir, "clone", "-q", "--depth", "1", "file://"+filepath.ToSlash(ancestryRepo(t)), "clone")
	dir = filepath.Join(dir, "clone")
	g := openRepo(t, dir)
	if !g.IsShallow() {
		t.Error("a shallow clone passes for a whole one")
	}
	parents, err := g.Parents(idOf(t, dir, "HEAD"))
	if err != nil || len(parents) != 2 {
		t.Fatalf("HEAD has the parents %v, error %v; want two", parents, err)
	}
	if _, err := g.Parents(parents[0]); err == nil {
		t.Error("a parent beyond the edge was found")
	}
	if ids, err := g.Ancestry(context.Background(), idOf(t, dir, "HEAD")); err != nil || len(ids) != 1 {
		t.Errorf("HEAD leads to %v, error %v; want itself", ids, err)
	}
}

func TestAncestry(t *testing.T) {
	dir := ancestryRepo(t)
	g := openRepo(t, dir)
	for _, revision := range []string{"HEAD", "one", "two", "HEAD^2"} {
		got, err := g.Ancestry(context.Background(), idOf(t, dir, revision))
		if err != nil {
			t.Fatal(err)
		}
		want := strings.Fields(scantest.Git(t, dir, "rev-list", revision))
		if len(got) != len(want) {
			t.Errorf("%s leads to %d commits, want %d", revision, len(got), len(want))
		}
		for _, id := range want {
			if !got[id] {
				t.Errorf("%s leads to %s", revision, id)
			}
		}
	}
	stopped, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := g.Ancestry(stopped, idOf(t, dir, "HEAD")); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: error %v", err)
	}
}

func TestFile(t *testing.T) {
	for _, format := range []string{"sha1", "sha256"} {
		t.Run(format, func(t *testing.T) {
			dir := ancestryRepo(t, "--object-format="+format)
			g := openRepo(t, dir)
			for _, c := range []struct{ revision, path, want string }{
				{"one", "a", "old"}, {"HEAD", "a", "new"}, {"HEAD~1", "sub/deep/b", "b"}, {"HEAD", "c", "c"},
			} {
				got, err := g.File(idOf(t, dir, c.revision), c.path)
				if err != nil || string(got) != c.want {
					t.Errorf("%s:%s is %q, error %v; want %q", c.revision, c.path, got, err, c.want)
				}
			}
			for _, c := range []struct{ revision, path string }{
				{"one", "c"}, {"HEAD", "sub"}, {"HEAD", "sub/deep"}, {"HEAD", "link"}, {"HEAD", "a/b"}, {"HEAD", ""}, {"HEAD", "sub//b"}, {"HEAD", "../a"},
			} {
				if got, err := g.File(idOf(t, dir, c.revision), c.path); !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("%s:%s is %q, error %v; want none", c.revision, c.path, got, err)
				}
			}
			if _, err := g.File(oid.ID{}, "a"); err == nil || errors.Is(err, fs.ErrNotExist) {
				t.Errorf("a file of no commit: error %v", err)
			}
		})
	}
}
