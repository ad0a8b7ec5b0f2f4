package history

import (
	"bytes"
	"context"
	"encoding/binary"
	"maps"
	"math/bits"
	"slices"
	"strings"

	"skleak/scanner/git/object"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
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
	number  uint32 // the blob; absent for a name
	matches []match
}

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
	h.prune()
	return h, nil
}

// addLeaves makes a leaf of each blob with keys, and returns which.
func (h *holders) addLeaves(s *search) (leafOf map[uint32]uint32) {
	leafOf = map[uint32]uint32{}
	for _, hit := range s.sortedHits() {
		if hit.kind == pack.Blob {
			leafOf[hit.number] = uint32(len(h.leaves))
			h.leaves = append(h.leaves, leaf{hit.number, hit.matches})
		}
	}
	return leafOf
}

// sortedHits are the hits in the order of their ids.
func (s *search) sortedHits() []*hit {
	hits := make([]*hit, 0, len(s.hits))
	for _, h := range s.hits {
		hits = append(hits, h)
	}
	slices.SortFunc(hits, func(a, b *hit) int { return s.repo.db.ID(a.number).Compare(s.repo.db.ID(b.number)) })
	return hits
}

// idFilter is a set of ids that may answer yes for one that is not in it, about once in sixteen: it keeps the
// many entries that lead nowhere from being looked up. Ids are hashes, so their own bits are the hash.
type idFilter struct {
	bits  []uint64
	shift uint
}

func newIDFilter(ids int) *idFilter {
	width := max(bits.Len(uint(ids*16)), 12)
	return &idFilter{make([]uint64, 1<<(width-6)), uint(64 - width)}
}

func (f *idFilter) add(id []byte) {
	i := binary.BigEndian.Uint64(id) >> f.shift
	f.bits[i/64] |= 1 << (i % 64)
}

func (f *idFilter) mayHave(id []byte) bool {
	i := binary.BigEndian.Uint64(id) >> f.shift
	return f.bits[i/64]>>(i%64)&1 != 0
}

// readEdges is the first walk: to every tree, and to the blobs with keys. What the search noted of the packs need not be read
// again.
func (s *search) readEdges(ctx context.Context, leafOf map[uint32]uint32) (edges []edge, err error) {
	blobs := s.filterOfNumbers(slices.Collect(maps.Keys(leafOf)))
	var parts []*[]edge
	newVisit := func() visit {
		var part []edge
		s.mu.Lock()
		parts = append(parts, &part)
		s.mu.Unlock()
		return func(o *pack.Object, number uint32, first bool) pack.Mark {
			part = s.noteEdges(part, o, number, blobs)
			return allOfCopy(first)
		}
	}
	if s.knowTrees(len(leafOf)) {
		edges = s.notes.edges
		err = s.eachLooseOf(ctx, pack.Kinds(pack.Tree), newVisit)
	} else {
		err = s.eachObject(ctx, pack.Kinds(pack.Tree), nil, newVisit)
	}
	for _, p := range parts {
		edges = append(edges, *p...)
	}
	return edges, err
}

// noteEdges appends the edges that a tree's delta brings in.
func (s *search) noteEdges(edges []edge, o *pack.Object, number uint32, blobs *idFilter) []edge {
	size := s.repo.db.Format.Size()
	s.eachNew(o, func(e object.Entry) {
		if e.Mode == object.Submodule || e.Mode != object.Folder && !blobs.mayHave(e.ID) {
			return
		}
		if child, ok := s.repo.db.Number(e.ID[:size]); ok {
			edges = append(edges, edge{child, number})
		}
	})
	return edges
}

// listsAll marks the trees whose delta children list all their entries.
const listsAll pack.Mark = 1 << 2

// allOfCopy marks a copy that does not count: the climb knows the delta children of first copies only.
func allOfCopy(first bool) pack.Mark {
	if first {
		return 0
	}
	return listsAll
}

// eachNew calls f for the entries that a tree does not share with its base, and perhaps for their neighbours.
func (s *search) eachNew(o *pack.Object, f func(object.Entry)) {
	r := object.NewTreeReader(o.Content, s.repo.db.Format)
	dirty := o.Dirty
	if !o.Delta || o.BaseMark&listsAll != 0 {
		dirty = []pack.Range{{From: 0, To: len(o.Content)}}
	}
	for _, d := range dirty {
		r.Seek(d.From)
		for r.At < d.To {
			e, ok, err := r.Next()
			if !ok || err != nil {
				return
			}
			if r.At > d.From {
				f(e)
			}
		}
	}
}

// namedLink is a link whose name is not yet in the common table.
type namedLink struct {
	tree uint32
	link
}

// readLinks is the second walk: the entries of the candidates that lead to hits or to other candidates.
func (s *search) readLinks(ctx context.Context, h *holders, leafOf map[uint32]uint32, candidates pack.Bitmap) error {
	wanted := s.filterOf(candidates, leafOf)
	var parts []*linkReader
	err := s.eachObject(ctx, pack.Kinds(pack.Tree), s.needed(candidates), func() visit {
		part := &linkReader{search: s, leafOf: leafOf, candidates: candidates, wanted: wanted, lately: make([]target, 1<<namingLately), nameIndex: map[string]uint32{}}
		s.mu.Lock()
		parts = append(parts, part)
		s.mu.Unlock()
		return part.visit
	})
	h.merge(parts)
	h.addNames(s)
	return err
}

