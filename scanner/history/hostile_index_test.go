package history

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"skleak/scanner"
	"skleak/scanner/scantest"
)

// TestHostileIndexDamage flips bytes of an index, cuts it, and leaves a lock beside it: what is staged is searched,
// or it is said that it was not.
func TestHostileIndexDamage(t *testing.T) {
	t.Parallel()
	s := newStory()
	s.onMain("one", put("a.env", "nothing\n"), put("dir/b.env", "nothing\n"))
	dir, _ := s.tell(t, true)
	git(t, dir, "reset", "-q", "--hard", "main")
	for i := range 5 {
		write(t, dir, fmt.Sprintf("dir/%d.env", i), assign(fmt.Sprintf("staged.%d", i)))
	}
	git(t, dir, "add", ".")
	write(t, dir, ".git/index.lock", "")
	file := filepath.Join(dir, ".git", "index")
	data := readFile(t, file)
	if keys, c := stagedKeys(t, dir); len(keys) != 5 || !c.Complete() {
		t.Fatalf("unharmed: %d keys, complete: %v", len(keys), c.Complete())
	}
	var d damages
	try := func(what string, changed []byte) {
		with(t, file, changed, func() {
			keys, c := stagedKeys(t, dir)
			d.tried++
			if !c.Complete() {
				d.noticed++
			} else if len(keys) < 5 && changed != nil { // without an index, nothing is staged
				t.Errorf("%s: %d keys of 5, and it looks clean", what, len(keys))
			}
		})
	}
	r := rand.New(rand.NewPCG(37, 38))
	for range scantest.Sample(20, 2000) {
		changed := readFile(t, file)
		at := r.IntN(len(changed))
		changed[at] ^= byte(1 + r.IntN(255))
		try(fmt.Sprintf("byte %d flipped", at), changed)
	}
	for range scantest.Sample(10, 200) {
		at := r.IntN(len(data))
		try(fmt.Sprintf("cut to %d", at), data[:at:at])
	}
	try("deleted", nil)
	t.Logf("index: %d damages, %d noticed", d.tried, d.noticed)
}

// stagedKeys are the keys that are about to be committed.
func stagedKeys(t testing.TB, dir string) (keys map[string]bool, c *scanner.Coverage) {
	t.Helper()
	g, err := open(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	c = &scanner.Coverage{}
	var found collector
	if _, err := g.Changes(t.Context(), Change{Staged: true}, Options{Rules: builtIn, Coverage: c, Jobs: 1}, &found); err != nil {
		t.Fatal(err)
	}
	keys = map[string]bool{}
	for _, f := range found.found {
		keys[f.Key.Reveal()] = true
	}
	return keys, c
}
