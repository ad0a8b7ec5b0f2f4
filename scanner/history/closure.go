package history

import (
	"context"
	"maps"
	"slices"

	"skleak/scanner/git/pack"
	"skleak/scanner/history/internal/keyset"
)

// Which trees hold hits is found in two walks over trees, however deep the folders are.
//
// The first notes for each tree only the entries that its delta brings in. If T is built on B, what T
// holds is among what B holds and what the delta brings in; so from the hits upwards, "named by what a delta brings in"
// and "built on one that may hold it" lead to every tree that can hold a hit, and to some that do not.
// The second walk reads just those and keeps the entries that really lead to hits.
//
// Rejected: a walk for each level of folders (as many walks as the deepest path has folders), and
// resolving trees from each commit down (80,000 commits of git's own repository read the same trees over and over).

// edge says that a tree's delta, or a tree that is no delta, brings in an entry.
type edge struct{ child, tree uint32 }

// link is an entry of a tree that leads to a hit.
type link struct {
	name uint32 // in holders.names
	node uint32 // number of a tree, or index of a leaf
	leaf bool
}

// leaf is what stands at the end of a path: a blob with keys, or a name with keys.
type leaf struct {
	number uint32 // the blob; absent for a name
	name   string // that has the keys
	keys   keyset.Set
}

func (l leaf) isName() bool { return l.number == absent }

// holders are the trees that lead to hits, and how.
type holders struct {
	links  map[uint32][]link // by tree number; sorted by name, trees before leaves
	names  []string          // sorted, so that comparing indexes compares names
	leaves []leaf

	ctx   context.Context // of the scan that all this belongs to
	steps int             // paths looked at so far; see maxSteps
}

// findHolders runs both walks.
func (s *search) findHolders(ctx context.Context) (*holders, error) {
	h := &holders{links: map[uint32][]link{}, ctx: ctx}
	leafOf := h.addLeaves(s)
	edges, err := s.readEdges(ctx, leafOf)
	if err != nil {
		return nil, err
	}
	candidates := s.climb(edges)
	if err := s.readLinks(ctx, h, leafOf, candidates); err != nil {
		return nil, err
	}
	if s.links.Load() > s.memory()/linkShare { // which ones were kept depends on timing
		h.links, h.steps = map[uint32][]link{}, maxSteps
	}
	h.prune()
	return h, nil
}

// addLeaves makes a leaf of each blob with keys, and returns which.
func (h *holders) addLeaves(s *search) (leafOf map[uint32]uint32) {
	leafOf = map[uint32]uint32{}
	for _, number := range s.sortedHits() {
		if hit := s.hits[number]; hit.kind == pack.Blob {
			leafOf[number] = uint32(len(h.leaves))
			h.leaves = append(h.leaves, leaf{number: number, keys: hit.keys})
		}
	}
	return leafOf
}

// sortedHits are the numbers of the objects with keys, in the order of their ids.
func (s *search) sortedHits() []uint32 {
	return slices.SortedFunc(maps.Keys(s.hits), func(a, b uint32) int { return s.repo.db.ID(a).Compare(s.repo.db.ID(b)) })
}

// prune drops the links that lead to no leaf, and sorts the rest.
func (h *holders) prune() {
	state := make(map[uint32]bool,
		len(h.links)) // true: leads to a leaf; present and false: it does not, or is being looked at
	var leads func(tree uint32) bool
	leads = func(tree uint32) bool {
		if is, ok := state[tree]; ok {
			return is
		}
		state[tree] = false
		kept := h.links[tree][:0]
		for _, l := range h.links[tree] {
			if l.leaf || leads(l.node) {
				kept = append(kept, l)
			}
		}
		h.links[tree] = kept
		state[tree] = len(kept) > 0
		return len(kept) > 0
	}
	for tree := range h.links {
		leads(tree)
	}
	for tree, links := range h.links {
		if len(links) == 0 {
			delete(h.links, tree)
			continue
		}
		slices.SortFunc(links, func(a, b link) int { return compareLinks(a, b) })
	}
}

func compareLinks(a, b link) int {
	switch {
	case a.name != b.name:
		return int(int64(a.name) - int64(b.name))
	case a.leaf != b.leaf:
		if b.leaf {
			return -1
		}
		return 1
	}
	return int(int64(a.node) - int64(b.node))
}

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
