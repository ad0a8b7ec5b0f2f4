package pack

import "fmt"

// appendFresh appends to fresh what the dirty ranges of a delta's result hold, one behind the other, without making the
// result: what it inserts, and margin bytes to either side of each edge between instructions. It checks the delta
// as applyDelta does, and refuses what that refuses. size is the declared size of the result; fresh grows by no more.
//
// Whatever is no longer than margin+1 bytes and stands in the result but not in the base stands in fresh too. More
// may stand there: where two ranges meet.
func appendFresh(fresh, base, instructions []byte, size, margin int) ([]byte, error) {
	left := size  // of the result, not yet made
	due := 0      // bytes that still belong to the last edge
	copied := -1  // where in base the last copy ended; -1 behind an insertion
	clean := 0    // bytes before copied that are in the result and not in fresh
	start := true // nothing stands before the first instruction, so it has no seam
	for len(instructions) > 0 {
		i, rest, ok := cutInstruction(instructions)
		switch {
		case !ok:
			return fresh, errBadInstruction
		case i.text == nil && (i.offset > len(base) || i.n > len(base)-i.offset):
			return fresh, outOfBase(i, base)
		case i.n > left:
			return fresh, errTooLong
		}
		instructions = rest
		left -= i.n
		if i.text != nil {
			if clean > 0 {
				fresh = append(fresh, base[copied-min(clean, margin):copied]...)
			}
			fresh = append(fresh, i.text...)
			due, copied, clean, start = margin, -1, 0, false
			continue
		}
		if copied >= 0 && copied != i.offset && !start {
			fresh = append(fresh, base[copied-min(clean, margin):copied]...)
			due, clean = margin, 0
		}
		head := min(due, i.n)
		fresh = append(fresh, base[i.offset:i.offset+head]...)
		due -= head
		clean += i.n - head
		copied, start = i.offset+i.n, false
	}
	if left > 0 {
		return fresh, fmt.Errorf("the delta makes %d bytes where it declares %d", size-left, size)
	}
	return fresh, nil
}

const (
	// skimObject is the size from which a leaf is looked at without being built. Below it there is nothing to gain.
	skimObject = 1 << 10
	// skimDelta bounds the deltas that are, and with them what appendFresh can need.
	skimDelta = 256 << 10
)

// skim shows the visitor a leaf of the tree of deltas without building it, if that will do: nothing is built on it,
// the visitor found nothing in its base, and all that it could find in this one stands in what the delta brings in.
// The visitor may still ask for the whole. In git's own repository that spares making 4.4 of 8.1 GB of blobs.
func (w *worker) skim(n node, instructions []byte, size uint64) (done bool, err error) {
	if w.skimmer == nil || n.base.mark != 0 || size < skimObject || size >= streamObject || len(instructions) > skimDelta ||
		!w.walk.Skim.Has(n.base.kind) || w.walk.Layout.child[n.rank] != none {
		return false, nil
	}
	w.fresh, err = appendFresh(w.fresh[:0], n.base.data, instructions, int(size), w.walk.Margin)
	if err != nil {
		return false, err
	}
	l := w.walk.Layout
	w.object = Object{Pack: l.pack, Position: l.Position(n.rank), Kind: n.base.kind, Delta: true}
	return !w.skimmer.Skim(&w.object, int(size), w.fresh), nil
}
