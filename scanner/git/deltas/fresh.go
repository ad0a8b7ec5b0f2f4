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

// AppendFresh appends to fresh what the dirty ranges of a delta's result hold, one behind the other, without making the
// result: what it inserts, and margin bytes to either side of each edge between instructions. It checks the delta
// as Apply does, and refuses what that refuses. size is the declared size of the result; fresh grows by no more.
//
// Whatever is no longer than margin+1 bytes and stands in the result but not in the base stands in fresh too. More
// may stand there: where two ranges meet.
func AppendFresh(fresh, base, instructions []byte, size, margin int) (made []byte, ends Ends, err error) {
	left := size  // of the result, not yet made
	due := 0      // bytes that still belong to the last edge
	copied := -1  // where in base the last copy ended; -1 behind an insertion
	clean := 0    // bytes before copied that are in the result and not in fresh
	start := true // nothing stands before the first instruction, so it has no seam
	whole := len(instructions)
	for len(instructions) > 0 {
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
		if i.Text != nil {
			if clean > 0 {
				fresh = append(fresh, base[copied-min(clean, margin):copied]...)
			}
			fresh = append(fresh, i.Text...)
			due, copied, clean, start = margin, -1, 0, false
			ends.Tail = 0
			continue
		}
		if start && i.Offset == 0 {
			ends.Head = i.N
		}
		if ends.Tail = 0; i.Offset+i.N == len(base) {
			ends.Tail = i.N
		}
		if copied >= 0 && copied != i.Offset && !start {
			fresh = append(fresh, base[copied-min(clean, margin):copied]...)
			due, clean = margin, 0
		}
		dirty := min(due, i.N)
		fresh = append(fresh, base[i.Offset:i.Offset+dirty]...)
		due -= dirty
		clean += i.N - dirty
		copied, start = i.Offset+i.N, false
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
