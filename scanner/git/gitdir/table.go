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
// record, through all of the table. A block may have 16 MB, so not even one of them is held: records are read as they
// come.

const footerRest = 44 // of the footer, after the header in it

var errTableCutOff = errors.New("is cut off or damaged at its end")

// table reads the refs of one table, one after the other.
type table struct {
	window
	format    oid.Format
	room      *tableRoom
	blockSize int64
	footer    int64        // where the blocks end at the latest
	at        int64        // where the next block counts from
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

// open reads the header and the footer.
func (t *table) open() error {
	header, err := t.header()
	if err != nil {
		return err
	}
	size := len(header)
	t.footer = t.size - int64(size) - footerRest
	footer := t.bytes(t.footer, size+footerRest)
	if t.footer < int64(size) || footer == nil || !bytes.Equal(footer[:size], header) {
		return t.broken(errTableCutOff)
	}
	sum := len(footer) - 4
	if crc32.ChecksumIEEE(footer[:sum]) != binary.BigEndian.Uint32(footer[sum:]) {
		return errTableCutOff
	}
	t.blockSize = uint24(header[5:])
	return t.block(0, int64(size))
}

// header checks the header and returns a copy of it.
func (t *table) header() ([]byte, error) {
	head := t.bytes(0, 28)
	if head == nil || string(head[:4]) != "REFT" {
		return nil, t.broken(errors.New("is no reftable"))
	}
	format, size := oid.SHA1, 24
	switch version := head[4]; version {
	case 1:
	case 2:
		size = 28
		switch string(head[24:28]) {
		case "sha1":
		case "s256":
			format = oid.SHA256
		default:
			return nil, errors.New("has ids of an unknown format")
		}
	default:
		return nil, fmt.Errorf("has version %d; 1 and 2 are known", version)
	}
	if format != t.format {
		return nil, errors.New("has ids of another format than the repository")
	}
	return bytes.Clone(head[:size]), nil
}

func uint24(b []byte) int64 { return int64(b[0])<<16 | int64(b[1])<<8 | int64(b[2]) }

// broken is why something cannot be read: the system's reason, if it gave one.
func (t *table) broken(err error) error {
	if t.err != nil {
		return t.err
	}
	return err
}

// block goes to the block of refs that counts from byte at and has its type at byte start. At the first block of
// another kind, there are no more records.
func (t *table) block(at, start int64) error {
	t.records = recordReader{window: &t.window}
	if start >= t.footer {
		return nil
	}
	head := t.bytes(start, int(min(4, t.footer-start)))
	switch {
	case head == nil:
		return t.broken(fmt.Errorf("has a block cut off at byte %d", start))
	case head[0] == 'i' || head[0] == 'o' || head[0] == 'g':
		return nil
	case head[0] != 'r':
		return fmt.Errorf("has no block at byte %d", start)
	case len(head) < 4:
		return fmt.Errorf("has a block cut off at byte %d", start)
	}
	end := at + uint24(head[1:])
	if end > t.footer || end-start < 6 {
		return fmt.Errorf("has a block of a wrong length at byte %d", start)
	}
	t.bytes(start, int(min(end-start, windowSize))) // at once, not its end first
	restarts := t.bytes(end-2, 2)
	if restarts == nil {
		return t.broken(fmt.Errorf("has a block cut off at byte %d", start))
	}
	records := end - 2 - 3*int64(binary.BigEndian.Uint16(restarts))
	if records < start+4 {
		return fmt.Errorf("has a block with too many restart points at byte %d", start)
	}
	t.records.at, t.records.end = start+4, records
	t.at = end
	// As git has it: a NUL after a block is padding up to the block size.
	if after := t.bytes(end, 1); end < t.footer && after != nil && after[0] == 0 && end-at < t.blockSize {
		t.at = at + t.blockSize
	}
	return nil
}

// next goes to the next record, and leaves it in t.ref. At the end of the table, ok is false.
func (t *table) next() (ok bool, err error) {
	first := false
	for t.records.at >= t.records.end {
		if t.records.end == 0 {
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
		return false, t.broken(fmt.Errorf("%w at byte %d", err, begin))
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
	*window
	at, end int64
	failed  bool
}

// bytes returns the next n bytes, valid until the next call. No part of a record is longer than a name.
func (r *recordReader) bytes(n int) []byte {
	if r.failed || n > refPathLimit || int64(n) > r.end-r.at {
		r.failed = true
		return nil
	}
	b := r.window.bytes(r.at, n)
	r.failed = b == nil
	r.at += int64(n)
	return b
}

// number reads a number as packs write offsets: 7 bits a byte, the most significant first, and one
// added for each further byte. Longer ones than 8 bytes do not occur, and would not fit; nor does, on 32 bits, what int cannot hold.
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
