package pack

import (
	"bytes"
	"io"
	"slices"
	"sort"

	"skleak/scanner/git/inflate"
	"skleak/scanner/git/oid"
)

// identify computes the ids of the pieces of a pack: each from its content, bases before what is built on them.
type identify struct {
	*salvage
	reader  Reader
	ids     []oid.ID // by piece; zero where it could not be computed
	done    []bool
	below   [][]uint32          // pieces that are OFS deltas of a piece
	waiting map[string][]uint32 // pieces that are REF deltas, by raw id of the base
	foundAt map[string]uint64   // offsets of the pieces that REF deltas wait for
	stack   []uint32
}

func newIdentify(s *salvage, memory int64, resolve func(oid.ID) (Kind, []byte, error)) *identify {
	d := &identify{
		salvage: s, ids: make([]oid.ID, len(s.pieces)), done: make([]bool, len(s.pieces)), below: make([][]uint32, len(s.pieces)),
		waiting: map[string][]uint32{}, foundAt: map[string]uint64{},
	}
	d.reader = Reader{Resolve: resolve, Memory: memory, keepBytes: int(memory / 2), findBase: d.find}
	for i, one := range s.pieces {
		switch one.kind {
		case ofsDelta:
			if base, ok := d.pieceAt(one.base); ok {
				d.below[base] = append(d.below[base], uint32(i))
			}
		case refDelta:
			e, _ := s.pack.entryAt(one.from) // it was read before
			d.waiting[string(e.baseID)] = append(d.waiting[string(e.baseID)], uint32(i))
		}
	}
	return d
}

// find is where the Reader finds the base of a REF delta.
func (d *identify) find(id []byte) (at uint64, ok bool) {
	at, ok = d.foundAt[string(id)]
	return at, ok
}

func (d *identify) pieceAt(at uint64) (piece uint32, ok bool) {
	i := sort.Search(len(d.pieces), func(i int) bool { return d.pieces[i].from >= at })
	return uint32(i), i < len(d.pieces) && d.pieces[i].from == at
}

// run goes from the whole objects to what is built on them, depth first, so that bases are at hand; then to the
// deltas whose base is elsewhere. What cannot be read here has no id, and neither has what is built on it.
func (d *identify) run() {
	for i, one := range d.pieces {
		if one.kind != ofsDelta && one.kind != refDelta {
			d.from(uint32(i))
		}
	}
	var rest []uint32
	for _, waiting := range d.waiting {
		for _, i := range waiting {
			if !d.done[i] {
				rest = append(rest, i)
			}
		}
	}
	slices.Sort(rest)
	for _, i := range rest {
		d.from(i)
	}
}

// from identifies a piece and all that is built on it.
func (d *identify) from(piece uint32) {
	d.stack = append(d.stack[:0], piece)
	for len(d.stack) > 0 {
		i := d.stack[len(d.stack)-1]
		d.stack = d.stack[:len(d.stack)-1]
		if d.done[i] {
			continue
		}
		d.done[i] = true
		id, err := d.idOf(i)
		if err != nil {
			continue
		}
		d.ids[i] = id
		d.stack = append(d.stack, d.below[i]...)
		raw := string(id[:d.pack.format.Size()])
		if waiting := d.waiting[raw]; waiting != nil {
			d.foundAt[raw] = d.pieces[i].from
			d.stack = append(d.stack, waiting...)
		}
	}
}

func (d *identify) idOf(i uint32) (id oid.ID, err error) {
	one := d.pieces[i]
	if one.kind == Blob && one.size >= streamObject && len(d.below[i]) == 0 {
		return d.streamedID(one)
	}
	c, err := d.reader.readAt(d.pack, one.from)
	if err != nil {
		return id, err
	}
	h := d.pack.format.HashObject(c.kind.String(), uint64(len(c.data)))
	h.Write(c.data)
	return oid.Sum(h), nil
}

// streamedID is idOf for a large object that need not be held.
func (d *identify) streamedID(one piece) (id oid.ID, err error) {
	e, err := d.pack.entryAt(one.from)
	if err != nil {
		return id, err
	}
	stream, err := inflate.NewReader(bytes.NewReader(d.pack.data[e.stream:one.to]))
	if err != nil {
		return id, err
	}
	defer stream.Close()
	h := d.pack.format.HashObject(one.kind.String(), one.size)
	_, err = io.Copy(h, ExactReader(stream, one.size))
	return oid.Sum(h), err
}
