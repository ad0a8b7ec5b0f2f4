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

// TestLazyNamesTheBrokenPack: an object that is not found may be where nobody can look.
func TestLazyNamesTheBrokenPack(t *testing.T) {
	dir, ids := repository(t, "one")
	packBlobs(t, dir, ids[0])
	idx, err := filepath.Glob(filepath.Join(dir, "objects/pack/*.idx"))
	if err != nil || len(idx) != 1 {
		t.Fatalf("idx files: %v, %v", idx, err)
	}
	if err := errors.Join(os.Chmod(idx[0], 0o644), os.Truncate(idx[0], 100)); err != nil {
		t.Fatal(err)
	}
	l := OpenLazily([]string{filepath.Join(dir, "objects")}, oid.SHA1)
	defer l.Close()
	_, _, err = l.NewReader().Read(ids[0])
	var missing *MissingError
	if !errors.As(err, &missing) || !strings.Contains(err.Error(), "which cannot be read") {
		t.Errorf("error %v, want one that names the pack", err)
	}
}
