package history

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"

	"skleak/scanner/git/odb"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
)

var hexID = strings.Repeat("0123456789abcdef", 3)[:40]

// treeSeeds are trees, the first ones well-formed.
func treeSeeds() []string {
	return []string{
		rawTree("100644 a", hexID, "40000 b", hexID),
		rawTree("100755 run", hexID, "120000 link", hexID, "160000 module", hexID, "0100644 padded", hexID),
		rawTree("100644 "+strings.Repeat("long", 300), hexID),
		rawTree("100644 a 100644 b", hexID, "40000 40000 c", hexID),
		rawTree("100644 bad \xff\xfe name", hexID),
		"", "100644 a", "100644 a\x00short", " a\x00" + strings.Repeat("x", 20), "100644\x00" + strings.Repeat("x", 30),
	}
}

func commitSeeds() []string {
	people := "author A U Thor <a@example.com> 1700000000 +0100\ncommitter C O Mitter <c@example.com> 1700000001 -0930\n"
	return []string{
		"tree " + hexID + "\n" + people + "\nsubject\n\nbody\n",
		"tree " + hexID + "\nparent " + hexID + "\nparent " + hexID + "\n" + people + "encoding latin1\n\nsubj\xe9ct",
		"tree " + hexID + "\n" + people + "gpgsig -----BEGIN PGP SIGNATURE-----\n \n abc\n -----END PGP SIGNATURE-----\n\nsigned\n",
		"tree " + hexID + "\ncommitter <> 99999999999999999999 +0000\n\n",
		"tree " + hexID, "tree \n", "parent " + hexID + "\n", "", "committer > 1\n",
	}
}

func tagSeeds() []string {
	return []string{
		"object " + hexID + "\ntype commit\ntag v1\ntagger T Agger <t@example.com> 1700000000 +0000\n\nmessage\n",
		"object " + hexID + "\ntype tag\ntag v2\n\nno tagger\n",
		"object " + hexID + "\ntype blob\n",
		"object " + hexID + "\ntype commit", "object " + hexID + "\n", "type commit\n", "", "object x\ntype y\n",
	}
}

// TestSeedsOfFuzzing keeps the fuzz targets from starting at nothing.
func TestSeedsOfFuzzing(t *testing.T) {
	entries, commits, tags := 0, 0, 0
	for _, s := range treeSeeds() {
		_ = eachEntry([]byte(s), oid.SHA1, func(treeEntry) { entries++ })
	}
	for _, s := range commitSeeds() {
		if _, err := parseCommitHead([]byte(s), oid.SHA1); err == nil {
			commits++
		}
	}
	for _, s := range tagSeeds() {
		if _, _, err := parseTagHead([]byte(s), oid.SHA1); err == nil {
			tags++
		}
	}
	if entries < 8 || commits < 3 || tags < 3 {
		t.Errorf("the seeds have %d entries of trees, %d commits and %d tags", entries, commits, tags)
	}
}

// FuzzTree reads a tree: it ends, what it read is what is there, go-git reads the same from what both take, and whoever looks at
// a part of it sees all ids in that.
func FuzzTree(f *testing.F) {
	for _, s := range treeSeeds() {
		f.Add([]byte(s), uint16(3), uint16(40))
	}
	f.Fuzz(func(t *testing.T, content []byte, from, length uint16) {
		var all []treeEntry
		var again []byte
		err := eachEntry(content, oid.SHA1, func(e treeEntry) {
			all = append(all, e)
			again = slices.Concat(again, e.mode, []byte{' '}, e.name, []byte{0}, e.id)
		})
		if !bytes.HasPrefix(content, again) || err == nil && len(again) != len(content) {
			t.Fatalf("%d bytes read of %d, and %v", len(again), len(content), err)
		}
		if err == nil {
			sameTree(t, content, all)
			sameInPart(t, content, all, int(from), int(length))
		}
	})
}

