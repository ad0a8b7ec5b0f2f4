package deltas

import (
	"fmt"
)

// AppendFresh appends to fresh what the dirty ranges of a delta's result hold, one behind the other, without making the
// result: what it inserts, and margin bytes to either side of each edge between instructions. It checks the delta
// as Apply does, and refuses what that refuses. size is the declared size of the result; fresh grows by no more.
//
// Whatever is no longer than margin+1 bytes and stands in the result but not in the base stands in fresh too. More
// may stand there: where two ranges meet.
func AppendFresh(fresh, base, instructions []byte, size, margin int) ([]byte, error) {
	left := size  // of the result, not yet made
	due := 0      // bytes that still belong to the last edge
	copied := -1  // where in base the last copy ended; -1 behind an insertion
	clean := 0    // bytes before copied that are in the result and not in fresh
	start := true // nothing stands before the first instruction, so it has no seam
	for len(instructions) > 0 {
		i, rest, ok := Cut(instructions)
		switch {
		case !ok:
			return fresh, ErrInstruction
		case i.Text == nil && (i.Offset > len(base) || i.N > len(base)-i.Offset):
			return fresh, outOfBase(i, base)
		case i.N > left:
			return fresh, errTooLong
		}
		instructions = rest
		left -= i.N
		if i.Text != nil {
			if clean > 0 {
				fresh = append(fresh, base[copied-min(clean, margin):copied]...)
			}
			fresh = append(fresh, i.Text...)
			due, copied, clean, start = margin, -1, 0, false
			continue
		}
		if copied >= 0 && copied != i.Offset && !start {
			fresh = append(fresh, base[copied-min(clean, margin):copied]...)
			due, clean = margin, 0
		}
		head := min(due, i.N)
		fresh = append(fresh, base[i.Offset:i.Offset+head]...)
		due -= head
		clean += i.N - head
		copied, start = i.Offset+i.N, false
	}
	if left > 0 {
		return fresh, fmt.Errorf("the delta makes %d bytes where it declares %d", size-left, size)
	}
	return fresh, nil
}
