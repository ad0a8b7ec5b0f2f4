package history

import (
	"slices"

	"skleak/scanner/git/pack"
)

// climb returns the trees that may hold hits, as a set of object numbers.
func (s *search) climb(edges []edge) pack.Bitmap {
	total := s.repo.db.Len()
	first := make([]uint32, total+1) // edges by child: where each child's begin
	for _, e := range edges {
		first[e.child+1]++
	}
	for i := range total {
		first[i+1] += first[i]
	}
	trees, next := make([]uint32, len(edges)), slices.Clone(first)
	for _, e := range edges {
		trees[next[e.child]] = e.tree
		next[e.child]++
	}
	c := climber{search: s, found: pack.NewBitmap(total), ranks: make([][]uint32, len(s.layouts))}
	for number, hit := range s.hits {
		switch hit.kind {
		case pack.Tree:
			c.add(number)
		case pack.Blob:
			for _, t := range trees[first[number]:first[number+1]] {
				c.add(t)
			}
		}
	}
	for len(c.queue) > 0 {
		n := c.queue[len(c.queue)-1]
		c.queue = c.queue[:len(c.queue)-1]
		for _, t := range trees[first[n]:first[n+1]] {
			c.add(t)
		}
	}
	return c.found
}

type climber struct {
	search *search
	found  pack.Bitmap
	queue  []uint32
	ranks  [][]uint32 // by pack: position → rank, made when first needed
}

// add adds a tree and those built on it. One that is there already brought its own along.
func (c *climber) add(number uint32) {
	stack := []uint32{number}
	for len(stack) > 0 {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if c.found.Has(n) {
			continue
		}
		c.found.Add(n)
		c.queue = append(c.queue, n)
		p, position, packed := c.search.packedAt(n)
		if !packed || c.search.layouts[p] == nil {
			continue
		}
		layout := c.search.layouts[p]
		if c.ranks[p] == nil {
			c.ranks[p] = layout.Ranks()
		}
		layout.EachChild(c.ranks[p][position], func(rank uint32) {
			child, _ := c.search.repo.db.PackNumber(p, layout.Position(rank))
			stack = append(stack, child)
		})
	}
}

// needed returns, by pack, the ranks of the objects in a set and of what they are built on.
func (s *search) needed(numbers pack.Bitmap) []pack.Bitmap {
	need := make([]pack.Bitmap, len(s.layouts))
	for p, layout := range s.layouts {
		if layout == nil {
			continue
		}
		ranks := pack.NewBitmap(layout.Len())
		some := false
		for r := range layout.Len() {
			position := layout.Position(uint32(r))
			if n, first := s.repo.db.PackNumber(p, position); numbers.Has(n) && s.counts(n, first, inPack(p, position)) {
				ranks.Add(uint32(r))
				some = true
			}
		}
		if some {
			layout.CloseUpward(ranks)
			need[p] = ranks
		}
	}
	return need
}
