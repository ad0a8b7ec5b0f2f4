package gitdir

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"

	"skleak/scanner/git/oid"
)

// A table is
//
//	header: REFT, version (1 byte), block size (3 bytes), two update indexes (8 bytes each),
//	        in version 2 the name of the hash (4 bytes)
//	blocks of refs, then of indexes, object ids and logs, which are not needed to read all refs
//	footer: the header again, positions of the parts, CRC-32
//
// and a block of refs is
//
//	'r', length (3 bytes, without padding; the header counts as part of the first block)
//	records: how much of the name before to keep, rest of the name, change of the update index, value
//	restart points (3 bytes each), their number (2 bytes)
//
// Blocks are padded with NULs to the block size, unless the next one follows at once. Names go up from record to
// record, through all of the table.

const footerRest = 44 // of the footer, after the header in it

var errTableCutOff = errors.New("is cut off or damaged at its end")

// table reads the refs of one table, one after the other.
type table struct {
	data      []byte
	format    oid.Format
	room      *tableRoom
	blockSize int
	at        int          // where the next block counts from
	records   recordReader // of this block
	ref       tableRef     // read last
}

// tableRef is a ref as a table has it. Deleted ones have neither an id nor a target. What the slices hold changes
// with the next one.
type tableRef struct {
	name   []byte
	id     oid.ID
	target []byte // of a symbolic ref
}

func (r *tableRef) deleted() bool { return r.id.IsZero() && len(r.target) == 0 }

// open reads the header and the footer, and leaves the blocks in data.
func (t *table) open() error {
	size, err := t.header()
	if err != nil {
		return err
	}
	blocks := len(t.data) - size - footerRest
	if blocks < size || !bytes.Equal(t.data[blocks:blocks+size], t.data[:size]) {
		return errTableCutOff
	}
	footer := t.data[blocks:]
	sum := len(footer) - 4
	if crc32.ChecksumIEEE(footer[:sum]) != binary.BigEndian.Uint32(footer[sum:]) {
		return errTableCutOff
	}
	t.blockSize = uint24(t.data[5:])
	t.data = t.data[:blocks]
	return t.block(0, size)
}

// header checks the header and returns its size.
func (t *table) header() (size int, err error) {
	if len(t.data) < 28 || string(t.data[:4]) != "REFT" {
		return 0, errors.New("is no reftable")
	}
	format, size := oid.SHA1, 24
	switch version := t.data[4]; version {
	case 1:
	case 2:
		size = 28
		switch string(t.data[24:28]) {
		case "sha1":
		case "s256":
			format = oid.SHA256
		default:
			return 0, errors.New("has ids of an unknown format")
		}
	default:
		return 0, fmt.Errorf("has version %d; 1 and 2 are known", version)
	}
	if format != t.format {
		return 0, errors.New("has ids of another format than the repository")
	}
	return size, nil
}

func uint24(b []byte) int { return int(b[0])<<16 | int(b[1])<<8 | int(b[2]) }

// block goes to the block of refs that counts from byte at and has its type at byte start. At the first block of
// another kind, there are no more records.
func (t *table) block(at, start int) error {
	t.records = recordReader{}
	if start >= len(t.data) {
		return nil
	}
	switch kind := t.data[start]; {
	case kind == 'i' || kind == 'o' || kind == 'g':
		return nil
	case kind != 'r':
		return fmt.Errorf("has no block at byte %d", start)
	case len(t.data)-start < 4:
		return fmt.Errorf("has a block cut off at byte %d", start)
	}
	end := at + uint24(t.data[start+1:])
	if end > len(t.data) || end-start < 6 {
		return fmt.Errorf("has a block of a wrong length at byte %d", start)
	}
	records := end - 2 - 3*int(binary.BigEndian.Uint16(t.data[end-2:]))
	if records < start+4 {
		return fmt.Errorf("has a block with too many restart points at byte %d", start)
	}
	t.records.data, t.records.at = t.data[:records], start+4
	t.at = end
	// As git has it: a NUL after a block is padding up to the block size.
	if end < len(t.data) && t.data[end] == 0 && end-at < t.blockSize {
		t.at = at + t.blockSize
	}
	return nil
}

// next goes to the next record, and leaves it in t.ref. At the end of the table, ok is false.
func (t *table) next() (ok bool, err error) {
	first := false
	for t.records.at >= len(t.records.data) {
		if t.records.data == nil {
			return false, nil
		}
		if err := t.block(t.at, t.at); err != nil {
			return false, err
		}
		first = true
	}
	if err := t.room.record(); err != nil {
		return false, err
	}
	begin := t.records.at
	if err := t.record(first); err != nil {
		return false, fmt.Errorf("%w at byte %d", err, begin)
	}
	return true, nil
}

var (
	errRecord   = errors.New("has a broken record")
	errNotInRow = errors.New("has a name that is not in its order")
	errNames    = errors.New("has more in names than is read of tables of this size,")
)

// record reads one record; the first of a block keeps nothing of the name before.
func (t *table) record(first bool) error {
	r := &t.records
	keep := r.number()
	suffix := r.number()
	rest := r.bytes(suffix >> 3)
	length := keep + len(rest)
	switch {
	case r.failed || keep > len(t.ref.name) || length > refPathLimit || first && keep > 0:
		return errRecord
	case bytes.Compare(rest, t.ref.name[keep:]) <= 0:
		return errNotInRow
	case !t.room.name(length):
		return errNames
	}
	t.ref.name = append(t.ref.name[:keep], rest...)
	r.number() // by how much the update index is above the least one
	t.ref.id, t.ref.target = oid.ID{}, t.ref.target[:0]
	size := t.format.Size()
	switch suffix & 7 {
	case 0:
	case 1:
		t.ref.id = oid.FromBytes(r.bytes(size))
	case 2:
		t.ref.id = oid.FromBytes(r.bytes(size))
		r.bytes(size) // what the annotated tag leads to in the end
	case 3:
		t.ref.target = append(t.ref.target, r.bytes(r.number())...)
	default:
		return errRecord
	}
	if r.failed {
		return errRecord
	}
	return nil
}

// recordReader reads the parts of records. After reading past its end it has failed.
type recordReader struct {
	data   []byte
	at     int
	failed bool
}

// bytes returns the next n bytes. No part of a record is longer than a name.
func (r *recordReader) bytes(n int) []byte {
	if r.failed || n > refPathLimit || n > len(r.data)-r.at {
		r.failed = true
		return nil
	}
	r.at += n
	return r.data[r.at-n : r.at]
}

// number reads a number as packs write offsets: 7 bits a byte, the most significant first, and one added for each
// further byte. Longer ones than 8 bytes do not occur, and would not fit; nor does, on 32 bits, what int cannot hold.
func (r *recordReader) number() int {
	var n int64
	for i := range 8 {
		b := r.bytes(1)
		if b == nil {
			return 0
		}
		if i > 0 {
			n++
		}
		n = n<<7 | int64(b[0]&0x7f)
		if n > math.MaxInt {
			break
		}
		if b[0] < 0x80 {
			return int(n)
		}
	}
	r.failed = true
	return 0
}
