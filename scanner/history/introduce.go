package history

import (
	"slices"
	"strings"

	"skleak/rules"
)

// spot is a key at a path: what is reported once, with the commit that brought it there.
type spot struct {
	key  rules.Key
	path string
}

// origin is how a spot came to be: the commit, and the leaf that stood at the path in it.
type origin struct {
	commit int32
	leaf   uint32
}

// origins finds, for each spot, the first commit in the order of the graph that has it where none of
// its parents does. A commit that a ref reaches goes before all that none does: what a person can
// still fetch matters more than what a rebase left behind.
type origins struct {
	holders  *holders
	graph    *graph
	reached  []bool
	files    *fileLookup
	found    map[spot]origin
	stranded map[spot]origin // by commits that no ref reaches
}

func (s *search) findOrigins(h *holders, g *graph, reached []bool) *origins {
	o := &origins{
		holders: h, graph: g, reached: reached, files: &fileLookup{search: s, reader: s.repo.db.NewReader()},
		found: map[spot]origin{}, stranded: map[spot]origin{},
	}
	for _, c := range g.order {
		if s.within != nil && !s.within[g.number[c]] {
			continue
		}
		if _, holds := h.links[g.tree[c]]; holds {
			o.commit(c)
		}
	}
	for at, from := range o.stranded {
		if _, ok := o.found[at]; !ok {
			o.found[at] = from
		}
	}
	return o
}

// commit records the spots that a commit brings.
func (o *origins) commit(c int32) {
	parents := o.graph.parents[c]
	before := uint32(absent)
	if len(parents) > 0 {
		before = o.graph.tree[parents[0]]
	}
	into := o.found
	if !o.reached[c] {
		into = o.stranded
	}
	o.holders.diff(o.graph.tree[c], before, nil, func(path []uint32, leaf uint32) {
		for _, key := range o.holders.leaves[leaf].keys() {
			if o.holders.anyHas(o.graph.treesOf(parents), path, key) {
				continue
			}
			at := spot{key, o.holders.path(path)}
			if _, known := into[at]; !known && !o.moved(c, at) {
				into[at] = origin{c, leaf}
				o.bound()
			}
		}
	})
}

// bound ends the trace when there are too many spots.
func (o *origins) bound() {
	if len(o.found)+len(o.stranded) >= maxSpots {
		o.holders.steps = maxSteps
	}
}

// keys are the distinct keys of a leaf, in the order of their places.
func (l leaf) keys() (keys []rules.Key) {
	for _, m := range l.matches {
		if !slices.Contains(keys, m.key) {
			keys = append(keys, m.key)
		}
	}
	return keys
}

func (g *graph) treesOf(commits []int32) (trees []uint32) {
	for _, c := range commits {
		trees = append(trees, g.tree[c])
	}
	return trees
}

// maxSteps is how many paths are looked at to trace the keys of one repository. A real one takes a hundredth of it; trees
// that name one another ten times, ten deep, have more paths than anybody can wait for.
const maxSteps = 20_000_000

// maxSpots is how many spots are told of, about 400 bytes each.
const maxSpots = 100_000

// step counts a path that is looked at; false ends the trace.
func (h *holders) step() bool {
	if h.steps >= maxSteps || h.steps&0xfff == 0 && h.ctx.Err() != nil {
		return false
	}
	h.steps++
	return true
}

// diff calls f for each leaf below a tree that does not stand at the same path below another one.
func (h *holders) diff(tree, before uint32, path []uint32, f func(path []uint32, leaf uint32)) {
	if tree == before {
		return
	}
	old := h.links[before]
	for _, l := range h.links[tree] {
		for len(old) > 0 && old[0].name < l.name {
			old = old[1:]
		}
		was := uint32(absent)
		same := false
		for _, p := range old {
			if p.name != l.name {
				break
			}
			same = same || p == l
			if !p.leaf {
				was = p.node
			}
		}
		if same {
			continue
		}
		if !h.step() {
			return
		}
		here := append(path, l.name)
		if l.leaf {
			f(here, l.node)
		} else {
			h.diff(l.node, was, here, f)
		}
	}
}

// anyHas tells whether one of the trees has the key at the path.
func (h *holders) anyHas(trees []uint32, path []uint32, key rules.Key) bool {
	return slices.ContainsFunc(trees, func(t uint32) bool { return h.has(t, path, key) })
}

func (h *holders) has(tree uint32, path []uint32, key rules.Key) bool {
	links := h.links[tree]
	at, _ := slices.BinarySearchFunc(links, path[0], func(l link, name uint32) int { return int(int64(l.name) - int64(name)) })
	for ; at < len(links) && links[at].name == path[0]; at++ {
		switch l := links[at]; {
		case l.leaf && len(path) == 1:
			if h.leaves[l.node].has(key) {
				return true
			}
		case !l.leaf && len(path) > 1:
			if h.has(l.node, path[1:], key) {
				return true
			}
		}
	}
	return false
}

func (l leaf) has(key rules.Key) bool {
	return slices.ContainsFunc(l.matches, func(m match) bool { return m.key == key })
}

func (h *holders) path(names []uint32) string {
	parts := make([]string, len(names))
	for i, n := range names {
		parts[i] = h.names[n]
	}
	return strings.Join(parts, "/")
}

// namesOf turns a path into the form of the links; ok is false where no hit's path has such a name.
func (h *holders) namesOf(path string) (names []uint32, ok bool) {
	for part := range strings.SplitSeq(path, "/") {
		at, ok := slices.BinarySearch(h.names, part)
		if !ok {
			return nil, false
		}
		names = append(names, uint32(at))
	}
	return names, true
}

// moved tells whether a commit brings a key to a path by renaming the file: a parent has the key at another
// path that the commit no longer has, and does not have this path.
func (o *origins) moved(c int32, at spot) bool {
	root := o.graph.tree[c]
	for _, p := range o.graph.parents[c] {
		before := o.graph.tree[p]
		moved := false
		o.holders.diff(before, root, nil, func(path []uint32, leaf uint32) {
			if !moved && o.holders.leaves[leaf].has(at.key) {
				old := o.holders.path(path)
				moved = !o.files.search.ignored(old) && !o.files.has(root, old) // from an ignored path it would go untold
			}
		})
		if moved && !o.files.has(before, at.path) {
			return true
		}
	}
	return false
}
