// Package holders finds out which trees hold the blobs and the names with keys, and at which paths.
//
// Finding them takes two passes over trees, however deep the folders are. The first notes for each tree only the entries that
// its delta brings in. If T is built on B, what T holds is among what B holds and what the delta brings in; so from the
// blobs upwards, "named by what a delta brings in" and "built on one that may hold it" lead to every tree that can hold
// one, and to some that do not. The second pass reads just those and keeps the entries that really lead to keys.
//
// Rejected: a pass for each level of folders (as many passes as the deepest path has folders), and resolving trees from
// each commit down (80,000 commits of git's own repository read the same trees over and over).
package holders

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync/atomic"

	"skleak/scanner/git/odb"
	"skleak/scanner/git/pack"
	"skleak/scanner/git/passes"
	"skleak/scanner/history/internal/keyset"
)

// Question says whose holders are looked for.
type Question struct {
	Objects *passes.Objects
	Blobs   []Leaf   // with keys
	Trees   []uint32 // with keys in names
	// KeyNames makes, for one goroutine, what calls f for the names with keys in a tree.
	KeyNames func() func(tree []byte, f func(name string, keys []uint32))
	Memory   int64 // half of it is for what is found
}

// Leaf is what stands at the end of a path: a blob with keys, or a name with keys.
type Leaf struct {
	Number uint32 // of the blob; odb.Absent for a name
	Name   string // that has the keys
	Keys   keyset.Set
}

// IsName is true for a name.
func (l Leaf) IsName() bool { return l.Number == odb.Absent }

// Holders are the trees that lead to keys, and how. A path is a list of names, which are known by their indexes.
type Holders struct {
	Leaves []Leaf

	leafOf map[uint32]uint32 // by number of a blob
	links  map[uint32][]link // by tree number; sorted by name, trees before leaves
	names  []string          // sorted, so that comparing indexes compares names

	ctx   context.Context // of the scan that all this belongs to
	steps int             // paths looked at so far; see MaxSteps
}

// link is an entry of a tree that leads to keys.
type link struct {
	name uint32 // in Holders.names
	node uint32 // number of a tree, or index of a leaf
	leaf bool
}

// Find finds the holders. Notes from an earlier pass spare the first one, if they are complete; nil: there are none.
func Find(ctx context.Context, q Question, n *Notes) (*Holders, error) {
	h := &Holders{Leaves: q.Blobs, leafOf: map[uint32]uint32{}, links: map[uint32][]link{}, ctx: ctx}
	numbers := make([]uint32, len(q.Blobs))
	for i, blob := range q.Blobs {
		h.leafOf[blob.Number], numbers[i] = uint32(i), blob.Number
	}
	if n == nil || !n.Complete() || n.leaves != len(q.Blobs) {
		n = NewNotes(q.Objects.DB, numbers)
		trees := passes.Pass{Kinds: pack.Kinds(pack.Tree), Margin: 1}
		var err error
		if n.edges, err = passes.Collect(ctx, q.Objects, trees, n.Note); err != nil {
			return nil, err
		}
	}
	var held atomic.Int64
	candidates := climb(q, numbers, n.edges)
	if err := h.readLinks(ctx, q, candidates, &held); err != nil {
		return nil, err
	}
	if held.Load() > q.Memory/linkShare { // which ones were kept depends on timing
		h.links = map[uint32][]link{}
		h.CutShort()
	}
	h.prune()
	return h, nil
}

// prune drops the links that lead to no leaf, and sorts the rest.
func (h *Holders) prune() {
	known := make(map[uint32]bool, len(h.links)) // whether a tree leads to a leaf; false as long as it is looked at
	var leads func(tree uint32) bool
	leads = func(tree uint32) bool {
		if is, ok := known[tree]; ok {
			return is
		}
		known[tree] = false
		h.links[tree] = slices.DeleteFunc(h.links[tree], func(l link) bool { return !l.leaf && !leads(l.node) })
		known[tree] = len(h.links[tree]) > 0
		return known[tree]
	}
	for tree := range h.links {
		leads(tree)
	}
	for tree, links := range h.links {
		if len(links) == 0 {
			delete(h.links, tree)
		}
		slices.SortFunc(links, compareLinks)
	}
}

func compareLinks(a, b link) int {
	rank := func(l link) int {
		if l.leaf {
			return 1
		}
		return 0
	}
	return cmp.Or(cmp.Compare(a.name, b.name), rank(a)-rank(b), cmp.Compare(a.node, b.node))
}

// MaxSteps is how many paths are looked at to trace the keys of one repository. A real one takes a hundredth of it;
// trees that name one another ten times, ten deep, have more paths than anybody can wait for.
const MaxSteps = 20_000_000

// step counts a path that is looked at; false ends the trace.
func (h *Holders) step() bool {
	if h.steps >= MaxSteps || h.steps&0xfff == 0 && h.ctx.Err() != nil {
		return false
	}
	h.steps++
	return true
}

