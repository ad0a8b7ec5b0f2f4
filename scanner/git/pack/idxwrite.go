package pack

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"

	"skleak/scanner/git/oid"
)

// pieces are the entries of a pack, in its order: what an idx says of them.
type pieces struct {
	from []uint64
	crc  []uint32
	ids  []byte // raw, one behind the other
}

func (p *pieces) add(one piece) {
	p.from, p.crc = append(p.from, one.from), append(p.crc, one.crc)
}

func (p *pieces) id(i uint32, size int) []byte { return p.ids[int(i)*size:][:size] }

// nameless gives those an id that have none (see NamelessID).
func (p *pieces) nameless(f oid.Format) {
	size := f.Size()
	if p.ids == nil {
		p.ids = make([]byte, len(p.from)*size)
	}
	none := make([]byte, size)
	for i, from := range p.from {
		if id := p.id(uint32(i), size); bytes.Equal(id, none) {
			nameless := NamelessID(from, f)
			copy(id, nameless[:])
		}
	}
}

// idx writes an idx of version 2, as git does. checksum is that of the pack. order tells for each position in the idx
// which piece stands there.
func (p *pieces) idx(f oid.Format, checksum []byte) (out []byte, order []uint32) {
	size := f.Size()
	order = p.sorted(size)
	var counts [256]uint32
	for i := range order {
		counts[p.ids[i*size]]++
	}
	out = append(make([]byte, 0, 8+idxFanout+len(order)*(size+8)+2*size), idxMagic+"\x00\x00\x00\x02"...)
	sum := uint32(0)
	for _, n := range counts {
		sum += n
		out = binary.BigEndian.AppendUint32(out, sum)
	}
	for _, i := range order {
		out = append(out, p.id(i, size)...)
	}
	for _, i := range order {
		out = binary.BigEndian.AppendUint32(out, p.crc[i])
	}
	out = append(p.appendOffsets(out, order), checksum...)
	h := f.Hash()
	h.Write(out)
	return h.Sum(out), order
}

// sorted returns the pieces in the order of their ids, and of one id in that of the pack.
func (p *pieces) sorted(size int) []uint32 {
	type keyed struct {
		key   uint64 // the beginning of the id: to compare two ids in place takes a cache miss for each
		piece uint32
	}
	all := make([]keyed, len(p.from))
	for i := range all {
		all[i] = keyed{binary.BigEndian.Uint64(p.ids[i*size:]), uint32(i)}
	}
	slices.SortFunc(all, func(a, b keyed) int {
		if a.key != b.key {
			return cmp.Compare(a.key, b.key)
		}
		return cmp.Or(bytes.Compare(p.id(a.piece, size), p.id(b.piece, size)), cmp.Compare(a.piece, b.piece))
	})
	order := make([]uint32, len(all))
	for i, one := range all {
		order[i] = one.piece
	}
	return order
}

func (p *pieces) appendOffsets(out []byte, order []uint32) []byte {
	var large []byte
	for _, i := range order {
		from := p.from[i]
		if from < idxLargeFlag {
			out = binary.BigEndian.AppendUint32(out, uint32(from))
			continue
		}
		out = binary.BigEndian.AppendUint32(out, idxLargeFlag|uint32(len(large)/8))
		large = binary.BigEndian.AppendUint64(large, from)
	}
	return append(out, large...)
}
