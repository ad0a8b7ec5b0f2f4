package pack

import (
	"slices"
	"strings"
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
	for c := l.places[rank].child; c != none; c = l.places[c].sibling {
		f(c)
	}
}

// Ranks returns the inverse of Position as a table: position → rank.
func (l *Layout) Ranks() []uint32 {
	ranks := make([]uint32, l.Len())
	for r, p := range l.places {
		ranks[p.position] = uint32(r)
	}
	return ranks
}

// TestManyImpossibleOffsets has an idx with many entries at one offset in the pack, and as many outside of it: each is
// told, and takes no memory for that. The one that is really there is read, wherever it stands among them.
func TestManyImpossibleOffsets(t *testing.T) {
	const many = 100_000
	m := &maker{}
	sound := m.entries[m.object(Blob, []byte("hello\n"))]
	for i := range 2 * many {
		lie := made{id: anyID(i), offset: sound.offset, crc: sound.crc + 1}
		if i >= many {
			lie.offset = 3
		}
		m.entries = append(m.entries, lie)
	}
	p := m.open(t, 2)
	var l *Layout
	bounded(t, 2*many*80, func() {
		var err error
		if l, err = NewLayout(p, 2); err != nil {
			t.Fatal(err)
		}
	})
	r := walked(t, p, Walk{Layout: l})
	if at := find(t, p, sound.id); r.visits[at] != 1 {
		t.Errorf("the object that is there: %d visits, %v", r.visits[at], r.failed[at])
	}
	outside, shared := 0, 0
	for _, errs := range r.failed {
		switch text := errs[0].Error(); {
		case strings.HasSuffix(text, "at 3, outside the pack"):
			outside++
		case strings.HasSuffix(text, "another object at 12 too"):
			shared++
		}
	}
	if outside != many || shared != many {
		t.Errorf("%d are told to lie outside of the pack, and %d where another object is", outside, shared)
	}
}
