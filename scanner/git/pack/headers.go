package pack

import (
	"errors"
	"sync"

	"github.com/sourcegraph/conc"

	"skleak/scanner/git/mapped"
)

// rankTable finds ranks by offset. Binary search would cost twenty cache misses for every delta of a
// large pack; one bucket for each entry on average makes it about two.
type rankTable struct {
	layout *Layout
	shift  uint
	first  []uint32 // by offset >> shift: the first rank at or behind the bucket's start
}

func (l *Layout) rankTable() *rankTable {
	t := &rankTable{layout: l}
	for l.pack.end>>t.shift > uint64(l.Len())+1 {
		t.shift++
	}
	t.first = mapped.Make[uint32](int(l.pack.end>>t.shift + 2))
	bucket := uint64(0)
	for r := range l.sound {
		for ; bucket <= l.offset(uint32(r))>>t.shift; bucket++ {
			t.first[bucket] = uint32(r)
		}
	}
	for ; bucket < uint64(len(t.first)); bucket++ {
		t.first[bucket] = uint32(l.sound)
	}
	return t
}

// rank returns the rank of the entry that begins at off, or none. Within a bucket it halves: an idx may
// crowd all entries of a large pack into one.
func (t *rankTable) rank(off uint64) uint32 {
	if off>>t.shift+1 >= uint64(len(t.first)) {
		return none
	}
	from, to := t.first[off>>t.shift], t.first[off>>t.shift+1]
	for from < to {
		mid := from + (to-from)/2
		switch at := t.layout.offset(mid); {
		case at == off:
			return mid
		case at < off:
			from = mid + 1
		default:
			to = mid
		}
	}
	return none
}

// readHeaders fills kind and external, and returns the rank of each delta's base; see link.
func (l *Layout) readHeaders(workers int) (base []uint32, err error) {
	n := l.sound
	l.kind, base = mapped.Make[Kind](l.Len()), fill(l.Len())
	table := l.rankTable()
	var mu sync.Mutex
	var wg conc.WaitGroup // which hands on a panic
	step := n/max(workers, 1) + 1
	for from := 0; from < n; from += step {
		wg.Go(func() {
			part, partErr := l.readHeaderRange(table, base, uint32(from), uint32(min(from+step, n)))
			mu.Lock()
			defer mu.Unlock()
			l.doubtful = append(l.doubtful, part.doubtful...)
			for id, ranks := range part.external {
				if l.external == nil {
					l.external = map[string][]uint32{}
				}
				l.external[id] = append(l.external[id], ranks...)
			}
			err = errors.Join(err, partErr)
		})
	}
	wg.Wait()
	return base, err
}

// headerPart is what a range of headers held besides the common case.
type headerPart struct {
	doubtful []uint32
	external map[string][]uint32
}

func (l *Layout) readHeaderRange(table *rankTable, base []uint32, from, to uint32) (part headerPart, err error) {
	defer mapped.PanicOnFault()()
	defer mapped.CatchFault(&err)
	for r := from; r < to; r++ {
		e, err := l.pack.entryAt(l.offset(r))
		if err != nil {
			l.kind[r] = broken
			continue
		}
		l.kind[r] = e.kind
		switch e.kind {
		case ofsDelta:
			if base[r] = table.rank(e.base); base[r] == none {
				l.kind[r] = broken
			}
		case refDelta:
			if position, ok := l.pack.Index.Find(e.baseID); ok {
				if base[r] = table.rank(l.pack.Index.Offset(position)); base[r] == none {
					l.kind[r] = broken
				} else if l.pack.Index.isRepeated(position) { // it is read, and may be something else for git
					part.doubtful = append(part.doubtful, r)
				}
			} else {
				if part.external == nil {
					part.external = map[string][]uint32{}
				}
				part.external[string(e.baseID)] = append(part.external[string(e.baseID)], r)
			}
		}
	}
	return part, nil
}
