package object

import (
	"math/rand/v2"
	"testing"

	"skleak/scanner/git/oid"
)

// FuzzTreePart goes to any place of a tree: the reader comes to where an entry begins, and passes over none that ends behind
// the place. Begins never says that of another place.
func FuzzTreePart(f *testing.F) {
	for _, s := range treeSeeds() {
		f.Add([]byte(s), uint16(3), uint16(40))
	}
	f.Fuzz(func(t *testing.T, content []byte, start, to uint16) {
		checkSeek(t, content, int(start), int(to), oid.SHA1)
	})
}

// TestSeek does so in trees whose ids are full of NULs.
func TestSeek(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, f := range []oid.Format{oid.SHA1, oid.SHA256} {
		for range 500 {
			var tree []byte
			for range r.IntN(30) {
				id := make([]byte, f.Size())
				for i := range id {
					id[i] = byte(r.IntN(256) & r.IntN(256) & r.IntN(256))
				}
				tree = append(append(append(tree, "100644 name"[:8+r.IntN(4)]...), 0), id...)
			}
			checkSeek(t, tree, r.IntN(30), r.IntN(len(tree)+1), f)
		}
	}
}

// checkSeek seeks a place of a tree from the entry with an index on.
func checkSeek(t *testing.T, content []byte, start, to int, f oid.Format) {
	t.Helper()
	var begins []int // where entries begin, and the end
	r := NewTreeReader(content, f)
	for ok, err := true, error(nil); ok; _, ok, err = r.Next() {
		if err != nil {
			return
		}
		begins = append(begins, r.At)
	}
	last, expected := begins[len(begins)-1], map[int]bool{}
	if last != len(content) {
		return
	}
	for _, at := range begins {
		expected[at] = true
	}
	for at := range content {
		if Begins(content, at, f) && !expected[at] {
			t.Fatalf("%q: no entry begins at %d", content, at)
		}
	}
	r.At = begins[min(start, len(begins)-1)]
	from := r.At
	to = min(max(to, from), len(content))
	r.Seek(to)
	if !expected[r.At] || r.At < from || r.At > to {
		t.Fatalf("%q: from %d to %d, it comes to %d", content, from, to, r.At)
	}
}