// filterOf makes a filter of the candidates and the blobs with keys.
func (s *search) filterOf(candidates pack.Bitmap, leafOf map[uint32]uint32) *idFilter {
	numbers := slices.Collect(maps.Keys(leafOf))
	for i, word := range candidates {
		for ; word != 0; word &= word - 1 {
			numbers = append(numbers, uint32(i*64+bits.TrailingZeros64(word)))
		}
	}
	return s.filterOfNumbers(numbers)
}

// filterOfNumbers makes a filter of objects.
func (s *search) filterOfNumbers(numbers []uint32) *idFilter {
	f := newIDFilter(len(numbers))
	for _, number := range numbers {
		id := s.repo.db.ID(number)
		f.add(id[:])
	}
	return f
}

// linkReader is one worker's share of the second walk.
type linkReader struct {
	search     *search
	leafOf     map[uint32]uint32
	candidates pack.Bitmap
	wanted     *idFilter
	lately     []target // what ids lead to, by their first bits: neighbouring trees name the same ones

	links     []namedLink
	names     []string
	nameIndex map[string]uint32
}

// target is what an id leads to.
type target struct {
	id   oid.ID
	as   targetKind
	node uint32 // number of a tree, or index of a leaf
}

type targetKind uint8

const (
	unknown targetKind = iota // nothing is known of the id
	toNothing
	toTree // one of the candidates
	toLeaf
)

func (l *linkReader) visit(o *pack.Object, number uint32, first bool) pack.Mark {
	if !first || !l.candidates.Has(number) {
		return 0
	}
	r := object.NewTreeReader(o.Content, l.search.repo.db.Format)
	for seekID(&r, l.wanted) {
		e, ok, err := r.Next()
		if !ok || err != nil {
			break // the search reported the error
		}
		if e.Mode == object.Submodule {
			continue
		}
		switch to := l.target(e.ID); {
		case to.as == toLeaf && e.Mode != object.Folder:
			l.links = append(l.links, namedLink{number, link{l.name(e.Name), to.node, true}})
		case to.as == toTree && (e.Mode == object.Folder):
			l.links = append(l.links, namedLink{number, link{l.name(e.Name), to.node, false}})
		}
	}
	return 0
}

// target finds what an id leads to.
func (l *linkReader) target(id []byte) target {
	slot := &l.lately[binary.BigEndian.Uint16(id)>>(16-namingLately)]
	if slot.as != unknown && bytes.Equal(slot.id[:len(id)], id) {
		return *slot
	}
	*slot = target{id: oid.FromBytes(id), as: toNothing}
	if child, ok := l.search.repo.db.Number(id); ok {
		if at, ok := l.leafOf[child]; ok {
			slot.as, slot.node = toLeaf, at
		} else if l.candidates.Has(child) {
			slot.as, slot.node = toTree, child
		}
	}
	return *slot
}

func (l *linkReader) name(name []byte) uint32 {
	if i, ok := l.nameIndex[string(name)]; ok {
		return i
	}
	text := string(name)
	l.nameIndex[text] = uint32(len(l.names))
	l.names = append(l.names, text)
	return uint32(len(l.names) - 1)
}

// merge brings the workers' links together, with one table of names.
func (h *holders) merge(parts []*linkReader) {
	for _, p := range parts {
		h.names = append(h.names, p.names...)
	}
	slices.Sort(h.names)
	h.names = slices.Compact(h.names)
	for _, p := range parts {
		table := make([]uint32, len(p.names))
		for i, name := range p.names {
			at, _ := slices.BinarySearch(h.names, name)
			table[i] = uint32(at)
		}
		for _, l := range p.links {
			l.name = table[l.name]
			h.links[l.tree] = append(h.links[l.tree], l.link)
		}
		p.links = nil
	}
}

// addNames adds a leaf for each name that holds keys, to each tree that has it.
func (h *holders) addNames(s *search) {
	leaves := map[string]uint32{}
	names := slices.Clone(h.names)
	type place struct {
		tree uint32
		name string
	}
	var places []place
	for _, hit := range s.sortedHits() {
		if hit.kind != pack.Tree {
			continue
		}
		for _, m := range hit.matches {
			if last := len(places) - 1; last < 0 || places[last] != (place{hit.number, m.name}) {
				places = append(places, place{hit.number, m.name})
			}
			if at, ok := leaves[m.name]; !ok {
				leaves[m.name] = uint32(len(h.leaves))
				h.leaves = append(h.leaves, leaf{absent, []match{m}})
				names = append(names, m.name)
			} else if !slices.ContainsFunc(h.leaves[at].matches, func(o match) bool { return o.key == m.key }) {
				h.leaves[at].matches = append(h.leaves[at].matches, m)
			}
		}
	}
	h.rename(names)
	for _, p := range places {
		at, _ := slices.BinarySearch(h.names, p.name)
		h.links[p.tree] = append(h.links[p.tree], link{uint32(at), leaves[p.name], true})
	}
}

// rename replaces the table of names by a larger one.
func (h *holders) rename(names []string) {
	if len(names) == len(h.names) {
		return
	}
	slices.SortFunc(names, strings.Compare)
	names = slices.Compact(names)
	table := make([]uint32, len(h.names))
	for i, name := range h.names {
		at, _ := slices.BinarySearch(names, name)
		table[i] = uint32(at)
	}
	for _, links := range h.links {
		for i := range links {
			links[i].name = table[links[i].name]
		}
	}
	h.names = names
}

// prune drops the links that lead to no leaf, and sorts the rest.
func (h *holders) prune() {
	state := make(map[uint32]bool, len(h.links)) // true: leads to a leaf; present and false: it does not, or is being looked at
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
