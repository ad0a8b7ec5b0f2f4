package diff_test

import (
	"bytes"
	"crypto/sha1"
	"encoding/binary"
	"encoding/hex"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"skleak/scanner/git/diff"
	"skleak/scanner/git/gitdir"
	"skleak/scanner/git/index"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/repository"
	"skleak/scanner/scantest"
)

// stage makes an index of a tree, whose note says that the folder x has so many entries and is that tree.
func (l *lab) stage(t *testing.T, tree, entries, note string) {
	t.Helper()
	scantest.Git(t, l.dir, "read-tree", tree)
	path := filepath.Join(l.dir, ".git", "index")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.LastIndex(data, []byte("TREE"))
	if at < 0 {
		t.Fatal("git notes no trees")
	}
	id, err := hex.DecodeString(note)
	if err != nil {
		t.Fatal(err)
	}
	folders := "\x00-1 1\nx\x00" + entries + " 0\n" + string(id)
	data = binary.BigEndian.AppendUint32(data[:at+4], uint32(len(folders)))
	data = append(data, folders...)
	sum := sha1.Sum(data)
	if err := os.WriteFile(path, append(data, sum[:]...), 0o600); err != nil {
		t.Fatal(err)
	}
}

// staged tells what is in the index and not in a tree.
func (l *lab) staged(t *testing.T, before string) (got told) {
	t.Helper()
	d := l.differ(t, &got)
	d.Unread = func(diff.Unread) {}
	if err := d.Index(l.index(t), []oid.ID{l.id(t, before)}); err != nil {
		t.Fatal(err)
	}
	return got
}

func (l *lab) index(t *testing.T) *index.Index {
	t.Helper()
	repo, err := repository.Open(gitdir.Reach{}, l.dir, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { repo.Close() })
	x, err := repo.Index()
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// TestWrongNotes: git's note of what tree a folder is may be of something else than its entries. It is believed where
// git commits that tree, and not where git makes a tree of the entries.
func TestWrongNotes(t *testing.T) {
	l := newLab(t, "sha1")
	folder := func(tree string) string { return l.with(t, "040000 tree "+tree) }
	before, after := folder(l.trees[0]), folder(l.trees[1])
	seen := func() bool {
		return slices.ContainsFunc(l.staged(t, before).changed, func(c string) bool { return strings.HasSuffix(c, " x/f") })
	}
	for entries, want := range map[string]bool{"2": false, "1": true, "0": true, "3": true, "4": true, "-1": true} {
		note := l.trees[0]
		if entries == "-1" {
			note = ""
		}
		l.stage(t, after, entries, note)
		if seen() != want {
			t.Errorf("a note of %s entries: seen %v, want %v", entries, !want, want)
		}
	}
	l.stage(t, after, "2", l.trees[0])
	if tree := scantest.Git(t, l.dir, "write-tree"); tree != before {
		t.Errorf("git commits %s, want %s as noted", tree, before)
	}
	l.stage(t, after, "2", l.trees[0])
	object := filepath.Join(l.dir, ".git", "objects", l.trees[0][:2], l.trees[0][2:])
	if err := os.Remove(object); err != nil {
		t.Fatal(err)
	}
	if !seen() {
		t.Error("a note of a tree that is not there is believed")
	}
	if tree := scantest.Git(t, l.dir, "write-tree"); tree != after {
		t.Errorf("git commits %s, want %s as staged", tree, after)
	}
}

// TestIndexCut: an index that is cut after it was checked is no clean one.
func TestIndexCut(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the index is not mapped there")
	}
	l := newLab(t, "sha1")
	scantest.Git(t, l.dir, "read-tree", l.with(t, "040000 tree "+l.nested))
	x := l.index(t)
	if err := os.Truncate(filepath.Join(l.dir, ".git", "index"), 0); err != nil {
		t.Fatal(err)
	}
	var got told
	if err := l.differ(t, &got).Index(x, nil); err == nil {
		t.Errorf("no error, and %v", got)
	}
}

// TestIndexWrittenTo: an index that is written to after it was checked leads to no panic.
func TestIndexWrittenTo(t *testing.T) {
	l := newLab(t, "sha1")
	path := filepath.Join(l.dir, ".git", "index")
	for _, fill := range []string{"\x00", "\xff", "\x40", "/", "a", "\x0f"} {
		if err := os.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
		scantest.Git(t, l.dir, "read-tree", l.with(t, "040000 tree "+l.nested))
		x := l.index(t)
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString(strings.Repeat(fill, int(info.Size()))); err != nil {
			t.Fatal(err)
		}
		f.Close()
		var got told
		d := l.differ(t, &got)
		d.Unread = func(diff.Unread) {}
		if err := d.Index(x, nil); err != nil {
			t.Error(err)
		}
	}
}
