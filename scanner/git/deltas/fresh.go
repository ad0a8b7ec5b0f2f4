package deltas

import "encoding/binary"

// Ends is what AppendFresh tells of the ends of a result.
type Ends struct {
	// Head and Tail are how many bytes the result's beginning has from that of the base in one copy, and its end.
	Head, Tail int

	// The instructions from the byte late on make what stands in the result from lateAt on. That is lateLength bytes at
	// least, or all there is: who asks for the end need not go through all instructions again.
	late, lateAt int
}

// lateLength is how much of the end is looked at to tell what a file is.
const lateLength = 1 << 10

// Margin is how much of what a delta copies counts as new, to either side of an edge between instructions.
type Margin struct {
	Bytes int // at least
	// Row is how much more counts as long as it may belong to a row of letters, digits and other signs of ASCII from '+' on: to
	// the first word of eight bytes that has one below, as blanks, quotes and brackets are, or one beyond ASCII. Then the
	// beginning of a base's content is an edge as well, if the result begins behind it. 0: there are no rows.
	Row int
}

const word = 8

// endsRow tells whether a row ends among the first eight bytes of a text.
func endsRow(text []byte) bool {
	const ones = 0x0101010101010101
	w := binary.LittleEndian.Uint64(text)
	return (w-'+'*ones|w)&(0x80*ones) != 0 // what a byte borrows from the one above, that had to be below '+'
}

// before returns how many bytes at the end of a copy count, where an edge follows.
func (m Margin) before(copied []byte) (n int) {
	for n < m.Row {
		if n+word > len(copied) {
			n = len(copied)
			break
		}
		n += word
		if endsRow(copied[len(copied)-n:]) {
			break
		}
	}
	return max(n, min(m.Bytes, len(copied)))
}

// due is what counts behind an edge, and has not come yet.
type due struct{ bytes, row int }

// take returns how many bytes at the beginning of a copy count.
func (d *due) take(copied []byte) (n int) {
	for d.row > 0 && n < len(copied) {
		if n+word > len(copied) { // it may go on in the next copy
			d.row -= len(copied) - n
			n = len(copied)
			break
		}
		d.row -= word
		if endsRow(copied[n:]) {
			d.row = 0
		}
		n += word
	}
	n = max(n, min(d.bytes, len(copied)))
	d.bytes = max(d.bytes-n, 0)
	return n
}

// AppendFresh appends to fresh what the dirty ranges of a delta's result hold, one behind the other, without making the
// result: what it inserts, and the margin to either side of each edge between instructions. It checks the delta
// as Apply does, and refuses what that refuses. size is the declared size of the result; fresh grows by no more.
//
// Whatever is no longer than margin.Bytes+1 and stands in the result but not in the base stands in fresh too. So does
// the beginning of a row, up to margin.Row bytes, with the byte before it, if all of them together do not stand in
// the base. More may stand there: where two ranges meet.
func AppendFresh(fresh, base, instructions []byte, size int, margin Margin) (made []byte, ends Ends, err error) {
	left := size // of the result, not yet made
	var owed due // what still belongs to the last edge
	copied := -1 // where in base the last copy ended; -1 behind an insertion
	clean := 0   // bytes before copied that are in the result and not in fresh
	whole := len(instructions)
	for start := true; len(instructions) > 0; start = false {
		if left >= lateLength {
			ends.late, ends.lateAt = whole-len(instructions), size-left
		}
		i, rest, ok := Cut(instructions)
		switch {
		case !ok:
			return fresh, Ends{}, ErrInstruction
		case !i.Inserts && (i.Offset > len(base) || i.N > len(base)-i.Offset):
			return fresh, Ends{}, outOfBase(i, base)
		case i.N > left:
			return fresh, Ends{}, errTooLong
		}
		left -= i.N
		if clean > 0 && (i.Inserts || copied != i.Offset) {
			fresh = append(fresh, base[copied-margin.before(base[copied-clean:copied]):copied]...)
			clean = 0
		}
		if i.Inserts {
			fresh = append(fresh, i.Text(instructions)...)
			instructions = rest
			owed, copied = due{margin.Bytes, margin.Row}, -1
			ends.Tail = 0
			continue
		}
		instructions = rest
		switch {
		case !start && copied >= 0 && copied != i.Offset:
			owed = due{margin.Bytes, margin.Row}
		case start && i.Offset == 0:
			ends.Head = i.N
		case start:
			owed.row = margin.Row // what stood before it did so in the base
		}
		if ends.Tail = 0; i.Offset+i.N == len(base) {
			ends.Tail = i.N
		}
		dirty := owed.take(base[i.Offset : i.Offset+i.N])
		fresh = append(fresh, base[i.Offset:i.Offset+dirty]...)
		clean += i.N - dirty
		copied = i.Offset + i.N
	}
	if left > 0 {
		return fresh, Ends{}, checkMade(uint64(size-left), uint64(size))
	}
	return fresh, ends, nil
}

// ApplyEdges is Apply for instructions that AppendFresh or Apply has read, and leaves out what stands further than some
// bytes from both ends of a copy: nothing is said of what result has there.
func ApplyEdges(result, base, instructions []byte, edge int) {
	for at := 0; len(instructions) > 0; {
		i, rest, _ := Cut(instructions)
		switch {
		case i.Inserts:
			copyShort(result[at:], instructions[1:], i.N)
		case i.N <= 2*edge:
			copyShort(result[at:], base[i.Offset:], i.N)
		default:
			copy(result[at:at+edge], base[i.Offset:])
			copy(result[at+i.N-edge:at+i.N], base[i.Offset+i.N-edge:])
		}
		instructions = rest
		at += i.N
	}
}

// AppendPart appends to b the bytes of a delta's result between two offsets. AppendFresh or Apply must have read the
// instructions; ends is what AppendFresh told of them, or nothing.
func AppendPart(b, base, instructions []byte, ends Ends, from, to int) []byte {
	at, rest := 0, instructions
	if from >= ends.lateAt {
		at, rest = ends.lateAt, instructions[ends.late:]
	}
	for len(rest) > 0 && at < to {
		i, next, _ := Cut(rest)
		var part []byte
		if i.Inserts {
			part = i.Text(rest)
		} else {
			part = base[i.Offset : i.Offset+i.N]
		}
		rest = next
		if first, last := max(from-at, 0), min(to-at, i.N); first < last {
			b = append(b, part[first:last]...)
		}
		at += i.N
	}
	return b
}
