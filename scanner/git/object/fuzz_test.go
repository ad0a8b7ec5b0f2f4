package object

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"
	gogit "github.com/go-git/go-git/v5/plumbing/object"

	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
)

var hexID = strings.Repeat("0123456789abcdef", 3)[:40]

// rawTree is the content of a tree whose entries are "MODE NAME" and have all the same id.
func rawTree(entries ...string) string {
	var b strings.Builder
	for _, e := range entries {
		fmt.Fprintf(&b, "%s\x00%s", e, hexID[:20])
	}
	return b.String()
}

// treeSeeds are trees, the first ones well-formed.
func treeSeeds() []string {
	return []string{
		rawTree("100644 a", "40000 b"),
		rawTree("100755 run", "120000 link", "160000 module", "0100644 padded", "240000 folder", "1000000100644 long"),
		rawTree("100644 " + strings.Repeat("long", 300)),
		rawTree("100644 a 100644 b", "40000 40000 c"),
		rawTree("100644 bad \xff\xfe name"),
		"", "100644 a", "100644 a\x00short", " a\x00" + strings.Repeat("x", 20), "100644\x00" + strings.Repeat("x", 30), rawTree("100644 "),
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
		_ = EachEntry([]byte(s), oid.SHA1, func(Entry) { entries++ })
	}
	for _, s := range commitSeeds() {
		if _, err := ParseCommit([]byte(s), oid.SHA1); err == nil {
			commits++
		}
	}
	for _, s := range tagSeeds() {
		if _, err := ParseTag([]byte(s), oid.SHA1); err == nil {
			tags++
		}
	}
	if entries < 8 || commits < 3 || tags < 3 {
		t.Errorf("the seeds have %d entries of trees, %d commits and %d tags", entries, commits, tags)
	}
}

// FuzzTree reads a tree: it ends, each entry stands where it was read, and go-git reads the same from what both take.
func FuzzTree(f *testing.F) {
	for _, s := range treeSeeds() {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		var all []Entry
		r := NewTreeReader(content, oid.SHA1)
		for {
			before := r.At
			e, ok, err := r.Next()
			if !ok {
				if (err == nil) != (r.At == len(content)) {
					t.Fatalf("%d bytes read of %d, and %v", r.At, len(content), err)
				}
				if err == nil {
					sameTree(t, content, all)
				}
				return
			}
			if end := append(append([]byte{' '}, e.Name...), append([]byte{0}, e.ID...)...); !bytes.HasSuffix(content[before:r.At], end) {
				t.Fatalf("%q was read as %q", content[before:r.At], end)
			}
			all = append(all, e)
		}
	})
}

// sameTree compares with what go-git reads.
func sameTree(t *testing.T, content []byte, all []Entry) {
	var theirs gogit.Tree
	if theirs.Decode(memoryObject(plumbing.TreeObject, content)) != nil {
		return
	}
	if len(theirs.Entries) != len(all) {
		t.Fatalf("%d entries, go-git has %d", len(all), len(theirs.Entries))
	}
	for i, e := range theirs.Entries {
		if e.Name != string(all[i].Name) || !bytes.Equal(e.Hash[:], all[i].ID) {
			t.Fatalf("entry %d: %q, go-git has %q", i, all[i].Name, e.Name)
		}
	}
}

func memoryObject(kind plumbing.ObjectType, content []byte) *plumbing.MemoryObject {
	raw := &plumbing.MemoryObject{}
	raw.SetType(kind)
	raw.Write(content)
	return raw
}

// FuzzCommit reads and describes a commit: what is taken for its head stands there, and go-git agrees on it and on
// the author.
func FuzzCommit(f *testing.F) {
	for _, s := range commitSeeds() {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		who, message := Describe(pack.Commit, content)
		CommitDate(content)
		c, err := ParseCommit(content, oid.SHA1)
		if err != nil {
			return
		}
		text := fmt.Sprintf("tree %s\n", c.Tree.Hex(oid.SHA1))
		for _, p := range c.Parents {
			text += fmt.Sprintf("parent %s\n", p.Hex(oid.SHA1))
		}
		if !strings.HasPrefix(strings.ToLower(string(content)), text) {
			t.Fatalf("it begins with %q, not %q", content[:min(len(content), len(text))], text)
		}
		var theirs gogit.Commit
		if strings.Count(string(content), "\nauthor ") != 1 || theirs.Decode(memoryObject(plumbing.CommitObject, content)) != nil {
			return
		}
		if theirs.TreeHash.String() != c.Tree.Hex(oid.SHA1) && !strings.Contains(string(content[5:]), "tree ") {
			t.Fatalf("tree %s, go-git has %s", c.Tree.Hex(oid.SHA1), theirs.TreeHash)
		}
		head, _, _ := strings.Cut(string(content), "\n\n")
		if strings.Contains(head, "\nauthor ") && (theirs.Author.Name != who.Name || theirs.Author.Email != who.Email || theirs.Message != message) {
			t.Fatalf("%q <%q>, %q; go-git has %q <%q>, %q", who.Name, who.Email, message, theirs.Author.Name, theirs.Author.Email, theirs.Message)
		}
	})
}

// FuzzTag reads and describes a tag.
func FuzzTag(f *testing.F) {
	for _, s := range tagSeeds() {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		Describe(pack.Tag, content)
		tag, err := ParseTag(content, oid.SHA1)
		if err != nil {
			return
		}
		text := fmt.Sprintf("object %s\ntype ", tag.Object.Hex(oid.SHA1))
		if !strings.HasPrefix(strings.ToLower(string(content)), text) {
			t.Fatalf("it begins with %q, not %q", content[:min(len(content), len(text))], text)
		}
		if tag.Kind != 0 && !bytes.HasPrefix(content[len(text):], []byte(tag.Kind.String()+"\n")) {
			t.Fatalf("type %s, and %q stands there", tag.Kind, content[len(text):])
		}
	})
}
