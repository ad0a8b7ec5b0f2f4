package pack

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"skleak/scanner/git/mapped"
	"skleak/scanner/git/oid"
)

// Index is a pack's idx file: the ids of its objects in sorted order, and for each the offset in the
// pack and (version 2) the CRC-32 of its packed bytes.
//
// Version 2: a header of 8 bytes, a fan-out table of 256 counts (how many ids begin with this byte
// or a lower one), all ids, all CRCs, all offsets in 31 bits, where a set top bit makes the rest a
// number in the table of 64-bit offsets that follows, and the checksums of the pack and of the idx.
// Version 1: the fan-out table, offset and id in turn, the two checksums. All numbers are big-endian.
type Index struct {
	data   []byte
	format oid.Format
	count  int

	fanout  []byte // 256 numbers of 4 bytes
	names   []byte // ids, nameGap bytes from one to the next
	nameGap int
	crcs    []byte // 4 bytes each; nil in version 1
	offsets []byte // 4 bytes each, offsetGap from one to the next
	offGap  int
	large   []byte // 8 bytes each

	refined *refined // nil before Refine
}

const (
	idxMagic     = "\xfftOc"
	idxFanout    = 256 * 4
	idxLargeFlag = 1 << 31
)

// ParseIndex checks the sizes that data declares against its real size; after that no lookup can
// leave it. It does not verify the checksum: see VerifyChecksum.
func ParseIndex(data []byte, f oid.Format) (*Index, error) {
	x := &Index{data: data, format: f}
	if len(data) >= 8 && string(data[:4]) == idxMagic {
		if v := binary.BigEndian.Uint32(data[4:]); v != 2 {
			return nil, fmt.Errorf("idx version %d is not known", v)
		}
		return x, x.layOutV2(data[8:])
	}
	return x, x.layOutV1(data)
}

func (x *Index) layOutV2(rest []byte) error {
	rest, err := x.takeFanout(rest)
	if err != nil {
		return err
	}
	hash := x.format.Size()
	fixed := uint64(x.count) * uint64(hash+4+4)
	if uint64(len(rest)) < fixed+uint64(2*hash) {
		return fmt.Errorf("idx is too short for the %d objects it declares", x.count)
	}
	take := func(n int) (part []byte) { part, rest = rest[:n], rest[n:]; return part }
	x.names, x.nameGap = take(x.count*hash), hash
	x.crcs = take(x.count * 4)
	x.offsets, x.offGap = take(x.count*4), 4
	x.large = rest[:len(rest)-2*hash]
	if len(x.large)%8 != 0 {
		return errors.New("idx has a broken table of large offsets")
	}
	x.mendFanout()
	return nil
}

func (x *Index) layOutV1(rest []byte) error {
	rest, err := x.takeFanout(rest)
	if err != nil {
		return err
	}
	hash := x.format.Size()
	if uint64(len(rest)) != uint64(x.count)*uint64(4+hash)+uint64(2*hash) {
		return fmt.Errorf("idx of version 1 has the wrong size for the %d objects it declares", x.count)
	}
	entries := rest[:x.count*(4+hash)]
	x.nameGap, x.offGap = 4+hash, 4+hash
	x.offsets = entries
	if x.count > 0 {
		x.names = entries[4:]
	}
	x.mendFanout()
	return nil
}

// takeFanout takes the fan-out table; its last count is the number of objects.
func (x *Index) takeFanout(data []byte) (rest []byte, err error) {
	if len(data) < idxFanout {
		return nil, fmt.Errorf("idx is too short: %d bytes", len(data))
	}
	x.fanout = data[:idxFanout]
	last := x.below(256)
	if uint64(last) > uint64(len(data)) {
		return nil, fmt.Errorf("idx is too short for the %d objects it declares", last)
	}
	x.count = int(last)
	return data[idxFanout:], nil
}

