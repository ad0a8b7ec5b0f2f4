package history

import (
	"strings"
	"testing"
)

// TestMemory: what does not fit into memory is searched as it goes by, in the whole history and in a range; in a pack
// also what is built on it.
func TestMemory(t *testing.T) {
	t.Parallel()
	s := newStory()
	s.onMain("zero", put("a", "nothing\n"))
	big := strings.Repeat(strings.Repeat("x", 99)+"\n", 200_000)
	s.onMain("one", put("big.txt", big+"\n"+assign("memory.one")))
	s.onMain("two", put("big.txt", assign("memory.two")+big+"\n"+assign("memory.one")))
	dir, _ := s.tell(t, true, "--bare")
	for _, packed := range []bool{false, true} {
		if packed {
			repack(t, dir)
		}
		r := scan(t, dir, Options{Memory: 10 << 20, Jobs: 1})
		r.checkComplete(t, allObjects(t, dir))
		for _, key := range []string{"memory.one", "memory.two"} {
			if got := r.lines(keyNamed(key), nil); len(got) != 1 {
				t.Errorf("packed %v: %s: %q", packed, key, got)
			}
		}
	}
	if deltas := git(t, dir, "cat-file", "--batch-all-objects", "--batch-check=%(deltabase)"); strings.Count(deltas, strings.Repeat("0", 40)) == strings.Count(deltas, "\n")+1 {
		t.Fatal("git made no deltas")
	}
}

// TestMemoryOfARange: single reads let a whole object go by, and name what would have to be held.
func TestMemoryOfARange(t *testing.T) {
	t.Parallel()
	s := newStory()
	s.onMain("zero", put("a", "nothing\n"))
	s.onMain("one", put("big.txt", strings.Repeat(strings.Repeat("x", 99)+"\n", 200_000)+assign("memory.range")))
	dir, _ := s.tell(t, true, "--bare")
	for _, packed := range []bool{false, true} {
		if packed {
			repack(t, dir)
		}
		r := scanRange(t, dir, "main~1..main", Options{Memory: 10 << 20, Jobs: 1})
		if !r.coverage.Complete() || len(r.found) != 1 {
			t.Errorf("packed %v: %d findings, unreadable:\n%s", packed, len(r.found), r.unreadable())
		}
	}
}
