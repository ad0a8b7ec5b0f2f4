package history

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"skleak/scanner"
	"skleak/scanner/history/internal/find"
)

// TestFollow holds what is taken over from a base against a search of every whole version: of texts that are long
// beside what decides about a key, full of keys and of look-alikes.
func TestFollow(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(51, 52))
	dir := realTempDir(t)
	git(t, dir, "init", "-q", "--bare")
	var entries []packedEntry
	for family := range 4 {
		var first strings.Builder
		for i := range 60 {
			first.WriteString(prose(r.Uint64(), r.IntN(40)))
			if name := fmt.Sprintf("follow %d %d", family, i); i%3 == 0 {
				first.WriteString(lookalike(r, name))
			} else {
				first.WriteString(assign(name))
			}
		}
		versions := []*gitObject{{blobID(first.String()), "blob", first.String()}}
		entries = append(entries, packedEntry{gitObject: *versions[0]})
		for range 25 {
			base := versions[r.IntN(len(versions))]
			text, delta := editedVersion(r, base.content)
			next := &gitObject{blobID(text), "blob", text}
			versions = append(versions, next)
			entries = append(entries, packedEntry{*next, base, delta})
		}
	}
	writePack(t, objectsOf(dir), unique(entries))
	objects := allObjects(t, dir)
	checkKeys(t, searchOnly(t, dir), plainKeys(objects))
	var got, want []string
	for _, f := range scan(t, dir, Options{}).found {
		got = append(got, fmt.Sprint(f.Blob, f.Key.Reveal(), f.Place, f.Form))
	}
	for _, o := range objects {
		matches, _ := find.InContent(builtIn, []byte(o.content))
		for _, m := range matches {
			want = append(want, fmt.Sprint(o.id, m.Key.Reveal(), m.Place, m.Form))
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%d places, want %d", len(got), len(want))
	}
}

// TestRepeatsAreCounted: beyond what memory has room for, a key is told at one place, and the others are counted.
func TestRepeatsAreCounted(t *testing.T) {
	t.Parallel()
	s := newStory()
	s.onMain("one", put("a.env", strings.Repeat(assign("repeated"), 3000)+assign("single")))
	dir, _ := s.tell(t, true, "--bare")
	for _, packed := range []bool{false, true} {
		if packed {
			repack(t, dir)
		}
		r := scan(t, dir, Options{Memory: 1 << 20, Jobs: 1})
		if got := r.lines(keyNamed("repeated"), nil); len(got) != 1 || !strings.Contains(got[0], "a.env 1:9") {
			t.Errorf("%d places of the key that is there 3,000 times", len(got))
		}
		if got := r.lines(keyNamed("single"), nil); len(got) != 1 || r.skipped() != "repeated 2999" {
			t.Errorf("the other key: %q; skipped: %s", got, r.skipped())
		}
	}
	if r := scan(t, dir, Options{}); len(r.found) != 3001 {
		t.Errorf("%d findings where there is room for all", len(r.found))
	}
}

// TestManyVersionsShareTheirKeys: what the search holds of a thousand keys in many versions does not grow by the key.
func TestManyVersionsShareTheirKeys(t *testing.T) {
	t.Parallel()
	s := newStory()
	var keys strings.Builder
	for i := range 200 {
		keys.WriteString(assign(fmt.Sprint("shared ", i)))
	}
	const versions = 20
	for i := range versions {
		s.onMain(fmt.Sprint("v", i), put("a.env", fmt.Sprintf("# %d\n", i)+keys.String()))
	}
	dir, _ := s.tell(t, false, "--bare")
	repo, err := open(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	defer repo.Close()
	repo.list()
	search := newSearch(repo, Options{Rules: builtIn, Coverage: &scanner.Coverage{}, Jobs: 2, Progress: &scanner.Progress{}})
	if err := search.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if size := search.keyBytes.Load(); len(search.hits) != versions || size > versions*8*16 {
		t.Errorf("%d bytes of keys for %d versions", size, len(search.hits))
	}
}
