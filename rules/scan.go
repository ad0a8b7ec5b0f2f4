package rules

import "slices"

// A view is a text to confirm candidates in: what Scan was given, or what one form makes of a part
// of it. cut says that the text goes on behind the end of the view.
type view struct {
	text []byte
	cut  bool
}

// Scan confirms every candidate of text and calls found for each key, in order of Start. A key is
// reported once, however many candidates lead to it.
func (s *Set) Scan(text []byte, found func(Match)) {
	queue := queue{found: found, reach: s.Reach()}
	for at := s.Next(text, 0); at >= 0; at = s.Next(text, at+1) {
		queue.release(at)
		s.confirm(view{text: text}, at, queue.add)
	}
	queue.flush()
}

// confirm tries every reading of the candidate at v.text[at:].
func (s *Set) confirm(v view, at int, found func(Match)) {
	long, short := s.searcher.windowsAt(v.text, at)
	for _, window := range []int{long, short} {
		if window < 0 {
			continue
		}
		for _, e := range s.entries[window] {
			if o := s.read(v, at, e); o.found {
				found(o.match)
			}
		}
	}
}

// read confirms the candidate as one of the things its window can be part of.
func (s *Set) read(v view, at int, e entry) outcome {
	r := &s.rules[e.rule]
	start := at - int(e.lead)
	if e.form != formPlain || start < 0 || !hasPrefix(v.text[start:], r.prefix) {
		return outcome{}
	}
	return r.confirmPlain(v, start)
}

// A queue holds matches back until none can come that starts before them, so that they leave in
// order, and drops those that were found already.
type queue struct {
	found   func(Match)
	reach   int
	pending []Match
}

func (q *queue) add(m Match) {
	for _, other := range q.pending {
		if other.Start == m.Start && other.End == m.End && other.Key == m.Key {
			return
		}
	}
	q.pending = append(q.pending, m)
}

// release lets go of every match that starts too far before the candidate at at to be overtaken.
func (q *queue) release(at int) {
	if len(q.pending) == 0 || q.pending[0].Start >= at-q.reach {
		return
	}
	q.sort()
	n := 0
	for n < len(q.pending) && q.pending[n].Start < at-q.reach {
		q.found(q.pending[n])
		n++
	}
	q.pending = slices.Delete(q.pending, 0, n)
}

func (q *queue) flush() {
	q.sort()
	for _, m := range q.pending {
		q.found(m)
	}
}

func (q *queue) sort() {
	slices.SortStableFunc(q.pending, func(a, b Match) int {
		if a.Start != b.Start {
			return a.Start - b.Start
		}
		return a.End - b.End
	})
}
