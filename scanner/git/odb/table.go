package odb

import (
	"bytes"
	"hash/maphash"
	"math/bits"

	"skleak/scanner/git/mapped"
)

// table tells which of many packs has an object. To ask the idx of each in turn takes most of the time where there are
// hundreds of packs: a history of 160,000 objects in 200 of them took 60 s of processor time, and takes 10.
//
// Whoever makes objects can choose the first bits of their ids, and so the places in a table that goes by those. Its
// hash has a seed that is another one in each run.
type table struct {
	seed  maphash.Seed
	slots []uint64 // see entry; 0: empty
}

// entry is the place of an object in a slot: 12 bits of its hash, which spare most looks at ids that are others, 20 of
// its pack, counted from 1, and 32 of its position.
type entry uint64

const (
	positionBits = 32
	tagShift     = 52
	mostPacks    = 1<<(tagShift-positionBits) - 2
)

func (e entry) source() int   { return int(e>>positionBits)&(1<<(tagShift-positionBits)-1) - 1 }
func (e entry) position() int { return int(uint32(e)) }

// Tabulate makes Number quick where there are many packs. It is of use for as many questions as there are objects; the
// error is that an idx cannot be read any more, and then it is as if Tabulate had not been called. Not while others use the DB.
func (d *DB) Tabulate() error {
	if d.table = nil; !d.isSpread() {
		return nil
	}
	total := 0
	for _, p := range d.Packs {
		total += p.Index.Len()
	}
	t := &table{maphash.MakeSeed(), mapped.Make[uint64](total + total/2 + 1)}
	err := mapped.Guard(func() error {
		for source, p := range d.Packs {
			for position := range p.Index.Len() {
				t.add(d, source, position)
			}
		}
		return nil
	})
	if err == nil {
		d.table = t
	}
	return err
}

// isSpread tells whether to look for an object in one pack after the other is a long way: for one that is there, on average,
// or for one that is not.
func (d *DB) isSpread() bool {
	const few, enough = 1, 32 // packs before the one that has it; packs in all
	before, total := 0, 0
	for i, p := range d.Packs {
		before += i * p.Index.Len()
		total += p.Index.Len()
	}
	return len(d.Packs) < mostPacks && total > 0 && (before > few*total || len(d.Packs) > enough)
}

// slot returns where to begin to look for an id, and what the entries for it begin with.
func (t *table) slot(id []byte) (at int, tag uint64) {
	h := maphash.Bytes(t.seed, id)
	upper, _ := bits.Mul64(h, uint64(len(t.slots)))
	return int(upper), h << tagShift
}

func (t *table) add(d *DB, source, position int) {
	id := d.Packs[source].Index.ID(position)
	at, tag := t.slot(id)
	if at, ok := t.search(d, id, at, tag); !ok {
		t.slots[at] = tag | uint64(source+1)<<positionBits | uint64(position)
	}
}

// find returns where the first copy of an object lies.
func (t *table) find(d *DB, id []byte) (source, position int, ok bool) {
	at, tag := t.slot(id)
	if at, ok = t.search(d, id, at, tag); !ok {
		return 0, 0, false
	}
	e := entry(t.slots[at])
	return e.source(), e.position(), true
}

// search goes on from a slot to the one with an id, or else to the empty one where it would be.
func (t *table) search(d *DB, id []byte, at int, tag uint64) (slot int, ok bool) {
	for t.slots[at] != 0 {
		e := entry(t.slots[at])
		if uint64(e)>>tagShift == tag>>tagShift && bytes.Equal(d.Packs[e.source()].Index.ID(e.position()), id) {
			return at, true
		}
		if at++; at == len(t.slots) {
			at = 0
		}
	}
	return at, false
}
