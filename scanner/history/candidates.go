package history

import (
	"slices"

	"skleak/rules"
	"skleak/rules/provider"
	"skleak/scanner"
	"skleak/scanner/git/deltas"
	"skleak/scanner/git/pack"
)

// Most of what looks like a key is none, and the thousand versions of a file have the same look-alikes. They are
// judged once: in a version that is built on one without keys, a key can only stand near what the delta changes. That
// is exact, since nothing further than Rules.Reach from a candidate has a say in what becomes of it.
//
// Keys are followed through the copies of a delta (see followBase), and so are the candidates that are none (see
// suspects): they need not be searched for again around every change. Rejected: to remember verdicts by a hash of the bytes
// around a candidate, which finds fewer of the same (any edit within 4 KB is another hash), takes a hash that nobody
// can aim at, and has to forget.

// What the search remembers of an object for those built on it.
const (
	isClear  pack.Mark = iota // it has no candidate
	isPassed                  // it may have candidates, and none of them is a key
	hasKeys                   // it has, or is a tree, whose names are judged one by one

	candidateBits pack.Mark = 3 // the rest of a mark is of others

	isContainer pack.Mark = 8 // of a blob: what is built on it may be one as well
)

// noteKeys searches an object and notes its keys.
func (v *searcher) noteKeys(o *pack.Object, number uint32) pack.Mark {
	if mark, sure := v.glance(o); sure {
		return mark
	}
	if !v.confirm(o, number) && o.Kind != pack.Tree {
		v.leaveAll(o)
		return isPassed
	}
	return hasKeys
}

// glancer looks at what is new in objects. One goroutine at a time.
type glancer struct {
	rules  *provider.Set
	copied []uint32 // scratch of suspects: those that are copied
	fresh  []uint32 // and those that are not
}

// glance looks at what is new in an object. It is sure where there can be no key.
func (g *glancer) glance(o *pack.Object) (mark pack.Mark, sure bool) {
	base := o.BaseMark & candidateBits
	switch {
	case o.Delta && base <= isPassed && o.Kind != pack.Tree:
		if base == isClear && !candidateIn(g.rules, o.Content, o.Dirty) {
			return isClear, true
		}
		list, known := g.suspectsIn(o)
		if !g.keyNear(o, list, known) {
			if known {
				leaveSuspects(o, list)
			}
			return isPassed, true
		}
	case !hasSights(o) && !hasCandidate(g.rules, o):
		return isClear, true
	}
	return 0, false
}

// hasSights tells whether the keys of an object's base are known.
func hasSights(o *pack.Object) bool {
	_, known := o.Base.(*sights)
	return known
}

// hasCandidate searches all of an object, or only what is not copied from a base that has no candidate.
func hasCandidate(set *provider.Set, o *pack.Object) bool {
	if !o.Delta || o.BaseMark&candidateBits != isClear {
		return set.Next(o.Content, 0) >= 0
	}
	return candidateIn(set, o.Content, o.Dirty)
}

func candidateIn(set *provider.Set, content []byte, ranges []deltas.Range) bool {
	for _, r := range ranges {
		if set.Next(content[r.From:r.To], 0) >= 0 {
			return true
		}
	}
	return false
}

// keyNear tells whether there may be a key in a content that is built on one without keys: whether a candidate that
// has a changed byte, a seam or an end of the content within reach is one. list are all candidates, if they are known.
func (g *glancer) keyNear(o *pack.Object, list []uint32, known bool) (found bool) {
	reach := g.rules.Reach() + g.rules.Overlap() + 1
	from, to := 0, reach // what the beginning has within reach: more may have stood before it in the base
	add := func(int, rules.Key) { found = true }
	check := func() {
		to := min(to, len(o.Content))
		switch {
		case found:
		case known:
			first, _ := slices.BinarySearch(list, uint32(from))
			behind, _ := slices.BinarySearch(list, uint32(to))
			found = !g.rules.EachKeyAt(o.Content, from, list[first:max(first, behind)], add) || found
		default:
			found = !g.rules.EachKey(o.Content, from, to, add) || found
		}
	}
	for _, r := range o.Dirty {
		if r.From-reach > to {
			check()
			from = r.From - reach
		}
		to = max(to, r.To+reach)
	}
	if end := len(o.Content) - reach; end > to {
		check()
		from = end
	}
	to = len(o.Content)
	check()
	return found
}

// tellDense names an object that was not looked into whole.
func (v *searcher) tellDense(number uint32, complete bool) {
	if !complete {
		v.unreadable(scanner.UnreadableTooLarge, "object "+v.repo.hex(v.repo.db.ID(number)), scanner.ErrDense.Error())
	}
}
