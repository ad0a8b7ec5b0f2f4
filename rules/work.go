package rules

// The work that a text may cost. A unit of work is a byte that a decoder or a judge looks at. Looking for candidates
// costs one a byte and is not counted. Everything else is, and stops when there is no more to spend: so no text costs
// more than workAByte for each of its bytes, and workAhead besides, whatever stands in it. Where that is not enough,
// Scan says so. Of the 1,000,000 texts that TestDearest climbed to when asked, the dearest cost 37.9 a byte.
const (
	workAByte = 36
	workAhead = 1 << 16
	// judging is what a byte of a body costs when the words in it are read.
	judging = 8
)

// work counts what was spent on a text.
type work struct {
	spent, limit int
	ranOut       bool
}

// spend takes n units.
func (w *work) spend(n int) { w.spent += n }

// isSpent says whether there is nothing left, and remembers that it was asked for in vain.
func (w *work) isSpent() bool {
	w.ranOut = w.ranOut || w.spent > w.limit
	return w.spent > w.limit
}
