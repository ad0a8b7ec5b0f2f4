package deltas

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
	// Over are bytes that are read in a row: from an edge on, they all count, and the first that is none, as far as Most bytes go.
	// Then the beginning of a base's content is an edge as well, if the result begins behind it. nil: there are none.
	Over *[256]bool
	Most int
}

// before returns how many bytes at the end of a copy count, where an edge follows.
func (m Margin) before(copied []byte) int {
	n := min(m.Bytes, len(copied))
	if m.Over == nil {
		return n
	}
	row := 0
	for row < min(len(copied), m.Most) && m.Over[copied[len(copied)-1-row]] {
		row++
	}
	return max(n, min(row+1, len(copied)))
}

// due is what counts behind an edge, and has not come yet.
type due struct{ bytes, row int }

func (m Margin) behindEdge() due {
	if m.Over == nil {
		return due{bytes: m.Bytes}
	}
	return due{m.Bytes, m.Most}
}

// take returns how many bytes at the beginning of a copy count.
func (d *due) take(copied []byte, over *[256]bool) int {
	n := min(d.bytes, len(copied))
	d.bytes -= n
	if d.row == 0 {
		return n
	}
	row := 0
	for row < min(len(copied), d.row) && over[copied[row]] {
		row++
	}
	d.row -= row
	if row < len(copied) {
		row, d.row = row+1, 0
	}
	return max(n, row)
}

// AppendFresh appends to fresh what the dirty ranges of a delta's result hold, one behind the other, without making the
// result: what it inserts, and the margin to either side of each edge between instructions. It checks the delta
// as Apply does, and refuses what that refuses. size is the declared size of the result; fresh grows by no more.
//
// Whatever is no longer than margin.Bytes+1 and stands in the result but not in the base stands in fresh too. So does
// the beginning of a row of margin.Over, up to margin.Most bytes, with the byte before it, if all of them together do not
// stand in the base. More may stand there: where two ranges meet.
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
		case i.Text == nil && (i.Offset > len(base) || i.N > len(base)-i.Offset):
			return fresh, Ends{}, outOfBase(i, base)
		case i.N > left:
			return fresh, Ends{}, errTooLong
		}
		instructions = rest
		left -= i.N
		if clean > 0 && (i.Text != nil || copied != i.Offset) {
			fresh = append(fresh, base[copied-margin.before(base[copied-clean:copied]):copied]...)
			clean = 0
		}
		if i.Text != nil {
			fresh = append(fresh, i.Text...)
			owed, copied = margin.behindEdge(), -1
			ends.Tail = 0
			continue
		}
		switch {
		case !start && copied >= 0 && copied != i.Offset:
			owed = margin.behindEdge()
		case start && i.Offset == 0:
			ends.Head = i.N
		case start:
			owed.row = margin.behindEdge().row // what stood before it did so in the base
		}
		if ends.Tail = 0; i.Offset+i.N == len(base) {
			ends.Tail = i.N
		}
		dirty := owed.take(base[i.Offset:i.Offset+i.N], margin.Over)
		fresh = append(fresh, base[i.Offset:i.Offset+dirty]...)
		clean += i.N - dirty
		copied = i.Offset + i.N
	}
	if left > 0 {
		return fresh, Ends{}, checkMade(uint64(size-left), uint64(size))
	}
	return fresh, ends, nil
}

// AppendPart appends to b the bytes of a delta's result between two offsets. AppendFresh or Apply must have read the
// instructions; ends is what AppendFresh told of them, or nothing.
func AppendPart(b, base, instructions []byte, ends Ends, from, to int) []byte {
	at, rest := 0, instructions
	if from >= ends.lateAt {
		at, rest = ends.lateAt, instructions[ends.late:]
	}
	for len(rest) > 0 && at < to {
		var i Instruction
		i, rest, _ = Cut(rest)
		part := i.Text
		if part == nil {
			part = base[i.Offset : i.Offset+i.N]
		}
		if first, last := max(from-at, 0), min(to-at, i.N); first < last {
			b = append(b, part[first:last]...)
		}
		at += i.N
	}
	return b
}
