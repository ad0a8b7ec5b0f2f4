package pack

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"skleak/scanner/git/mapped"
	"skleak/scanner/git/oid"
)

// Mending says how to make an idx anew.
type Mending struct {
	Memory  int64                                 // bytes that it may take; 0: DefaultMemory
	Resolve func(id oid.ID) (Kind, []byte, error) // finds bases that lie outside the pack; may be nil
}

// OpenWithoutIndex maps a pack alone and makes its idx anew from its entries. What of the pack could not be read is
// listed in words; an error says that nothing could.
func OpenWithoutIndex(path string, f oid.Format, m Mending) (p *Pack, losses []string, err error) {
	p = &Pack{Path: path, format: f}
	if p.data, err = p.mapped(path); err == nil {
		losses, err = p.Reindex(m)
	}
	if err != nil {
		return nil, nil, errors.Join(err, p.Close())
	}
	return p, losses, nil
}

// Reindex replaces the idx of a pack by one made from its entries: each id computed from the content, each CRC-32
// from bytes that their stream's Adler-32 has vouched for. What cannot be identified, because its base is not there,
// goes by a number in the place of an id: NamelessID. Nothing else may use p meanwhile, nor a Layout from before
// afterwards. Where there is an error, p is as it was.
func (p *Pack) Reindex(m Mending) (losses []string, err error) {
	defer mapped.PanicOnFault()()
	defer mapped.CatchFault(&err)
	if m.Memory <= 0 {
		m.Memory = DefaultMemory
	}
	size := p.format.Size()
	if len(p.data) < packHeader+size {
		return nil, errors.New("this is no pack file, or it is cut off")
	}
	end, index, damage := p.end, p.Index, p.Damage
	defer func() {
		if err != nil {
			p.end, p.Index, p.Damage = end, index, damage
		}
	}()
	p.end = uint64(len(p.data))
	s := &salvage{pack: p, tries: triesBytes}
	s.allowed.allow(uint64(len(p.data)))
	if err := s.find(m.Memory); err != nil {
		return nil, err
	}
	if len(s.pieces) == 0 && len(s.gaps) > 0 {
		return nil, errors.New("no entry of the pack can be read")
	}
	d := newIdentify(s, m.Memory/2, m.Resolve)
	d.run()
	if p.Index, err = ParseIndex(d.index(), p.format); err != nil {
		return nil, fmt.Errorf("internal error: the idx made anew: %w", err)
	}
	p.Damage = cmp.Or(p.checkHead(), p.checkTrailer())
	for _, g := range s.gaps {
		losses = append(losses, g.String())
	}
	return losses, nil
}

// checkTrailer recomputes the checksum that ends a pack. With a sound idx nobody asks for it: the CRC-32s in there
// tell which object is damaged.
func (p *Pack) checkTrailer() error {
	h := p.format.Hash()
	h.Write(p.data[:p.end])
	if !bytes.Equal(h.Sum(nil), p.data[p.end:]) {
		return errors.New("the checksum at the end of the pack does not match")
	}
	return nil
}

// NamelessID stands for the id of an entry that could not be identified: zeros, and where it begins in its pack.
func NamelessID(offset uint64, f oid.Format) (id oid.ID) {
	binary.BigEndian.PutUint64(id[f.Size()-8:], offset)
	return id
}

// IsNameless tells whether an id is one of those.
func IsNameless(id oid.ID, f oid.Format) bool {
	return bytes.Equal(id[:f.Size()-8], make([]byte, f.Size()-8))
}

// index writes an idx of version 2.
func (d *identify) index() []byte {
	size := d.pack.format.Size()
	order := make([]uint32, len(d.pieces))
	for i := range order {
		order[i] = uint32(i)
		if d.ids[i].IsZero() {
			d.ids[i] = NamelessID(d.pieces[i].from, d.pack.format)
		}
	}
	slices.SortFunc(order, func(a, b uint32) int {
		return cmp.Or(bytes.Compare(d.ids[a][:], d.ids[b][:]), cmp.Compare(a, b))
	})
	var counts [256]uint32
	for _, id := range d.ids {
		counts[id[0]]++
	}
	out := append(make([]byte, 0, 8+idxFanout+len(order)*(size+8)+2*size), idxMagic+"\x00\x00\x00\x02"...)
	sum := uint32(0)
	for _, n := range counts {
		sum += n
		out = binary.BigEndian.AppendUint32(out, sum)
	}
	for _, i := range order {
		out = append(out, d.ids[i][:size]...)
	}
	for _, i := range order {
		out = binary.BigEndian.AppendUint32(out, d.pieces[i].crc)
	}
	return d.finish(d.appendOffsets(out, order))
}

func (d *identify) appendOffsets(out []byte, order []uint32) []byte {
	var large []byte
	for _, i := range order {
		from := d.pieces[i].from
		if from < idxLargeFlag {
			out = binary.BigEndian.AppendUint32(out, uint32(from))
			continue
		}
		out = binary.BigEndian.AppendUint32(out, idxLargeFlag|uint32(len(large)/8))
		large = binary.BigEndian.AppendUint64(large, from)
	}
	return append(out, large...)
}

// finish adds the two checksums: that of the pack is what stands at its end.
func (d *identify) finish(out []byte) []byte {
	out = append(out, d.pack.data[len(d.pack.data)-d.pack.format.Size():]...)
	h := d.pack.format.Hash()
	h.Write(out)
	return h.Sum(out)
}