// below is how many ids begin with a byte below first, by the fan-out table.
func (x *Index) below(first int) uint32 {
	if first == 0 {
		return 0
	}
	return binary.BigEndian.Uint32(x.fanout[4*(first-1):])
}

// mendFanout replaces a fan-out table that does not fit the ids: Find relies on it to stay within them, and one
// damaged count must not hide the objects of its byte.
func (x *Index) mendFanout() {
	fits := true
	for first := 0; fits && first < 256; first++ {
		from, to := x.below(first), x.below(first+1)
		fits = from <= to && uint64(to) <= uint64(x.count)
		if fits && from < to {
			fits = int(x.ID(int(from))[0]) == first && int(x.ID(int(to) - 1)[0]) == first
		}
	}
	if fits {
		return
	}
	var counts [256]uint32
	for i := range x.count {
		counts[x.ID(i)[0]]++
	}
	x.fanout = make([]byte, 0, idxFanout)
	sum := uint32(0)
	for _, n := range counts {
		sum += n
		x.fanout = binary.BigEndian.AppendUint32(x.fanout, sum)
	}
}

// Len is the number of objects.
func (x *Index) Len() int { return x.count }

// ID returns the raw id at position i, 20 or 32 bytes of the file itself.
func (x *Index) ID(i int) []byte {
	at := i * x.nameGap
	return x.names[at : at+x.format.Size()]
}

// isRepeated tells whether the id at position i stands beside it once more.
func (x *Index) isRepeated(i int) bool {
	return i > 0 && bytes.Equal(x.ID(i-1), x.ID(i)) || i+1 < x.count && bytes.Equal(x.ID(i), x.ID(i+1))
}

// CRC returns the CRC-32 of the packed bytes of the object at position i; version 1 keeps none.
func (x *Index) CRC(i int) (crc uint32, ok bool) {
	if x.crcs == nil {
		return 0, false
	}
	return binary.BigEndian.Uint32(x.crcs[i*4:]), true
}

// hasCRCs tells whether CRC knows any.
func (x *Index) hasCRCs() bool { return x.crcs != nil }

// Offset returns where the object at position i begins in the pack, or a number beyond any pack
// where the idx is broken.
func (x *Index) Offset(i int) uint64 {
	off := binary.BigEndian.Uint32(x.offsets[i*x.offGap:])
	if off&idxLargeFlag == 0 || x.crcs == nil {
		return uint64(off)
	}
	at := uint64(off&^idxLargeFlag) * 8
	if at+8 > uint64(len(x.large)) {
		return 1<<63 - 1
	}
	return binary.BigEndian.Uint64(x.large[at:])
}

// Find returns the position of an id.
func (x *Index) Find(id []byte) (position int, ok bool) {
	lo, hi, differ := x.around(id)
	return findID(x.names, x.nameGap, id, lo, hi, differ)
}

// Prefetch reads the place where Find will look for an id first, and returns what is there, of no use but to
// make the read happen: the processor waits for none of them, so a loop of Prefetch fetches many places at once.
func (x *Index) Prefetch(id []byte) uint64 {
	lo, hi, differ := x.around(id)
	if lo >= hi {
		return 0
	}
	return binary.LittleEndian.Uint64(x.ID(guess(binary.BigEndian.Uint64(id), lo, hi, differ)))
}

// VerifyChecksum recomputes the checksum that ends the idx.
func (x *Index) VerifyChecksum() (err error) {
	defer mapped.PanicOnFault()()
	defer mapped.CatchFault(&err)
	h := x.format.Hash()
	end := len(x.data) - h.Size()
	h.Write(x.data[:end])
	if !bytes.Equal(h.Sum(nil), x.data[end:]) {
		return errors.New("the checksum at the end of the idx does not match")
	}
	return nil
}

// packChecksum is what the idx says the pack's own checksum is.
func (x *Index) packChecksum() []byte {
	size := x.format.Size()
	return x.data[len(x.data)-2*size : len(x.data)-size]
}
