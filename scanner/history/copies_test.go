package history

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"skleak/scanner"
	"skleak/scanner/scantest"
)

// TestCopies: an object that is stored several times is told with all its keys, whatever its copies hold. One may be something
// else than its id says; git reads the one of a pack that it asks first.
func TestCopies(t *testing.T) {
	t.Parallel()
	packed := base64.StdEncoding.EncodeToString([]byte(scantest.Gzip(t, assign("within"))))
	both := assign("plain") + "release: \"" + packed + "\"\n"
	large := strings.Repeat("some text\n", 900<<10) // see pack.Walk
	archive := scantest.Zip(t, scantest.Member{Name: "a.env", Text: strings.Repeat("text ", 100) + assign("within")})
	for name, one := range map[string]struct{ first, second, want string }{
		"the same":                        {both, both, "plain within"},
		"the same, large":                 {large + "\n" + both, large + "\n" + both, "plain within"},
		"the first has another key":       {assign("other"), both, "other plain within"},
		"the second has another key":      {both, assign("other"), "other plain within"},
		"the second alone is a container": {"no container", archive, "within"},
		"both are large":                  {large, large + "\n\"" + packed + "\"", "within"},
		"the second is large":             {"no container", large + "\n\"" + packed + "\"", "within"},
	} {
		for _, apart := range []bool{true, false} {
			id := blobID(one.second)
			first, second := packedEntry{gitObject: gitObject{id, "blob", one.first}}, packedEntry{gitObject: gitObject{id, "blob", one.second}}
			more := []packedEntry{first}
			for i := range 3 { // so that this pack is the larger one
				text := fmt.Sprint("more ", i)
				more = append(more, packedEntry{gitObject: gitObject{blobID(text), "blob", text}})
			}
			dir := realTempDir(t)
			git(t, dir, "init", "-q", "--bare")
			if apart {
				writePack(t, objectsOf(dir), more)
				writePack(t, objectsOf(dir), []packedEntry{second})
			} else {
				writePack(t, objectsOf(dir), append(more, second))
			}
			r := scan(t, dir, Options{Jobs: 1})
			var found []string
			for _, key := range []string{"other", "plain", "within"} {
				if slices.ContainsFunc(r.found, func(f scanner.Finding) bool { return f.Key.Reveal() == keyNamed(key) }) {
					found = append(found, key)
				}
			}
			if got := strings.Join(found, " "); got != one.want {
				t.Errorf("%s, in packs of their own %v: found %q, wanted %q", name, apart, got, one.want)
			}
		}
	}
}

// TestDamagedBaseWithCopy has a delta on a blob that is damaged in its pack, and sound in another one and as a loose
// object. The key that only the delta brings is found, with its place, and the damage is named.
func TestDamagedBaseWithCopy(t *testing.T) {
	t.Parallel()
	for _, loose := range []bool{true, false} {
		dir := realTempDir(t)
		git(t, dir, "init", "-q", "--bare")
		text := prose(1, 40)
		base := gitObject{writeLoose(t, dir, "sha1", "blob", text), "blob", text}
		next := gitObject{writeLoose(t, dir, "sha1", "blob", text+assign("next")), "blob", text + assign("next")}
		tree := writeLoose(t, dir, "sha1", "tree", rawTree("100644 x.env", next.id))
		commit := commitTree(t, dir, tree, 1700000000)
		git(t, dir, "update-ref", "refs/heads/main", commit)
		writePack(t, objectsOf(dir), []packedEntry{{gitObject: base}, {next, &base, makeDelta(base.content, next.content)}})
		packs, err := filepath.Glob(filepath.Join(objectsOf(dir), "pack", "*.pack"))
		if err != nil || len(packs) != 1 {
			t.Fatal(packs, err)
		}
		data, err := os.ReadFile(packs[0])
		if err != nil {
			t.Fatal(err)
		}
		data[40] ^= 1
		writeFile(t, packs[0], data)
		os.Remove(filepath.Join(objectsOf(dir), next.id[:2], next.id[2:]))
		if !loose {
			writePack(t, objectsOf(dir), []packedEntry{{gitObject: base}})
			os.Remove(filepath.Join(objectsOf(dir), base.id[:2], base.id[2:]))
		}
		if got := git(t, dir, "cat-file", "blob", next.id); !strings.Contains(got, keyNamed("next")) {
			t.Errorf("git reads %d bytes", len(got))
		}
		r := scan(t, dir, Options{})
		got := r.lines(keyNamed("next"), map[string]string{commit: "commit"})
		if len(got) != 1 || !strings.HasPrefix(got[0], "history x.env ") || !strings.Contains(got[0], "by <commit> reachable head") {
			t.Errorf("loose %v: found %q", loose, got)
		}
		if said := r.unreadable(); !strings.Contains(said, base.id) || strings.Contains(said, next.id) {
			t.Errorf("loose %v: %s", loose, said)
		}
	}
}
