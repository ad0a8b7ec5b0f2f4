package sqlite

import (
	"bytes"
	"unicode/utf8"
)

// row is a row in memory: where the types of its columns stand, and where the columns.
type row struct {
	bytes     []byte
	typesFrom int
	typesEnd  int
	begin     int // of the first column
	width     int // bytes that the columns take
}

// rowOf reads the types that stand from an offset on up to another; up to 0: none yet. It is nil if they do not end
// there.
func rowOf(b []byte, from, to int) *row {
	r := &row{bytes: b, typesFrom: from, typesEnd: from, begin: to}
	for r.typesEnd < to {
		if !r.next() {
			return nil
		}
	}
	if to > 0 && r.typesEnd != to {
		return nil
	}
	return r
}

// columns reads n types, nil if there are none such.
func (r *row) columns(n int) *row {
	for range n {
		if !r.next() {
			return nil
		}
	}
	r.begin = r.typesEnd
	return r
}

// next reads one more type, and is false if it is none.
func (r *row) next() bool {
	kind, at := varint(r.bytes, r.typesEnd)
	if at >= len(r.bytes) || kind == 10 || kind == 11 || valueLength(kind) > int64(len(r.bytes)) {
		return false
	}
	r.typesEnd = at
	r.width += int(valueLength(kind))
	return true
}

// size is how many bytes the row takes up to its end.
func (r *row) size() int { return r.begin + r.width }

// lost is how many bytes stand between the types and the columns: those of columns without a type.
func (r *row) lost() int { return r.begin - r.typesEnd }

// each goes through the columns, and counts them. What a damaged head says of more bytes than there are ends with them.
func (r *row) each(visit func(kind uint64, column []byte)) (columns int) {
	at := r.begin
	for next := r.typesFrom; next < r.typesEnd; columns++ {
		var kind uint64
		kind, next = varint(r.bytes, next)
		end := at + int(min(valueLength(kind), int64(len(r.bytes)-at)))
		visit(kind, r.bytes[at:end])
		at = end
	}
	return columns
}

// isText tells whether any column is a text, and all that are such are readable.
func (r *row) isText() bool {
	if r.begin < r.typesEnd || r.size() > len(r.bytes) {
		return false
	}
	texts, readable := false, true
	r.each(func(kind uint64, column []byte) {
		if kind >= 13 && kind%2 == 1 {
			texts = texts || len(column) > 0
			readable = readable && utf8.Valid(column) && !bytes.ContainsFunc(column, isControl)
		}
	})
	return texts && readable
}

func isControl(r rune) bool { return r < ' ' && r != '\t' && r != '\n' && r != '\r' }

// write writes the texts and blobs, each on a line, since nothing stands between them in the file, and what is left of
// columns whose types are gone.
func (r *row) write(out *bytes.Buffer) (columns int) {
	line := func(text []byte) {
		if len(text) > 0 {
			out.Write(text)
			out.WriteByte('\n')
		}
	}
	line(r.bytes[r.typesEnd:r.begin])
	return r.each(func(kind uint64, column []byte) {
		if kind >= 12 {
			line(column)
		}
	})
}

// valueLength is how many bytes a value of a serial type takes.
func valueLength(kind uint64) int64 {
	switch {
	case kind >= 12:
		return int64((kind - 12) / 2)
	case kind <= 4:
		return int64(kind)
	case kind == 5:
		return 6
	case kind <= 7:
		return 8
	default:
		return 0
	}
}

// varint reads SQLite's variable-length integer, of 1 to 9 bytes with the high ones first.
func varint(b []byte, at int) (value uint64, next int) {
	for i := range 9 {
		if at >= len(b) {
			return value, at
		}
		c := b[at]
		at++
		if i == 8 {
			return value<<8 | uint64(c), at
		}
		value = value<<7 | uint64(c&0x7f)
		if c < 0x80 {
			break
		}
	}
	return value, at
}
