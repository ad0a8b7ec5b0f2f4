package pack

import (
	"sync/atomic"

	"github.com/sourcegraph/conc"

	"skleak/scanner/git/mapped"
)

// To find out where each entry begins, all of those before it must be inflated. Read-ahead does so in many places of
// the pack at once: in each part from the first place on at which an entry can be read whole. That is a guess: a blob
// that was stored as it is, because it could not be made smaller, may hold a pack. So nothing is believed but what
// begins where the entry before it ends, and the guess only spares reading that entry again.

const (
	aheadBytes = 8 << 20 // of the pack, in a part, unless a test says otherwise
	aheadTries = 1 << 20 // bytes that may be inflated for nothing in each
)

// readAhead is what was read, part by part.
type readAhead struct {
	parts [][]piece
	next  int // in parts[0]: nothing before it is asked for any more
}

// lookAhead reads entries with many workers, in parts of step bytes, until there are too many of them.
func (s *salvage) lookAhead(workers, most int, step uint64, stopped func() bool) error {
	size := uint64(len(s.pack.data))
	parts := make([][]piece, (size+step-1)/step)
	s.known = &readAhead{parts: parts}
	if workers < 2 || len(parts) < 2 {
		return nil
	}
	var next, found atomic.Int64
	var group conc.WaitGroup // which hands on a panic
	errs := make([]error, workers)
	for i := range workers {
		group.Go(func() {
			own := &salvage{pack: s.pack, allowed: s.allowed}
			errs[i] = mapped.Guard(func() error {
				for part := next.Add(1) - 1; part < int64(len(parts)) && !stopped() &&
					found.Load() < int64(most); part = next.Add(1) - 1 {
					parts[part] = own.readPart(max(uint64(part)*step, packHeader), min(uint64(part+1)*step, size))
					found.Add(int64(len(parts[part])))
				}
				return nil
			})
		})
	}
	group.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// readPart reads the entries that begin between two places, until one cannot be read.
func (s *salvage) readPart(from, to uint64) (found []piece) {
	s.tries = aheadTries
	at := from
	if from > packHeader {
		at = s.nextBefore(from, to)
	}
	for at < to {
		one, err := s.read(at)
		if err != nil {
			break
		}
		found = append(found, one)
		at = one.to
	}
	return found
}

// at returns the entry at an offset, if it was read. Offsets are asked for in their order.
func (r *readAhead) at(at uint64) (one piece, ok bool) {
	if r == nil {
		return one, false
	}
	for len(r.parts) > 0 {
		for part := r.parts[0]; r.next < len(part); r.next++ {
			if part[r.next].from >= at {
				return part[r.next], part[r.next].from == at
			}
		}
		r.parts[0] = nil // it may be large
		r.parts, r.next = r.parts[1:], 0
	}
	return one, false
}
