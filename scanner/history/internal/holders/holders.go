// Package holders finds out which trees hold the blobs and the names with keys, and at which paths.
//
// That takes no pass over trees of its own where the search takes notes on its way through them (see Notes). They say of
// each tree which entries may lead to keys, or that it shares these with the tree it is a delta of. From the
// blobs upwards they lead to every tree that can hold one (see climb), and for just those the entries are put together
// again.
//
// Rejected: a pass for each level of folders (as many passes as the deepest path has folders), resolving trees from
// each commit down (80,000 commits of git's own repository read the same trees over and over), and a second pass over
// the trees that may hold a key, which took a sixth of a scan of git's history with thousands of hits.
package holders

import (
	"cmp"
	"context"
	"slices"
	"strings"

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
	Memory   int64 // half of it is for what is found, and a quarter for names
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
	places pack.Ranked       // of trees that may lead to keys
	links  [][]link          // by place of the tree; sorted by name, trees before leaves. Two trees may share theirs
	names  []string          // sorted, so that comparing indexes compares names

	ctx   context.Context // of the scan that all this belongs to
	steps int             // paths looked at so far; see MaxSteps
}

// link is an entry of a tree that leads to keys.
type link struct {
	name uint32 // in Holders.names
	node uint32 // number of a tree, or index of a leaf
	at   uint32 // which of the tree's leads it is; see Notes. Of no use once all links are made
	leaf bool
}

// Find finds the holders. Notes of these very blobs that were taken in an earlier pass spare another one, if they are
// complete; nil: there are none.
func Find(ctx context.Context, q Question, n *Notes) (*Holders, error) {
	h := &Holders{Leaves: q.Blobs, ctx: ctx}
	blobs := make([]uint32, len(q.Blobs))
	for i, blob := range q.Blobs {
		blobs[i] = blob.Number
	}
	if n == nil || !n.Complete() || !slices.Equal(n.blobs, blobs) {
		n = NewNotes(q.Objects.DB, blobs, q.Memory)
		if err := n.take(ctx, q.Objects); err != nil {
			return nil, err
		}
	}
	h.leafOf = n.leafOf
	named, err := findNames(ctx, q)
	if err != nil {
		return nil, err
	}
	objects := q.Objects.DB.Len()
	noted := n.index(objects)
	h.places = pack.NewRanked(noted.climb(blobs, q.Trees, objects))
	left, ok := h.grow(noted, h.sortNames(&n.names, named), q.Memory/linkShare)
	if !h.addNames(named, left) || !ok || n.isCut() {
		clear(h.links)
		h.CutShort()
	}
	h.prune()
	return h, nil
}

// linksOf are the links of a tree.
func (h *Holders) linksOf(tree uint32) []link {
	if place, ok := h.places.Rank(tree); ok {
		return h.links[place]
	}
	return nil
}

// What is known of whether a tree leads to a leaf.
const (
	isUnknown    = iota
	leadsNowhere // or is being looked at
	leadsToLeaf
)

// prune drops the links that lead to no leaf, and sorts the rest.
func (h *Holders) prune() {
	known := make([]uint8, len(h.links))
	var leads func(place int) bool
	leadsOn := func(l link) bool {
		place, ok := 0, l.leaf
		if !ok {
			place, ok = h.places.Rank(l.node)
			ok = ok && leads(place)
		}
		return ok
	}
	leads = func(place int) bool {
		if known[place] != isUnknown {
			return known[place] == leadsToLeaf
		}
		known[place] = leadsNowhere
		h.links[place] = filtered(h.links[place], leadsOn)
		if len(h.links[place]) > 0 {
			known[place] = leadsToLeaf
			return true
		}
		return false
	}
	for place := range h.links {
		leads(place)
	}
	for _, links := range h.links {
		if !slices.IsSortedFunc(links, compareLinks) {
			slices.SortFunc(links, compareLinks)
		}
	}
}

// filtered are the links for which keep is true. Others may share them, so they are not changed.
func filtered(links []link, keep func(link) bool) []link {
	for i, l := range links {
		if keep(l) {
			continue
		}
		some := slices.Clone(links[:i])
		for _, l := range links[i+1:] {
			if keep(l) {
				some = append(some, l)
			}
		}
		return some
	}
	return links
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
func (h *Holders) Holds(tree uint32) bool { return len(h.linksOf(tree)) > 0 }

// Diff calls f for each leaf below a tree that does not stand at the same path below another one.
func (h *Holders) Diff(tree, before uint32, f func(path []uint32, leaf uint32)) {
	h.diff(tree, before, nil, f)
}

func (h *Holders) diff(tree, before uint32, path []uint32, f func(path []uint32, leaf uint32)) {
	if tree == before {
		return
	}
	old := h.linksOf(before)
	for _, l := range h.linksOf(tree) {
		for len(old) > 0 && old[0].name < l.name {
			old = old[1:]
		}
		was := uint32(odb.Absent)
		same := false
		for _, p := range old {
			if p.name != l.name {
				break
			}
			same = same || p.leaf == l.leaf && p.node == l.node
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
	links := h.linksOf(tree)
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

// Seen are trees that were looked into.
type Seen struct{ places pack.Bitmap }

// NewSeen makes an empty set.
func (h *Holders) NewSeen() Seen { return Seen{pack.NewBitmap(h.places.Len())} }

// Below calls f for each leaf below some trees; seen keeps the trees already looked into.
func (h *Holders) Below(trees []uint32, seen Seen, f func(leaf uint32)) {
	stack := slices.Clone(trees)
	for len(stack) > 0 {
		place, ok := h.places.Rank(stack[len(stack)-1])
		stack = stack[:len(stack)-1]
		if !ok || seen.places.Has(uint32(place)) {
			continue
		}
		seen.places.Add(uint32(place))
		for _, l := range h.links[place] {
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
		for _, l := range h.linksOf(tree) {
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
func (h *Holders) Tops(seen Seen) (tops []uint32) {
	named := h.NewSeen()
	for place, links := range h.links {
		for _, l := range links {
			if seen.places.Has(uint32(place)) || l.leaf {
				continue
			}
			if at, ok := h.places.Rank(l.node); ok {
				named.places.Add(uint32(at))
			}
		}
	}
	place := uint32(0)
	for tree := range h.places.All() {
		if len(h.links[place]) > 0 && !seen.places.Has(place) && !named.places.Has(place) {
			tops = append(tops, tree)
		}
		place++
	}
	return tops
}
