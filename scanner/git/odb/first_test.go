package odb

import (
	"os"
	"path/filepath"
	"testing"

	"skleak/scanner/git/oid"
)

// TestElsewhere: what lies in quarantine alone is nowhere else, packed or loose, and what cannot be told is taken to be.
func TestElsewhere(t *testing.T) {
	inside, own := repository(t, "packed", "loose", "twice, packed", "twice, loose", "late")
	outside, shared := repository(t, "twice, packed", "twice, loose", "outside")
	packBlobs(t, inside, own[0])
	packBlobs(t, outside, shared[0])
	folders := []string{filepath.Join(inside, "objects"), filepath.Join(outside, "objects")}
	none := OpenLazily(folders, oid.SHA1)
	defer none.Close()
	if !none.Elsewhere(own[0]) {
		t.Error("without a first folder, it is told what is elsewhere")
	}
	l := OpenLazily(folders, oid.SHA1)
	defer l.Close()
	l.First(folders[0])
	check := func(what string, want ...bool) {
		t.Helper()
		for i, id := range append(own, shared[2]) {
			if is := l.Elsewhere(id); is != want[i] {
				t.Errorf("%s, object %d: it is elsewhere: %v", what, i, is)
			}
		}
	}
	check("as it is", false, false, true, true, false, true)
	wantRead(t, l.NewReader(), own[0], "packed")
	wantRead(t, l.NewReader(), shared[0], "twice, packed")
	gitCommand(t, outside, "late", "hash-object", "-w", "--stdin")
	check("with one that came late", false, false, true, true, true, true)

	idx := glob(t, folders[1], "pack/*.idx")
	if err := os.Remove(idx[0]); err != nil {
		t.Fatal(err)
	}
	l = OpenLazily(folders, oid.SHA1)
	defer l.Close()
	l.First(folders[0])
	check("with a pack that has no idx", true, true, true, true, true, true)
}
