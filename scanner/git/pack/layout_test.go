package pack

import (
	"slices"
	"testing"
)

// Entries in one place of a large pack must not make each look-up go through all of them.
func TestCrowdedOffsets(t *testing.T) {
	const entries = 30_000
	m := &maker{}
	blob := slices.Concat(entryHead(Blob, 0), deflate(nil))
	for i := range entries {
		m.raw(anyID(i), blob)
	}
	p := m.open(t, 2)
	p.end = 1 << 40 // as if the pack went on
	l := &Layout{pack: p}
	l.sort()
	bounded(t, 16<<20, func() {
		table := l.rankTable()
		for range 20 {
			for r := range uint32(entries) {
				if got := table.rank(l.offset(r)); got != r {
					t.Fatalf("rank %d, not %d", got, r)
				}
			}
		}
	})
}
