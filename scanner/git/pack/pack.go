// Package pack reads git's pack files: every object once, each built from the object it is a delta
// of, so that what two versions share is inflated, and searched, only once.
//
// A pack is a header of 12 bytes, the entries one behind the other, and a checksum. An entry is a
// header (type and size, 7 bits a byte, least significant first), for a delta also its base (the
// distance back to it, or its id), and a zlib stream. The idx file beside the pack says where each
// entry begins; that an entry ends where the next begins gives its length, and with it the bytes that
// the idx's CRC-32 vouches for.
//
// The objects that hang on one non-delta entry through their delta chains are a family. Walk goes
// through families depth first, so that a base is at hand when its children are built. Nothing in here
// trusts a number that it read: sizes are checked before they are allocated, chains before they are followed.
package pack

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"strings"

	"skleak/scanner/git/mapped"
	"skleak/scanner/git/oid"
)

// Kind is the type of an object, as packs number it.
type Kind uint8

const (
	Commit Kind = 1
	Tree   Kind = 2
	Blob   Kind = 3
	Tag    Kind = 4

	ofsDelta Kind = 6 // base named by its distance back
	refDelta Kind = 7 // base named by its id
	broken   Kind = 0
)

func (k Kind) String() string {
	switch k {
	case Commit:
		return "commit"
	case Tree:
		return "tree"
	case Blob:
		return "blob"
	case Tag:
		return "tag"
	}
	return "object"
}

// ParseKind reads the name of an object type.
func ParseKind(name string) (Kind, bool) {
	for k := Commit; k <= Tag; k++ {
		if k.String() == name {
			return k, true
		}
	}
	return 0, false
}

const (
	packHeader = 12
	packMagic  = "PACK"
)

// Pack is an open pack with its idx, both mapped.
type Pack struct {
	Path  string // of the .pack file
	Index *Index
	// Damage is what is wrong with the file as a whole, if anything. Its objects may be sound all the same.
	Damage error

	data   []byte // the whole file
	end    uint64 // where the entries end and the checksum begins
	format oid.Format
	close  []func() error

	unclaimed parts
	lacking   []oid.ID // see Lacking

	mismatch bool // the pack does not end with the checksum that its idx names
}

