package pack

import (
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"slices"

	"github.com/sourcegraph/conc"

	"skleak/scanner/git/mapped"
)

// none stands for "no entry" in tables of ranks.
const none = math.MaxUint32

// Layout knows a pack's entries in the order of their offsets, and which is a delta of which. It takes
// 21 bytes an object. An entry's rank is its place in that order.
type Layout struct {
	pack *Pack

	places []place
	wraps  []uint32 // ranks at which the offset's high 32 bits grow by one
	sound  int      // ranks from here on have no offset: see sort
	kind   []Kind   // as in the entry header; broken where fault says why

	external map[string][]uint32 // raw id of a base outside this pack → deltas on it
	doubtful []uint32            // ranks of deltas whose base the idx names at several places
	circles  []uint32            // ranks of entries in circles of deltas, and of what hangs on those

	toldFailed bool // a walk has told its visitor of what is broken, doubtful, or in a circle

	tasks [][]uint32 // roots of families, in the order in which to work on them
}

// place is what a walk wants to know of an entry, in one place of memory: it goes from base to delta, wherever these lie,
// and would wait for each of five tables, and for the idx.
type place struct {
	position uint32 // in the idx
	low      uint32 // low 32 bits of the offset
	crc      uint32 // of the packed bytes, as the idx has it; see vouch
	child    uint32 // first delta child; the one with the most packed bytes below it stands first
	sibling  uint32 // next child of the same base
}

// NewLayout reads all entry headers of p, with as many goroutines as workers.
func NewLayout(p *Pack, workers int) (l *Layout, err error) {
	defer mapped.PanicOnFault()()
	defer mapped.CatchFault(&err)
	l = &Layout{pack: p}
	if err := l.sortAndRefine(); err != nil {
		return nil, err
	}
	base, err := l.readHeaders(workers)
	if err != nil {
		return nil, err
	}
	l.link(base)
	l.findUnreachable()
	return l, nil
}

// sortAndRefine does the two things that want the idx alone, side by side.
func (l *Layout) sortAndRefine() error {
	var refining conc.WaitGroup // which hands on a panic
	var err error
	refining.Go(func() { err = mapped.Guard(func() error { l.pack.Index.Refine(); return nil }) })
	sorting := mapped.Guard(func() error { l.sort(); return nil })
	refining.Wait()
	return errors.Join(sorting, err)
}

// Len is the number of entries.
func (l *Layout) Len() int { return len(l.places) }

// sort makes the places, and wraps. Entries that the idx cannot have placed right have failed; they
// come last, as if they began where the pack ends, and nothing looks there.
func (l *Layout) sort() {
	x, end := l.pack.Index, l.pack.end
	offsets, positions := mapped.Make[uint64](x.Len()), mapped.Make[uint32](x.Len())
	l.sound = x.Len()
	for i := range offsets {
		offsets[i], positions[i] = x.Offset(i), uint32(i)
		if off := offsets[i]; off < packHeader || off >= end {
			l.sound--
			offsets[i] = end
		}
	}
	offsets, positions = byOffset(offsets, positions)
	for r := 1; r < l.sound; r++ {
		if offsets[r] == offsets[r-1] {
			l.setAside(offsets, positions)
			break
		}
	}
	l.places = mapped.Make[place](len(offsets))
	for r, off := range offsets {
		crc, _ := x.CRC(int(positions[r]))
		l.places[r] = place{positions[r], uint32(off), crc, none, none}
		for uint64(len(l.wraps)) < off>>32 {
			l.wraps = append(l.wraps, uint32(r))
		}
	}
}

// setAside moves all but one of the entries that share an offset to the end. The one to stay is that whose CRC-32
// matches, so that one damaged offset does not fail the object which is really there; without, the first.
func (l *Layout) setAside(offsets []uint64, positions []uint32) {
	kept, aside := 0, []uint32(nil)
	for from := 0; from < l.sound; {
		to := from + 1
		for to < l.sound && offsets[to] == offsets[from] {
			to++
		}
		next := l.pack.end
		if to < l.sound {
			next = offsets[to]
		}
		group := positions[from:to]
		stays := l.oneOf(group, offsets[from], next)
		aside = append(append(aside, group[:stays]...), group[stays+1:]...)
		offsets[kept], positions[kept] = offsets[from], group[stays]
		kept++
		from = to
	}
	for i, p := range aside {
		offsets[kept+i], positions[kept+i] = l.pack.end, p
	}
	l.sound = kept
}

