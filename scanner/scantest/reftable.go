package scantest

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
	"iter"
)

// TableRef is a ref for Reftable: with the 20 bytes of an id, symbolic, or, with neither, deleted.
type TableRef struct {
	Name   string
	ID     []byte
	Target string
}

// tableBlock is the size of a block, padding included, as git makes them.
const tableBlock = 4096

// Reftable writes refs, sorted by name, as a table of git's reftable format, without indexes and logs. Git before
// 2.45 has no such tables, and makes none for tests.
func Reftable(w io.Writer, refs iter.Seq[TableRef]) error {
	header := binary.BigEndian.AppendUint32([]byte("REFT"), 1<<24|tableBlock)
	header = append(header, make([]byte, 16)...)
	t := tableWriter{w: w}
	t.begin(header)
	for ref := range refs {
		if err := t.add(ref); err != nil {
			return err
		}
	}
	if err := t.end(); err != nil {
		return err
	}
	footer := append(bytes.Clone(header), make([]byte, 40)...)
	_, err := w.Write(binary.BigEndian.AppendUint32(footer, crc32.ChecksumIEEE(footer)))
	return err
}

type tableWriter struct {
	w     io.Writer
	block []byte
	start int // of the block's type in it
	name  string
}

func (t *tableWriter) begin(header []byte) {
	t.block = append(append(t.block[:0], header...), "r\x00\x00\x00"...)
	t.start, t.name = len(header), ""
}

// add writes a record, into the next block where this one is full.
func (t *tableWriter) add(ref TableRef) error {
	const restarts = 3 + 2
	record := ref.record(t.name)
	if len(t.block)+len(record)+restarts > tableBlock {
		if err := t.end(); err != nil {
			return err
		}
		t.begin(nil)
		record = ref.record("")
	}
	t.block = append(t.block, record...)
	t.name = ref.Name
	return nil
}

// end writes the block, with its first record as the only restart point.
func (t *tableWriter) end() error {
	first := t.start + 4
	t.block = append(t.block, byte(first>>16), byte(first>>8), byte(first), 0, 1)
	size := len(t.block)
	t.block[t.start+1], t.block[t.start+2], t.block[t.start+3] = byte(size>>16), byte(size>>8), byte(size)
	t.block = append(t.block, make([]byte, tableBlock-size)...)
	_, err := t.w.Write(t.block)
	return err
}

// record is the record of a ref, after the one named before.
func (r TableRef) record(before string) []byte {
	keep := 0
	for keep < min(len(before), len(r.Name)) && before[keep] == r.Name[keep] {
		keep++
	}
	kind, value := 0, []byte(nil)
	switch {
	case r.Target != "":
		kind, value = 3, append(TableNumber(len(r.Target)), r.Target...)
	case r.ID != nil:
		kind, value = 1, r.ID
	}
	rest := r.Name[keep:]
	record := append(TableNumber(keep), TableNumber(len(rest)<<3|kind)...)
	record = append(append(record, rest...), 0) // no change of the update index
	return append(record, value...)
}

// TableNumber writes a number as tables have it: 7 bits a byte, the most significant first, and one added for each
// further byte.
func TableNumber[T int | int64](n T) []byte {
	out := []byte{byte(n & 0x7f)}
	for n >>= 7; n > 0; n >>= 7 {
		n--
		out = append([]byte{0x80 | byte(n&0x7f)}, out...)
	}
	return out
}
