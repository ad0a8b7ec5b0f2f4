package odb

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
)

// repository makes a bare repository with the given blobs, loose, and returns its folder and their ids.
func repository(t *testing.T, blobs ...string) (dir string, ids []oid.ID) {
	t.Helper()
	dir = t.TempDir()
	gitCommand(t, dir, "", "init", "-q", "--bare")
	for _, blob := range blobs {
		id, err := oid.Parse(gitCommand(t, dir, blob, "hash-object", "-w", "--stdin"))
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	return dir, ids
}

func gitCommand(t *testing.T, dir, input string, args ...string) string {
	t.Helper()
	c := exec.Command("git", args...)
	c.Dir, c.Stdin = dir, strings.NewReader(input)
	out, err := c.Output()
	if err != nil {
		t.Fatalf("git %v: %v", args, err)
	}
	return strings.TrimSpace(string(out))
}

// packBlobs moves loose objects into a pack.
func packBlobs(t *testing.T, dir string, ids ...oid.ID) {
	t.Helper()
	var list strings.Builder
	for _, id := range ids {
		list.WriteString(id.Hex(oid.SHA1) + "\n")
	}
	gitCommand(t, dir, list.String(), "pack-objects", "-q", filepath.Join(dir, "objects/pack/pack"))
	gitCommand(t, dir, "", "prune-packed", "-q")
}

func wantRead(t *testing.T, r *LazyReader, id oid.ID, want string) {
	t.Helper()
	kind, content, err := r.Read(id)
	if err != nil || kind != pack.Blob || string(content) != want {
		t.Errorf("read a %s, %q, error %v; want %q", kind, content, err, want)
	}
	visited := ""
	err = r.Visit(id, func(_ pack.Kind, content []byte) { visited = string(content) },
		func(pack.Kind, uint64, io.Reader) error { return errors.New("this is not large") })
	if err != nil || visited != want || !r.Has(id) {
		t.Errorf("visited %q, error %v; want %q, and that it is there: %v", visited, err, want, r.Has(id))
	}
}

func TestLazy(t *testing.T) {
	dir, ids := repository(t, "one", "two", "three")
	other, otherIDs := repository(t, "four")
	packBlobs(t, dir, ids[0])
	packBlobs(t, dir, ids[1])
	l := OpenLazily([]string{filepath.Join(dir, "objects"), filepath.Join(other, "objects")}, oid.SHA1)
	defer l.Close()
	r := l.NewReader()
	for i, want := range []string{"one", "two", "three"} {
		wantRead(t, r, ids[i], want)
	}
	wantRead(t, r, otherIDs[0], "four")

	// A repack takes the loose object away after all packs were listed.
	packBlobs(t, dir, ids[2])
	wantRead(t, r, ids[2], "three")

	absent := oid.FromBytes([]byte("nothing has this id."))
	var missing *MissingError
	if _, _, err := r.Read(absent); !errors.As(err, &missing) || r.Has(absent) {
		t.Errorf("error %v for an object that is not there", err)
	}
}

// TestTemporaryPack: git reads a pack whose name is one of those that it gives to what it has not finished, if there is an idx of
// that name.
func TestTemporaryPack(t *testing.T) {
	for _, name := range []string{"tmp_pack_x", ".tmp-1-pack-x"} {
		dir, ids := repository(t, "one")
		objects := filepath.Join(dir, "objects")
		packBlobs(t, dir, ids[0])
		to := filepath.Join(objects, "pack", name)
		for _, ext := range []string{".pack", ".idx"} {
			from := glob(t, objects, "pack/pack-*"+ext)[0]
			if err := os.Rename(from, to+ext); err != nil {
				t.Fatal(err)
			}
		}
		if kind := git(t, dir, "", "cat-file", "-t", ids[0].Hex(oid.SHA1)); strings.TrimSpace(kind) != "blob" {
			t.Fatalf("git says %q", kind)
		}
		l := OpenLazily([]string{objects}, oid.SHA1)
		defer l.Close()
		wantRead(t, l.NewReader(), ids[0], "one")
		d, problems := open(t, objects)
		d.AddStray(to+".pack", "pack/"+name+".pack")
		if len(problems) > 0 || len(d.Packs) != 1 || d.NeedsMending() {
			t.Errorf("%s: %d packs, problems %v, and some to be mended: %v", name, len(d.Packs), problems, d.NeedsMending())
		}
		if err := os.Remove(to + ".idx"); err != nil {
			t.Fatal(err)
		}
		if d, problems := open(t, objects); len(problems) > 0 || len(d.Packs) != 0 || d.NeedsMending() {
			t.Errorf("%s without idx: %d packs, problems %v", name, len(d.Packs), problems)
		}
	}
}

// TestLazyWithoutIdx: what lies in a pack whose idx is gone, or is damaged, is read all the same; of an object that is
// not found, a pack that cannot be read is named.
func TestLazyWithoutIdx(t *testing.T) {
	for name, spoil := range map[string]func(idx string) error{
		"gone":    os.Remove,
		"damaged": func(idx string) error { return errors.Join(os.Chmod(idx, 0o644), os.Truncate(idx, 100)) },
	} {
		dir, ids := repository(t, "one", "two")
		packBlobs(t, dir, ids[0])
		idx, err := filepath.Glob(filepath.Join(dir, "objects/pack/*.idx"))
		if err != nil || len(idx) != 1 {
			t.Fatalf("idx files: %v, %v", idx, err)
		}
		if err := spoil(idx[0]); err != nil {
			t.Fatal(err)
		}
		packBlobs(t, dir, ids[1])
		l := OpenLazily([]string{filepath.Join(dir, "objects")}, oid.SHA1)
		defer l.Close()
		r := l.NewReader()
		wantRead(t, r, ids[1], "two")
		if len(l.packs) != 1 {
			t.Errorf("%s: the pack without an idx was opened for nothing", name)
		}
		wantRead(t, r, ids[0], "one")

		if err := os.WriteFile(filepath.Join(dir, "objects/pack/pack-1.pack"), []byte("no pack"), 0o600); err != nil {
			t.Fatal(err)
		}
		_, _, err = r.Read(oid.FromBytes([]byte("nothing has this id.")))
		var missing *MissingError
		if !errors.As(err, &missing) || !strings.Contains(err.Error(), "pack-1.pack, which cannot be read") {
			t.Errorf("%s: error %v, want one that names the pack", name, err)
		}
	}
}

// TestSeems: an object is there in a pack, or as a file of its name, whatever that holds, as git has it.
func TestSeems(t *testing.T) {
	dir, ids := repository(t, "in a pack", "in another", "loose", "broken", "gone")
	packBlobs(t, dir, ids[0])
	packBlobs(t, dir, ids[1])
	file := func(id oid.ID) string { return looseFile(filepath.Join(dir, "objects"), id.Hex(oid.SHA1)) }
	if err := errors.Join(os.Remove(file(ids[3])), os.WriteFile(file(ids[3]), []byte("broken"), 0o600),
		os.Remove(file(ids[4]))); err != nil {
		t.Fatal(err)
	}
	l := OpenLazily([]string{filepath.Join(dir, "objects")}, oid.SHA1)
	defer l.Close()
	r := l.NewReader()
	for range 2 {
		for i, id := range ids {
			if want := i < 4; r.Seems(id) != want {
				t.Errorf("object %d is there: %v, want %v", i, !want, want)
			}
		}
		wantRead(t, r, ids[0], "in a pack") // which is where it looks first from then on
	}
}
