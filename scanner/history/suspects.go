package history

import (
	"math"
	"slices"

	"skleak/scanner/git/deltas"
	"skleak/scanner/git/pack"
)

// suspects are all candidates of a content in which none is a key, in order: what is built on it has them where it copies
// them. A candidate is one for its own bytes, whatever stands around it.
type suspects []uint32

// suspectBytes is how many bytes a content must have for each suspect that is remembered of it: git's own source has
// one in 2,000 bytes for a literal that thousands of its blobs hold.
const suspectBytes = 64

// suspectsIn finds all candidates of a delta from those of its base, if these are known. The result is good until the
// next call.
func (g *glancer) suspectsIn(o *pack.Object) (list []uint32, known bool) {
	base, known := o.Base.(suspects)
	if !known && o.BaseMark&candidateBits != isClear || uint64(len(o.Content)) > math.MaxUint32 {
		return nil, false
	}
	most := len(o.Content) / suspectBytes
	g.copied, g.fresh = g.copied[:0], g.fresh[:0]
	if len(base) > 0 {
		o.EachRun(func(to deltas.Range, from int) {
			if len(g.copied) <= most {
				g.follow(base, to, from)
			}
		})
	}
	for _, r := range o.Dirty {
		g.searchPart(o.Content, r.From, r.To, most)
	}
	// Behind the last byte there is no seam, and of what a copy ends with, follow leaves out what may be cut.
	g.searchPart(o.Content, len(o.Content)-g.rules.Overlap(), len(o.Content), most)
	if len(g.copied)+len(g.fresh) > most {
		return nil, false
	}
	g.copied = append(g.copied, g.fresh...)
	slices.Sort(g.copied)
	g.copied = slices.Compact(g.copied)
	return g.copied, true
}

// follow adds the candidates that are copied whole. How long one is nobody told, so those in the last bytes of a copy are
// left to the search of what is new: these are in a seam, or at the end.
func (g *glancer) follow(base suspects, to deltas.Range, from int) {
	last := from + to.To - to.From - g.rules.Overlap()
	first, _ := slices.BinarySearch(base, uint32(from))
	for _, at := range base[first:] {
		if int(at) >= last {
			return
		}
		g.copied = append(g.copied, uint32(int(at)-from+to.From))
	}
}

// searchPart adds the candidates in a part of a content, so many at most and one.
func (g *glancer) searchPart(content []byte, from, to, most int) {
	for at := max(from, 0); len(g.fresh) <= most; at++ {
		if at = g.rules.NextIn(content, at, to); at < 0 {
			return
		}
		g.fresh = append(g.fresh, uint32(at))
	}
}

// leaveSuspects leaves the candidates of an object for those that are built on it.
func leaveSuspects(o *pack.Object, list []uint32) {
	if !o.Leaf {
		o.Keep = suspects(slices.Clone(list))
	}
}

// leaveAll searches for the candidates of an object that was judged whole.
func (g *glancer) leaveAll(o *pack.Object) {
	most := len(o.Content) / suspectBytes
	if g.fresh = g.fresh[:0]; o.Leaf || o.Pack == nil || uint64(len(o.Content)) > math.MaxUint32 {
		return
	}
	if g.searchPart(o.Content, 0, len(o.Content), most); len(g.fresh) <= most {
		leaveSuspects(o, g.fresh)
	}
}
