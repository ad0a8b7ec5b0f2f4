package holders

import (
	"slices"

	"skleak/scanner/git/odb"
	"skleak/scanner/git/pack"
)

// linkShare: of so many bytes of memory one link may be held, which takes up to half of them.
const linkShare = 64

// noted finds the notes of trees.
type noted struct {
	places pack.Ranked
	at     []uint32 // by place: which word in the blocks, each counted as long as it may be
	blocks [][]uint32
}

// index makes the notes of n ready to be found, of a database of so many objects.
func (n *Notes) index(objects int) *noted {
	x := &noted{}
	trees := pack.NewBitmap(objects)
	for _, t := range n.takers {
		x.blocks = append(x.blocks, t.blocks...)
	}
	x.each(func(tree, _ uint32, _ []uint32, _ uint32) { trees.Add(tree) })
	x.places = pack.NewRanked(trees)
	x.at = make([]uint32, x.places.Len())
	x.each(func(tree, _ uint32, _ []uint32, at uint32) {
		place, _ := x.places.Rank(tree)
		x.at[place] = at
	})
	return x
}

// each calls f for the notes of all trees.
func (x *noted) each(f func(tree, base uint32, steps []uint32, at uint32)) {
	for i, block := range x.blocks {
		for at := 0; at < len(block); {
			steps := block[at+noteHead:][:block[at+2]]
			f(block[at], block[at+1], steps, uint32(i*blockWords+at))
			at += noteHead + len(steps)
		}
	}
}

// of returns the notes of a tree; those of one without leads have no steps.
func (x *noted) of(tree uint32) (base uint32, steps []uint32) {
	place, ok := x.places.Rank(tree)
	if !ok {
		return odb.Absent, nil
	}
	at := x.at[place]
	note := x.blocks[at/blockWords][at%blockWords:]
	return note[1], note[noteHead:][:note[2]]
}

// climb returns the trees that may hold keys: those of some blobs, or in the names of some trees. What a tree holds
// that it shares with its base, the base holds too; so from the leaves upwards, "has as a lead of its own" and "shares
// leads with one that may hold it" lead to every tree that can hold one, and to some that do not.
func (x *noted) climb(blobs, named []uint32, objects int) pack.Bitmap {
	first := make([]uint32, objects+1) // where those begin to which an object leads
	x.eachEdge(blobs, func(from, _ uint32) { first[from]++ })
	end := uint32(0)
	for i := range first {
		end += first[i]
		first[i] = end
	}
	trees := make([]uint32, end)
	x.eachEdge(blobs, func(from, tree uint32) { // from the end of each list, so that first needs no copy
		first[from]--
		trees[first[from]] = tree
	})
	found, stack := pack.NewBitmap(objects), slices.Clone(named)
	push := func(from uint32) { stack = append(stack, trees[first[from]:first[from+1]]...) }
	for _, blob := range blobs {
		push(blob)
	}
	for len(stack) > 0 {
		tree := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if !found.Has(tree) {
			found.Add(tree)
			push(tree)
		}
	}
	return found
}

// eachEdge calls f for each object of which a tree has all or a part: what it names, and its base.
func (x *noted) eachEdge(blobs []uint32, f func(from, tree uint32)) {
	x.each(func(tree, base uint32, steps []uint32, _ uint32) {
		onBase := false
		for ; len(steps) > 0; steps = steps[2:] {
			switch steps[0] & stepKind {
			case isCopy:
				onBase = true
			case isLeaf:
				f(blobs[steps[1]], tree)
			case isFolder:
				f(steps[1], tree)
			}
		}
		if onBase {
			f(base, tree)
		}
	})
}

// grower makes the links of trees of what was noted of them.
type grower struct {
	*Holders
	noted *noted
	rank  []uint32    // of names, by number
	done  pack.Bitmap // by place
	chain []uint32    // trees built on one another, the last one first
	links []link      // of the tree at hand
	slab  []link      // memory for those of others
	left  int64       // links that may yet be held
}

// grow makes the links of all candidates, so many at most. It returns how many more there could be; false if there were
// too many.
func (h *Holders) grow(x *noted, rank []uint32, most int64) (left int64, ok bool) {
	g := &grower{Holders: h, noted: x, rank: rank, done: pack.NewBitmap(h.places.Len()), left: most}
	h.links = make([][]link, h.places.Len())
	for tree := range h.places.All() {
		if g.growChain(tree); g.left < 0 {
			return 0, false
		}
	}
	return g.left, true
}

// growChain makes the links of a tree, after those of what it is built on. What is no candidate leads nowhere, and so
// does what others share with it.
func (g *grower) growChain(tree uint32) {
	g.chain = g.chain[:0]
	for {
		place, ok := g.places.Rank(tree)
		if !ok || g.done.Has(uint32(place)) {
			break
		}
		g.done.Add(uint32(place))
		g.chain = append(g.chain, tree)
		tree, _ = g.noted.of(tree)
	}
	for _, tree := range slices.Backward(g.chain) {
		place, _ := g.places.Rank(tree)
		links := g.linksNoted(tree)
		g.Holders.links[place] = links
		g.left -= int64(len(links))
	}
}

// linksNoted makes the links of a tree whose base has its own.
func (g *grower) linksNoted(tree uint32) []link {
	base, steps := g.noted.of(tree)
	shared := g.linksOf(base)
	if len(steps) == 2 && steps[0] == isCopy && (len(shared) == 0 || shared[len(shared)-1].at < steps[1]) {
		return shared
	}
	g.links = g.links[:0]
	at := uint32(0) // how many leads the tree has before the step
	for ; len(steps) > 0; steps = steps[2:] {
		which, what := steps[0]>>kindBits, steps[1]
		switch steps[0] & stepKind {
		case isCopy:
			g.share(shared, which, what, at)
			at += what
			continue
		case isLeaf:
			g.links = append(g.links, link{g.rank[which], what, at, true})
		case isFolder:
			if _, ok := g.places.Rank(what); ok {
				g.links = append(g.links, link{g.rank[which], what, at, false})
			}
		}
		at++
	}
	return g.keep()
}

// share adds those of a base's links that are among so many of its leads, from one on. They are as many leads of the
// tree, from at on.
func (g *grower) share(base []link, first, count, at uint32) {
	from, _ := slices.BinarySearchFunc(base, first, func(l link, at uint32) int { return int(int64(l.at) - int64(at)) })
	for _, l := range base[from:] {
		if l.at-first >= count {
			return
		}
		l.at = l.at - first + at
		g.links = append(g.links, l)
	}
}

// slabLinks is how many links are made room for at a time.
const slabLinks = 1 << 12

// keep copies the links of the tree at hand to where they stay.
func (g *grower) keep() []link {
	n := len(g.links)
	if n > len(g.slab) {
		g.slab = make([]link, max(n, slabLinks))
	}
	kept := g.slab[:n:n]
	g.slab = g.slab[n:]
	copy(kept, g.links)
	return kept
}
