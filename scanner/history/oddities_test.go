package history

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// rawTree is the content of a tree, with modes and names as they are given: "MODE NAME", id, and so on.
func rawTree(entries ...string) string {
	var b strings.Builder
	for i := 0; i < len(entries); i += 2 {
		b.WriteString(entries[i] + "\x00" + string(unhex(entries[i+1])))
	}
	return b.String()
}

// TestPaddedMode traces a key through a tree whose mode is written with a leading zero, as old tools did.
func TestPaddedMode(t *testing.T) {
	t.Parallel()
	dir := realTempDir(t)
	git(t, dir, "init", "-q", "--bare")
	blob := writeLoose(t, dir, "sha1", "blob", assign("padded"))
	sub := writeLoose(t, dir, "sha1", "tree", rawTree("0100644 x.env", blob))
	gone := strings.Repeat("1", 40)
	top := writeLoose(t, dir, "sha1", "tree", rawTree("0160000 module", gone, "040000 sub", sub))
	commit := commitTree(t, dir, top, 1700000000)
	git(t, dir, "update-ref", "refs/heads/main", commit)
	r := scan(t, dir, Options{})
	r.checkComplete(t, allObjects(t, dir))
	got := r.lines(keyNamed("padded"), map[string]string{commit: "commit"})
	if want := []string{"history sub/x.env 1:9 by <commit> reachable head refs/heads/main"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestModeInName reads trees with names that look like the beginning of an entry, as deltas that change little.
func TestModeInName(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a 100644 b", "a 40000 b", " 100644  100644 ", "100644 100644 100755 x"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := realTempDir(t)
			git(t, dir, "init", "-q", "--bare")
			old := writeLoose(t, dir, "sha1", "blob", "old\n")
			blob := writeLoose(t, dir, "sha1", "blob", assign("name"))
			base := rawTree("100644 "+name, old, "100644 y "+name, old, "100644 z", old)
			target := rawTree("100644 "+name, blob, "100644 y "+name, blob, "100644 z", old)
			baseID, targetID := writeLoose(t, dir, "sha1", "tree", base), writeLoose(t, dir, "sha1", "tree", target)
			commitTree(t, dir, baseID, 1700000000)
			commitTree(t, dir, targetID, 1700000001)
			objects := allObjects(t, dir)
			o := gitObject{baseID, "tree", base}
			writePack(t, objectsOf(dir), []packedEntry{{gitObject: o}, {gitObject{targetID, "tree", target}, &o, makeDelta(base, target)}})
			git(t, dir, "prune-packed", "-q")
			r := scan(t, dir, Options{})
			r.checkComplete(t, objects)
			if got := r.lines(keyNamed("name"), nil); len(got) != 2 || !strings.HasPrefix(got[0], "history "+name+" 1:9") {
				t.Errorf("found %q", got)
			}
		})
	}
}

// TestRefsAtObjects points refs at trees and blobs in ways that make them easy to mistake for one another.
func TestRefsAtObjects(t *testing.T) {
	t.Parallel()
	dir := realTempDir(t)
	git(t, dir, "init", "-q", "--bare")
	blob := func(name string) string { return writeLoose(t, dir, "sha1", "blob", assign(name)) }

	// A dangling tree above the one that a ref leads to.
	inner := writeLoose(t, dir, "sha1", "tree", rawTree("100644 in.env", blob("inner")))
	writeLoose(t, dir, "sha1", "tree", rawTree("40000 outer", inner))
	git(t, dir, "update-ref", "refs/odd/inner", inner)

	// A blob that a commit has, and that a ref still leads to when the branch has moved on.
	kept := blob("kept")
	first := commitTree(t, dir, writeLoose(t, dir, "sha1", "tree", rawTree("100644 kept.env", kept)), 1700000000)
	git(t, dir, "update-ref", "refs/odd/kept", kept)
	git(t, dir, "update-ref", "refs/heads/main", first)

	// Every object has a ref but for one blob: whichever object comes first, that blob must not get its ref.
	for i := range 3 {
		git(t, dir, "update-ref", fmt.Sprintf("refs/odd/%d", i), blob(fmt.Sprint("numbered ", i)))
	}
	for _, o := range allObjects(t, dir) {
		if o.kind == "blob" || o.kind == "tree" {
			git(t, dir, "update-ref", "refs/all/"+o.id, o.id)
		}
	}
	blob("lonely")

	r := scan(t, dir, Options{})
	check := func(key string, reachable bool, refs ...string) {
		t.Helper()
		for _, f := range r.found {
			if f.Key.Reveal() != keyNamed(key) {
				continue
			}
			if f.Reachable != reachable {
				t.Errorf("%s: reachable is %v", key, f.Reachable)
			}
			for _, ref := range refs {
				if !slices.Contains(f.Refs, ref) {
					t.Errorf("%s: ref %s is not among %q", key, ref, f.Refs)
				}
			}
			if len(refs) == 0 && len(f.Refs) > 0 {
				t.Errorf("%s: it has refs %q", key, f.Refs)
			}
			return
		}
		t.Errorf("%s was not found", key)
	}
	check("inner", true, "refs/odd/inner", "refs/all/"+inner)
	check("kept", true, "refs/odd/kept", "refs/heads/main")
	check("lonely", false)
}

// TestBytesBehindObjects has a repository whose loose objects all have more bytes in their files than they need. Git
// shows such a blob: its key is found, each object is counted, and each is named.
func TestBytesBehindObjects(t *testing.T) {
	t.Parallel()
	dir := realTempDir(t)
	git(t, dir, "init", "-q", "--bare")
	blob := writeLoose(t, dir, "sha1", "blob", assign("behind"))
	tree := writeLoose(t, dir, "sha1", "tree", rawTree("100644 x.env", blob))
	commit := commitTree(t, dir, tree, 1700000000)
	git(t, dir, "update-ref", "refs/heads/main", commit)
	objects := allObjects(t, dir)
	pad := func(id string) {
		path := filepath.Join(objectsOf(dir), id[:2], id[2:])
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		_ = os.Remove(path)
		if err := os.WriteFile(path, append(data, "more"...), 0o600); err != nil {
			t.Fatal(err)
		}
	}

	pad(blob)
	if got := git(t, dir, "cat-file", "blob", blob); !strings.Contains(got, keyNamed("behind")) {
		t.Errorf("git reads %q", got)
	}
	r := scanRange(t, dir, "main", Options{})
	if got := r.lines(keyNamed("behind"), map[string]string{commit: "commit"}); len(got) != 1 ||
		!strings.HasPrefix(got[0], "history x.env 1:9 by <commit>") {
		t.Errorf("in a range: %q", got)
	}
	if said := r.unreadable(); !strings.Contains(said, "4 bytes follow") {
		t.Errorf("in a range, it is named as %q", said)
	}

	pad(tree)
	pad(commit)
	r = scan(t, dir, Options{})
	got := r.lines(keyNamed("behind"), map[string]string{commit: "commit"})
	if want := []string{"history x.env 1:9 by <commit> reachable head refs/heads/main"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	said := r.unreadable()
	for _, o := range objects {
		if !strings.Contains(said, "corrupt object "+o.id) {
			t.Errorf("%s %s is not named in %q", o.kind, o.id, said)
		}
	}
	if n := r.coverage.Objects.Load(); n != 3 {
		t.Errorf("%d objects", n)
	}
}