// oneOf chooses among the entries that the idx places at the same bytes. A hostile idx places a million there, so their
// CRC-32 is computed once.
func (l *Layout) oneOf(group []uint32, from, to uint64) int {
	if len(group) == 1 {
		return 0
	}
	crc := crc32.ChecksumIEEE(l.pack.data[from:to])
	return max(slices.IndexFunc(group, func(p uint32) bool {
		want, ok := l.pack.Index.CRC(int(p))
		return ok && want == crc
	}), 0)
}

// fault tells why an entry is broken. It is worked out when it is told: an idx of a few megabytes may have a million
// such entries, and only the first thousand of them are shown.
func (l *Layout) fault(rank uint32) error {
	x, p := l.pack.Index, l.pack
	if int(rank) >= l.sound {
		off := x.Offset(l.Position(rank))
		if off < packHeader || off >= p.end {
			return fmt.Errorf("the idx places it at %d, outside the pack", off)
		}
		return fmt.Errorf("the idx places another object at %d too", off)
	}
	e, err := p.entryAt(l.offset(rank))
	switch {
	case err != nil:
		return err
	case e.kind == ofsDelta:
		return fmt.Errorf("the delta's base, at %d, is no entry of the pack", e.base)
	}
	return fmt.Errorf("the delta's base %x has no place in the pack", e.baseID)
}

// doubt tells what is wrong with a delta that is read all the same.
func (l *Layout) doubt(rank uint32) error {
	e, err := l.pack.entryAt(l.offset(rank))
	if err != nil {
		return err
	}
	return fmt.Errorf("the idx has several places for the delta's base %x", e.baseID)
}

// offset returns where the entry of a rank begins.
func (l *Layout) offset(rank uint32) uint64 {
	off := uint64(l.places[rank].low)
	for _, w := range l.wraps { // one for every 4 GB
		if rank >= w {
			off += 1 << 32
		}
	}
	return off
}

// bounds returns where the entry of a rank begins and ends.
func (l *Layout) bounds(rank uint32) (from, to uint64) {
	if int(rank)+1 == len(l.places) {
		return l.offset(rank), l.pack.end
	}
	return l.offset(rank), l.offset(rank + 1)
}

// link fills child and sibling, and the tasks. base has the rank of each delta's base; none for whole objects and for
// bases outside this pack.
//
// Ranks are taken from the last to the first: an OFS delta's base has a lower rank, so the weight of an entry
// (the packed bytes of it and of all below it) is complete when its turn comes. Only REF deltas can
// point the other way; their weights may be too small, which costs memory, never correctness.
func (l *Layout) link(base []uint32) {
	n := l.Len()
	weight := mapped.Make[uint32](n)
	for i := n - 1; i >= 0; i-- {
		r := uint32(i)
		from, to := l.bounds(r)
		weight[r] = addSaturating(weight[r], uint32(min(to-from, math.MaxUint32)))
		b := base[r]
		if b == none || l.kind[r] == broken {
			continue
		}
		weight[b] = addSaturating(weight[b], weight[r])
		if heaviest := l.places[b].child; heaviest == none || weight[r] >= weight[heaviest] {
			l.places[b].child, l.places[r].sibling = r, heaviest
		} else {
			l.places[r].sibling, l.places[heaviest].sibling = l.places[heaviest].sibling, r
		}
	}
	l.planTasks(weight)
}

// EachBelow calls f for an entry and for all that hang on it through deltas.
func (l *Layout) EachBelow(rank uint32, f func(rank uint32)) {
	stack := []uint32{rank}
	for len(stack) > 0 {
		r := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		f(r)
		for c := l.places[r].child; c != none; c = l.places[c].sibling {
			stack = append(stack, c)
		}
	}
}

// Position returns the place in the idx of the entry of a rank.
func (l *Layout) Position(rank uint32) int { return int(l.places[rank].position) }

// vouch is Pack.vouch for the entry of a rank.
func (l *Layout) vouch(rank uint32, from, to uint64) (vouched bool, err error) {
	if !l.pack.Index.hasCRCs() {
		return false, nil
	}
	return true, checkCRC(l.pack.data[from:to], l.places[rank].crc)
}

// bases has the rank of each delta's base, as link was told. Few ask for it, and a walk does not.
func (l *Layout) bases() []uint32 {
	base := fill(l.Len())
	for r := range l.places {
		for c := l.places[r].child; c != none; c = l.places[c].sibling {
			base[c] = uint32(r)
		}
	}
	return base
}

func fill(n int) []uint32 {
	s := mapped.Make[uint32](n)
	for i := range s {
		s[i] = none
	}
	return s
}
