package history

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"skleak/scanner/scantest"
)

// craftedEntry is an entry of a tree as nobody's git writes it, and what stood there before.
type craftedEntry struct{ name, mode, id, modeBefore, idBefore string }

// craftedModes are modes that git takes for each kind: as it writes them, with zeros before, with other permissions,
// with bits that it masks, and with more digits than it has bits for.
var craftedModes = map[string][]string{
	"file":      {"100644", "00100755", "100664", "100000", "100777", "1100644", "40100644", "1000000100644", "17777700100644"},
	"link":      {"120000", "0120000", "120777", "1120000", "40000120000"},
	"folder":    {"40000", "040000", "40755", "240000", "640000", "1040000", "200000040000"},
	"submodule": {"160000", "0160000", "160644", "0", "20000", "60000", "10644", "1160000"},
}

// crafted makes every combination of a kind of entry, a way to write its mode, and what stood there before. Each has
// a key of its own.
func (b hostileBox) crafted() (entries []craftedEntry) {
	for _, kind := range []string{"file", "link", "folder", "submodule"} {
		for i, mode := range craftedModes[kind] {
			for _, before := range []string{"nothing", "file", "link", "folder", "submodule", "other"} {
				e := craftedEntry{name: fmt.Sprintf("e%03d", len(entries)), mode: mode}
				blob := b.put("blob", "k="+keyNamed(e.name))
				tree := b.put("tree", rawTree("100644 in", blob))
				if e.id = blob; kind == "folder" {
					e.id = tree
				}
				modes := craftedModes[before]
				switch before {
				case "other":
					e.modeBefore, e.idBefore = "100644", b.put("blob", "nothing in "+e.name)
				case "file", "link", "submodule", "folder":
					e.modeBefore, e.idBefore = modes[i%len(modes)], blob
				}
				switch { // what a folder holds must not seem to be moved
				case before == "folder" && kind == "folder":
					e.idBefore = tree
				case before == "folder":
					e.idBefore = b.put("tree", rawTree("100644 in", b.put("blob", "nothing")))
				case kind == "folder" && before != "nothing" && before != "submodule":
					e.idBefore = b.put("blob", "nothing in "+e.name)
				}
				entries = append(entries, e)
			}
		}
	}
	return entries
}

// commits makes the commit before and the one that brings the entries.
func (b hostileBox) commits(entries []craftedEntry) (before, after string) {
	var old, fresh []string
	for _, e := range entries {
		if e.modeBefore != "" {
			old = append(old, e.modeBefore+" "+e.name, e.idBefore)
		}
		fresh = append(fresh, e.mode+" "+e.name, e.id)
	}
	before = b.put("commit", commitText(b.put("tree", rawTree(old...)), nil, "before"))
	after = b.put("commit", commitText(b.put("tree", rawTree(fresh...)), []string{before}, "after"))
	return before, after
}

