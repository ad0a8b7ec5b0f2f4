package history

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestVerifyObjects finds the objects whose content is not what their id says, in packs, loose, and too large to be
// held; and searches them all the same. Nothing else notices them: each checksum around them is right.
func TestVerifyObjects(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"sha1", "sha256"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			dir := realTempDir(t)
			git(t, dir, "init", "-q", "--bare", "--object-format="+format)
			large := strings.Repeat("x", 99) + "\n"
			large = strings.Repeat(large, 90_000)
			names := []string{"packed", "delta", "leaf", "loose", "large.packed", "large.loose"}
			plain := prose(9, 60) // of which nothing is a candidate: what is built on it need not be built to be searched
			contents := map[string]string{"packed": assign("packed"), "delta": assign("packed") + assign("delta"), "loose": assign("loose"), "leaf": plain + "more\n",
				"large.packed": large + assign("large.packed"), "large.loose": large + large + assign("large.loose")}
			claimed := map[string]string{}
			for _, name := range names {
				claimed[name] = writeLoose(t, dir, format, "blob", "something else: "+name)
			}
			sound := writeLoose(t, dir, format, "blob", "sound\n")
			for _, name := range []string{"loose", "large.loose"} {
				id := writeLoose(t, dir, format, "blob", contents[name])
				from := filepath.Join(objectsOf(dir), id[:2], id[2:])
				to := filepath.Join(objectsOf(dir), claimed[name][:2], claimed[name][2:])
				if err := os.Rename(from, to); err != nil {
					t.Fatal(err)
				}
			}
			object := func(name string) gitObject { return gitObject{claimed[name], "blob", contents[name]} }
			base, honest := object("packed"), gitObject{writeLoose(t, dir, format, "blob", plain), "blob", plain}
			writePack(t, objectsOf(dir), []packedEntry{
				{gitObject: base}, {object("delta"), &base, makeDelta(base.content, contents["delta"])}, {gitObject: object("large.packed")},
				{gitObject: honest}, {object("leaf"), &honest, makeDelta(plain, contents["leaf"])},
			})
			for _, name := range []string{"packed", "delta", "leaf", "large.packed"} {
				os.Remove(filepath.Join(objectsOf(dir), claimed[name][:2], claimed[name][2:]))
			}
			r := scan(t, dir, Options{})
			if !r.coverage.Complete() || len(r.found) != 6 {
				t.Errorf("without: %d findings, unreadable:\n%s", len(r.found), r.unreadable())
			}
			r = scan(t, dir, Options{VerifyObjects: true})
			var want []string
			for _, name := range names {
				want = append(want, "wrong-id object "+claimed[name])
			}
			slices.Sort(want)
			r.checkUnreadable(t, want...)
			if len(r.found) != 6 || strings.Contains(r.unreadable(), sound) {
				t.Errorf("%d findings, unreadable:\n%s", len(r.found), r.unreadable())
			}
		})
	}
}

// TestVerifyObjectsOfARange does so for what a range brings.
func TestVerifyObjectsOfARange(t *testing.T) {
	t.Parallel()
	dir := realTempDir(t)
	git(t, dir, "init", "-q", "--bare")
	blob := writeLoose(t, dir, "sha1", "blob", "nothing\n")
	commit := commitTree(t, dir, writeLoose(t, dir, "sha1", "tree", rawTree("100644 x", blob)), 1700000000)
	git(t, dir, "update-ref", "refs/heads/main", commit)
	other := writeLoose(t, dir, "sha1", "blob", assign("wrong"))
	file := func(id string) string { return filepath.Join(objectsOf(dir), id[:2], id[2:]) }
	if err := os.Rename(file(other), file(blob)); err != nil {
		t.Fatal(err)
	}
	r := scanRange(t, dir, "main", Options{VerifyObjects: true})
	r.checkUnreadable(t, "wrong-id object "+blob)
	if len(r.found) != 1 {
		t.Errorf("%d findings", len(r.found))
	}
}

// TestUnvouched: a key in a large object that fails its checksum at the end is not told, for nothing vouches for it;
// that the object cannot be read is.
func TestUnvouched(t *testing.T) {
	t.Parallel()
	dir := realTempDir(t)
	git(t, dir, "init", "-q", "--bare")
	id := writeLoose(t, dir, "sha1", "blob", assign("unvouched")+string(make([]byte, 17<<20)))
	file := filepath.Join(objectsOf(dir), id[:2], id[2:])
	data := bytes.Clone(readFile(t, file))
	data[len(data)-1] ^= 1 // of the Adler-32
	writeFile(t, file, data)
	r := scan(t, dir, Options{})
	r.checkUnreadable(t, "corrupt object "+id)
	if len(r.found) != 0 {
		t.Errorf("found %v", r.found)
	}
}
