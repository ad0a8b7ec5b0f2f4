package object

import (
	"math/rand/v2"
	"slices"
	"testing"

	"skleak/scanner/git/oid"
)

// TestSeekID holds it against reading every entry.
func TestSeekID(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, f := range []oid.Format{oid.SHA1, oid.SHA256} {
		for range 200 {
			var tree []byte
			filter := oid.NewFilter(3)
			for range r.IntN(30) {
				id := make([]byte, f.Size())
				for i := range id {
					id[i] = byte(r.IntN(256) & r.IntN(256)) // with many a NUL
				}
				if r.IntN(5) == 0 {
					filter.Add(id)
				}
				tree = append(append(append(tree, "100644 name"...), 0), id...)
			}
			var got, want []string
			_ = EachEntry(tree, f, func(e Entry) {
				if filter.MayHave(e.ID) {
					want = append(want, string(e.ID))
				}
			})
			for reader := NewTreeReader(tree, f); reader.SeekID(filter); {
				e, ok, err := reader.Next()
				if !ok || err != nil {
					t.Fatal(ok, err)
				}
				got = append(got, string(e.ID))
			}
			if !slices.Equal(got, want) {
				t.Fatalf("%d entries, want %d", len(got), len(want))
			}
		}
	}
}