// Open maps a pack and its idx and checks that they belong together.
func Open(path string, f oid.Format) (*Pack, error) {
	p := &Pack{Path: path, format: f}
	if err := p.open(); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

func (p *Pack) open() (err error) {
	defer mapped.PanicOnFault()()
	defer mapped.CatchFault(&err)
	idx, err := p.mapped(strings.TrimSuffix(p.Path, ".pack") + ".idx")
	if err != nil {
		return err
	}
	if p.data, err = p.mapped(p.Path); err != nil {
		return err
	}
	if p.Index, err = ParseIndex(idx, p.format); err != nil {
		return err
	}
	return p.checkHeader()
}

// mapped maps a file until Close.
func (p *Pack) mapped(path string) ([]byte, error) {
	data, unmap, err := mapped.File(path)
	if err == nil {
		p.close = append(p.close, unmap)
	}
	return data, err
}

// checkHeader tells a damaged pack from one that is none, or has another's idx. The header and the checksum at the
// end each say which pack this is: one of them being wrong is damage, and the entries are still worth reading.
func (p *Pack) checkHeader() error {
	size := p.format.Size()
	if len(p.data) < packHeader+size {
		return errors.New("this is no pack file, or it is cut off")
	}
	p.end = uint64(len(p.data) - size)
	head := p.checkHead()
	if bytes.Equal(p.data[p.end:], p.Index.packChecksum()) {
		p.Damage = head
		return nil
	}
	p.mismatch = true
	p.Damage = errors.New("the pack does not end with the checksum that its idx names: it is cut off, or belongs to " +
		"another idx")
	p.end = uint64(len(p.data)) // what is left of the entries may reach so far
	if head != nil {
		return errors.Join(head, p.Damage)
	}
	return nil
}

func (p *Pack) checkHead() error {
	if string(p.data[:4]) != packMagic {
		return errors.New("the file does not begin as a pack file does")
	}
	if v := binary.BigEndian.Uint32(p.data[4:]); v != 2 && v != 3 {
		return fmt.Errorf("pack version %d is not known", v)
	}
	if n := binary.BigEndian.Uint32(p.data[8:]); uint64(n) != uint64(p.Index.Len()) {
		return fmt.Errorf("the pack declares %d objects, its idx %d", n, p.Index.Len())
	}
	return nil
}

// Size is how many bytes the pack takes.
func (p *Pack) Size() int64 { return int64(len(p.data)) }

// Close unmaps the files. Content that came from the pack stays valid: it is always a copy.
func (p *Pack) Close() error {
	var errs []error
	for _, f := range p.close {
		errs = append(errs, f())
	}
	p.close, p.data = nil, nil
	return errors.Join(errs...)
}

// entry is the header of a packed object.
type entry struct {
	kind   Kind
	size   uint64 // inflated: of the object, or of the delta
	base   uint64 // ofsDelta: offset of the base
	baseID []byte // refDelta
	stream uint64 // where the zlib stream begins
}

// entryAt reads the header of the entry at an offset.
func (p *Pack) entryAt(at uint64) (e entry, err error) {
	if at < packHeader || at >= p.end {
		return e, fmt.Errorf("offset %d lies outside the pack", at)
	}
	data := p.data[:p.end]
	i := at
	c := data[i]
	i++
	e.kind, e.size = Kind(c>>4&7), uint64(c&15)
	for shift := uint(4); c&0x80 != 0; shift += 7 {
		if i >= uint64(len(data)) || shift > 57 {
			return e, errors.New("the entry's size is cut off or too large")
		}
		c = data[i]
		i++
		e.size |= uint64(c&0x7f) << shift
	}
	switch e.kind {
	case Commit, Tree, Blob, Tag:
	case ofsDelta:
		var back uint64
		if back, i, err = readDistance(data, i); err != nil {
			return e, err
		}
		if back == 0 || back > at-packHeader {
			return e, fmt.Errorf("the delta's base lies %d bytes back, outside the pack", back)
		}
		e.base = at - back
	case refDelta:
		size := uint64(p.format.Size())
		if uint64(len(data))-i < size {
			return e, errors.New("the delta's base is cut off")
		}
		e.baseID = data[i : i+size]
		i += size
	default:
		return e, fmt.Errorf("object type %d is not known", e.kind)
	}
	e.stream = i
	return e, nil
}

// readDistance reads the offset encoding of OFS deltas: 7 bits a byte, most significant first, where
// every continuation adds one, so that no number has two spellings.
func readDistance(data []byte, i uint64) (n, next uint64, err error) {
	for first := true; ; first = false {
		if i >= uint64(len(data)) || n > 1<<56 {
			return 0, 0, errors.New("the delta's base is cut off")
		}
		c := data[i]
		i++
		if !first {
			n = (n + 1) << 7
		}
		n |= uint64(c & 0x7f)
		if c&0x80 == 0 {
			return n, i, nil
		}
	}
}

// vouch holds an entry's packed bytes against the CRC-32 of the idx. Where there is none (version 1),
// vouched is false and the zlib stream's own checksum has to do.
func (p *Pack) vouch(position int, from, to uint64) (vouched bool, err error) {
	want, ok := p.Index.CRC(position)
	if !ok {
		return false, nil
	}
	if err := checkCRC(p.data[from:to], want); err != nil {
		return false, err
	}
	return true, nil
}

func checkCRC(packed []byte, want uint32) error {
	if got := crc32.ChecksumIEEE(packed); got != want {
		return fmt.Errorf("the packed bytes do not match their CRC-32 in the idx (%08x, not %08x)", got, want)
	}
	return nil
}

// maxInflation is the most that deflate can expand: 258 bytes for two bits, 1032 to one. A size beyond
// that is a lie, and nothing is allocated for it.
const maxInflation = 1032

// plausible checks a declared size against the packed bytes it is to come from.
func plausible(size, packed uint64) error {
	if size > (packed+8)*maxInflation {
		return fmt.Errorf("the object declares %d bytes, more than its %d packed bytes can hold", size, packed)
	}
	return nil
}