// sameTree compares with what go-git reads.
func sameTree(t *testing.T, content []byte, all []treeEntry) {
	raw := &plumbing.MemoryObject{}
	raw.SetType(plumbing.TreeObject)
	raw.Write(content)
	var theirs object.Tree
	if theirs.Decode(raw) != nil {
		return
	}
	if len(theirs.Entries) != len(all) {
		t.Fatalf("%d entries, go-git has %d", len(all), len(theirs.Entries))
	}
	for i, e := range theirs.Entries {
		if e.Name != string(all[i].name) || !bytes.Equal(e.Hash[:], all[i].id) {
			t.Fatalf("entry %d: %q, go-git has %q", i, all[i].name, e.Name)
		}
	}
}

// sameInPart reads what stands in a range alone. Ids that look like the beginning of an entry are left out: see seek.
func sameInPart(t *testing.T, content []byte, all []treeEntry, from, length int) {
	from = min(from, len(content))
	part := pack.Range{From: from, To: min(from+length, len(content))}
	s := &search{repo: repoOfFormat(oid.SHA1)}
	seen := map[string]bool{}
	s.eachNew(&pack.Object{Kind: pack.Tree, Content: content, Delta: true, Dirty: []pack.Range{part}}, func(e treeEntry) { seen[string(e.id)] = true })
	at := 0
	for _, e := range all {
		if bytes.IndexByte(e.id, ' ') >= 0 {
			return
		}
		end := at + len(e.mode) + len(e.name) + len(e.id) + 2
		if at < part.To && end > part.From && !seen[string(e.id)] {
			t.Fatalf("bytes %d to %d: entry %q at %d is passed over", part.From, part.To, e.name, at)
		}
		at = end
	}
}

// FuzzCommit reads and describes a commit: what is taken for its head stands there, and go-git agrees on it.
func FuzzCommit(f *testing.F) {
	for _, s := range commitSeeds() {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		describeContent("", pack.Commit, content, oid.SHA1, builtIn)
		commitDate(content)
		head, err := parseCommitHead(content, oid.SHA1)
		if err != nil {
			return
		}
		text := fmt.Sprintf("tree %s\n", head.tree.Hex(oid.SHA1))
		for _, p := range head.parents {
			text += fmt.Sprintf("parent %s\n", p.Hex(oid.SHA1))
		}
		if !strings.HasPrefix(strings.ToLower(string(content)), text) {
			t.Fatalf("it begins with %q, not %q", content[:min(len(content), len(text))], text)
		}
		raw := &plumbing.MemoryObject{}
		raw.SetType(plumbing.CommitObject)
		raw.Write(content)
		var theirs object.Commit
		if theirs.Decode(raw) == nil && theirs.TreeHash.String() != head.tree.Hex(oid.SHA1) && !strings.Contains(string(content[5:]), "tree ") {
			t.Fatalf("tree %s, go-git has %s", head.tree.Hex(oid.SHA1), theirs.TreeHash)
		}
	})
}

// FuzzTag reads and describes a tag.
func FuzzTag(f *testing.F) {
	for _, s := range tagSeeds() {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		describeContent("", pack.Tag, content, oid.SHA1, builtIn)
		id, kind, err := parseTagHead(content, oid.SHA1)
		if err != nil {
			return
		}
		text := fmt.Sprintf("object %s\ntype ", id.Hex(oid.SHA1))
		if !strings.HasPrefix(strings.ToLower(string(content)), text) {
			t.Fatalf("it begins with %q, not %q", content[:min(len(content), len(text))], text)
		}
		if kind != 0 && !bytes.HasPrefix(content[len(text):], []byte(kind.String()+"\n")) {
			t.Fatalf("type %s, and %q stands there", kind, content[len(text):])
		}
	})
}

// repoOfFormat is a repository without any object.
func repoOfFormat(f oid.Format) *Repo { return &Repo{db: &odb.DB{Format: f}} }
