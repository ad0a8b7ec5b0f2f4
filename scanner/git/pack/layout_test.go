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

// EachChild calls f for the entries that are deltas of an entry.
func (l *Layout) EachChild(rank uint32, f func(rank uint32)) {
	for c := l.child[rank]; c != none; c = l.sibling[c] {
		f(c)
	}
}

// Ranks returns the inverse of Position as a table: position → rank.
func (l *Layout) Ranks() []uint32 {
	ranks := make([]uint32, l.Len())
	for r, p := range l.position {
		ranks[p] = uint32(r)
	}
	return ranks
}