// checkout returns what git writes for a commit: "PATH KEY" for each key.
func (b hostileBox) checkout(t *testing.T, commit string) (lines []string) {
	t.Helper()
	root := realTempDir(t)
	git(t, b.dir, "-c", "core.bare=false", "--work-tree="+root, "checkout", "-q", "-f", "--detach", commit)
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if e.Type()&fs.ModeSymlink != 0 {
			var target string
			target, err = os.Readlink(path)
			content = []byte(target)
		}
		name, _ := filepath.Rel(root, path)
		for _, key := range keysIn(string(content)) {
			lines = append(lines, filepath.ToSlash(name)+" "+key)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// gates searches what a commit brings as against another by all ways to ask for it; staged is left out where git
// cannot stage it.
func (b hostileBox) gates(t *testing.T, before, after string, staged bool) map[string]result {
	t.Helper()
	changes := map[string]Change{
		"range": {Range: before + ".." + after},
		"push":  {Tips: []Tip{{"refs/heads/x", idOf(t, b.dir, after)}}},
	}
	if c := changes["push"]; before != "" {
		c.Known = append(c.Known, idOf(t, b.dir, before))
		changes["push"] = c
	}
	if staged {
		git(t, b.dir, "read-tree", after)
		writeFile(t, filepath.Join(b.dir, "HEAD"), []byte(before+"\n"))
		changes["staged"] = Change{Staged: true}
	}
	results := map[string]result{}
	for name, c := range changes {
		results[name] = changesOf(t, b.dir, c, Options{})
	}
	return results
}

// TestCraftedTrees: what a checkout would write is what is read, however the mode of an entry is written, by all
// gates alike.
func TestCraftedTrees(t *testing.T) {
	t.Parallel()
	b := newHostileBox(t)
	before, after := b.commits(b.crafted())
	want := b.checkout(t, after)
	was := b.checkout(t, before)
	want = slices.DeleteFunc(want, func(line string) bool { return slices.Contains(was, line) })
	if len(want) < 60 {
		t.Fatalf("git writes only %d new keys", len(want))
	}
	slices.Sort(want)
	for name, r := range b.gates(t, before, after, true) {
		var got []string
		for _, f := range r.found {
			got = append(got, f.Path+" "+f.Key.Reveal())
		}
		slices.Sort(got)
		if difference := cmp.Diff(want, got); difference != "" {
			t.Errorf("%s: what git writes, and what is found:\n%s", name, difference)
		}
		if !r.coverage.Complete() {
			t.Errorf("%s: could not be read: %s", name, r.unreadable())
		}
	}
}

// TestHostileObjectsInPlaceOfOthers: an entry that names an object of another kind, and a tree that is cut off, are
// never clean. Git refuses to check them out, and what a gate does not find it has to name.
func TestHostileObjectsInPlaceOfOthers(t *testing.T) {
	t.Parallel()
	b := newHostileBox(t)
	blob := b.put("blob", assign("out of place"))
	tree := b.put("tree", rawTree("100644 in", blob))
	commit := b.put("commit", commitText(tree, nil, "a commit in place of a file"))
	whole := rawTree("100644 a", b.put("blob", "nothing"), "100644 b", blob)
	trees := map[string]string{
		"a blob as a root":      blob,
		"a blob as a folder":    b.put("tree", rawTree("40000 x", blob)),
		"a tree as a file":      b.put("tree", rawTree("100644 x", tree)),
		"a tree as a link":      b.put("tree", rawTree("120000 x", tree)),
		"a commit as a file":    b.put("tree", rawTree("100644 x", commit)),
		"a commit as a folder":  b.put("tree", rawTree("40000 x", commit)),
		"no mode":               b.put("tree", whole+" x\x00"+strings.Repeat("i", 20)),
		"a mode that is no one": b.put("tree", rawTree("100844 x", blob)),
		"no name":               b.put("tree", rawTree("100644 ", blob)),
	}
	for n := 1; n < len(whole); n += scantest.Sample(17, 1) {
		if n != len(whole)/2 {
			trees[fmt.Sprintf("cut off at %d", n)] = b.put("tree", whole[:n])
		}
	}
	before := b.put("commit", commitText(b.put("tree", ""), nil, "before"))
	for what, root := range trees {
		after := b.put("commit", commitText(root, []string{before}, what))
		for name, r := range b.gates(t, before, after, false) {
			if r.coverage.Complete() {
				t.Errorf("%s, %s: nothing is said; %d keys", what, name, len(r.found))
			}
			if strings.HasPrefix(what, "a blob") && len(r.found) != 1 {
				t.Errorf("%s, %s: %d keys", what, name, len(r.found))
			}
		}
	}
}

// TestKeyInTheNameOfASubmodule: it has no content here, but a name.
func TestKeyInTheNameOfASubmodule(t *testing.T) {
	t.Parallel()
	b := newHostileBox(t)
	nowhere := strings.Repeat("12", 20)
	before := b.put("commit", commitText(b.put("tree", rawTree("100644 a", b.put("blob", "nothing"))), nil, "before"))
	after := b.put("commit", commitText(b.put("tree", rawTree("160000 "+keyNamed("submodule"), nowhere)), []string{before}, "after"))
	for name, r := range b.gates(t, before, after, true) {
		if len(r.found) != 1 || !r.coverage.Complete() {
			t.Errorf("%s: %d keys, %s", name, len(r.found), r.unreadable())
		}
	}
}

// TestUnsortedTree: the entries of a tree that git would sort otherwise are compared by their names all the same.
func TestUnsortedTree(t *testing.T) {
	t.Parallel()
	b := newHostileBox(t)
	old, fresh := b.put("blob", assign("old")), b.put("blob", assign("fresh"))
	before := b.put("commit", commitText(b.put("tree", rawTree("100644 z", old, "40000 a", b.put("tree", rawTree("100644 f", old)), "100644 b", old)), nil, "before"))
	after := b.put("commit", commitText(b.put("tree", rawTree("100644 b", old, "100644 z", old, "100644 c", fresh)), []string{before}, "after"))
	for name, r := range b.gates(t, before, after, false) {
		if len(r.found) != 1 || r.found[0].Path != "c" || !r.coverage.Complete() {
			t.Errorf("%s: %v, %s", name, r.found, r.unreadable())
		}
	}
}
