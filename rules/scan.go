package rules

import (
	"cmp"
	"slices"
	"strings"

	"skleak/rules/internal/form"
)

// Scan confirms every candidate of text and calls found for each key, in order of Start. A key is
// reported once, however many candidates lead to it. It returns false if the text holds so many candidates that
// some were not looked into: see work.
func (s *Set) Scan(text []byte, found func(Match)) (complete bool) {
	at := s.Next(text, 0)
	if at < 0 {
		return true
	}
	c := s.begin(workAByte)
	defer c.end()
	c.run(text, at, func(from int) int { return s.Next(text, from) }, found)
	return !c.work.ranOut
}

// ScanAt is Scan for the candidates at some positions, in rising order.
func (s *Set) ScanAt(text []byte, positions []int, found func(Match)) (complete bool) {
	if len(positions) == 0 {
		return true
	}
	c := s.begin(workAByte)
	defer c.end()
	c.run(text, positions[0], func(int) int {
		if positions = positions[1:]; len(positions) == 0 {
			return -1
		}
		return positions[0]
	}, found)
	return !c.work.ranOut
}

// EachKey calls found for each candidate that starts in text[from:to] and leads to a key. Several may lead to the
// same one, of which Scan tells once.
func (s *Set) EachKey(text []byte, from, to int, found func(at int, k Key)) (complete bool) {
	last := min(to+s.Overlap(), len(text)) // a candidate that starts before to ends before this
	next := func(at int) int {
		if at = s.NextIn(text, at, last); at < to {
			return at
		}
		return -1
	}
	return s.eachKey(text, from, next(from), next, found)
}

// EachKeyAt is EachKey for who knows where the candidates are that start from a place on: at some positions, in rising
// order.
func (s *Set) EachKeyAt(text []byte, from int, positions []uint32, found func(at int, k Key)) (complete bool) {
	next := func(int) int {
		if len(positions) == 0 {
			return -1
		}
		at := positions[0]
		positions = positions[1:]
		return int(at)
	}
	return s.eachKey(text, from, next(from), next, found)
}

// eachKey judges candidates from the first one on; next tells where the one is at a place or behind it, -1 if there is none.
func (s *Set) eachKey(text []byte, from, first int, next func(at int) int, found func(at int, k Key)) (complete bool) {
	if first < 0 {
		return true
	}
	c := s.begin(workAByte)
	defer c.end()
	at := first
	add := func(m Match) { found(at, m.Key) }
	for v := (form.View{Text: text}); at >= 0; at = next(at + 1) {
		c.work.limit = workAhead + (at-from)*c.aByte
		c.confirm(&v, at, nil, 0, add)
	}
	return !c.work.ranOut
}

// run confirms the candidates from the first one on; next tells where the next one is, -1 if there is none.
func (c *scan) run(text []byte, first int, next func(from int) int, found func(Match)) {
	queue := queue{found: found}
	v := form.View{Text: text}
	for at := first; at >= 0; at = next(at + 1) {
		queue.release(at - c.set.Reach())
		c.work.limit = workAhead + at*c.aByte
		c.confirm(&v, at, nil, 0, queue.add)
	}
	queue.release(len(text))
}

// A queue holds matches back until none can come that starts before them, so that they leave in
// order. Of two that are the same key at the same place it keeps the one that a rule of the user's own found,
// which may name the provider, or else the one read in fewer forms.
type queue struct {
	found   func(Match)
	pending []Match // in order
}

func (q *queue) add(m Match) {
	for i, other := range q.pending {
		if other.Key != m.Key || other.Start >= m.End || m.Start >= other.End {
			continue
		}
		own, others := m.Rule != "", other.Rule != ""
		if others && !own || own == others && strings.Count(other.Form, "+") <= strings.Count(m.Form, "+") {
			return
		}
		q.pending = slices.Delete(q.pending, i, i+1)
		break
	}
	at, _ := slices.BinarySearchFunc(q.pending, m, func(a, b Match) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End))
	})
	q.pending = slices.Insert(q.pending, at, m)
}

// release lets go of the matches that start before limit.
func (q *queue) release(limit int) {
	n := 0
	for n < len(q.pending) && q.pending[n].Start < limit {
		q.found(q.pending[n])
		n++
	}
	q.pending = slices.Delete(q.pending, 0, n)
}