// CutShort ends the trace: no further path is looked at.
func (h *Holders) CutShort() { h.steps = MaxSteps }

// LeaveSteps leaves no more than so many paths to be looked at.
func (h *Holders) LeaveSteps(n int) { h.steps = max(h.steps, MaxSteps-n) }

// IsCutShort is true where not all paths were looked at.
func (h *Holders) IsCutShort() bool { return h.steps >= MaxSteps }

// Holds is true for a tree that leads to keys.
func (h *Holders) Holds(tree uint32) bool { return len(h.links[tree]) > 0 }

// Diff calls f for each leaf below a tree that does not stand at the same path below another one.
func (h *Holders) Diff(tree, before uint32, f func(path []uint32, leaf uint32)) {
	h.diff(tree, before, nil, f)
}

func (h *Holders) diff(tree, before uint32, path []uint32, f func(path []uint32, leaf uint32)) {
	if tree == before {
		return
	}
	old := h.links[before]
	for _, l := range h.links[tree] {
		for len(old) > 0 && old[0].name < l.name {
			old = old[1:]
		}
		was := uint32(odb.Absent)
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

// KeysAt are the keys that a tree has at a path, in names or in contents.
func (h *Holders) KeysAt(tree uint32, path []uint32, inName bool) (keys keyset.Set) {
	links := h.links[tree]
	at, _ := slices.BinarySearchFunc(links, path[0], func(l link, name uint32) int { return cmp.Compare(l.name, name) })
	for ; at < len(links) && links[at].name == path[0] && h.step(); at++ { // a tree may have a name twice
		switch l := links[at]; {
		case l.leaf && len(path) == 1 && h.Leaves[l.node].IsName() == inName:
			keys = keys.Union(h.Leaves[l.node].Keys)
		case !l.leaf && len(path) > 1:
			keys = keys.Union(h.KeysAt(l.node, path[1:], inName))
		}
	}
	return keys
}

// PathOf writes a path with slashes.
func (h *Holders) PathOf(path []uint32) string {
	parts := make([]string, len(path))
	for i, n := range path {
		parts[i] = h.names[n]
	}
	return strings.Join(parts, "/")
}

// ParsePath reads a path with slashes; ok is false where no path to keys has such a name.
func (h *Holders) ParsePath(text string) (path []uint32, ok bool) {
	for part := range strings.SplitSeq(text, "/") {
		at, ok := slices.BinarySearch(h.names, part)
		if !ok {
			return nil, false
		}
		path = append(path, uint32(at))
	}
	return path, true
}

// LeafOf finds the leaf that a blob is.
func (h *Holders) LeafOf(blob uint32) (leaf uint32, ok bool) {
	leaf, ok = h.leafOf[blob]
	return leaf, ok
}

// Below calls f for each leaf below some trees; seen keeps the trees already looked into.
func (h *Holders) Below(trees []uint32, seen map[uint32]bool, f func(leaf uint32)) {
	stack := slices.Clone(trees)
	for len(stack) > 0 {
		t := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if seen[t] {
			continue
		}
		seen[t] = true
		for _, l := range h.links[t] {
			if l.leaf {
				f(l.node)
			} else {
				stack = append(stack, l.node)
			}
		}
	}
}

// keysKnown is from how many sets on KeysBelow forgets them.
const keysKnown = 1 << 12

// KeysBelow returns what tells the keys of an object, one after the other: a tree, or a blob with keys.
func (h *Holders) KeysBelow() func(object uint32) keyset.Set {
	known := map[uint32]keyset.Set{}
	var below func(tree uint32) keyset.Set
	below = func(tree uint32) (keys keyset.Set) {
		if keys, ok := known[tree]; ok {
			return keys
		}
		known[tree] = nil // a tree that leads to itself, which only forged ids can make, has no more
		for _, l := range h.links[tree] {
			if l.leaf {
				keys = keys.Union(h.Leaves[l.node].Keys)
			} else {
				keys = keys.Union(below(l.node))
			}
		}
		known[tree] = keys
		return keys
	}
	return func(object uint32) keyset.Set {
		if leaf, ok := h.leafOf[object]; ok {
			return h.Leaves[leaf].Keys
		}
		if len(known) > keysKnown {
			clear(known)
		}
		return below(object)
	}
}

// Tops are the trees that lead to keys, are not among those seen, and that no other one of these names.
func (h *Holders) Tops(seen map[uint32]bool) (tops []uint32) {
	named := map[uint32]bool{}
	for tree, links := range h.links {
		for _, l := range links {
			if !seen[tree] && !l.leaf {
				named[l.node] = true
			}
		}
	}
	for tree := range h.links {
		if !seen[tree] && !named[tree] {
			tops = append(tops, tree)
		}
	}
	return tops
}
