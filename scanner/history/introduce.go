package history

import (
	"maps"
	"slices"
	"strings"

	"skleak/scanner/git/commits"
	"skleak/scanner/git/object"
	"skleak/scanner/git/odb"
	"skleak/scanner/history/internal/holders"
	"skleak/scanner/history/internal/keyset"
)

// place is a path where keys stand: in the content of a file, or in its name.
type place struct {
	path   string
	inName bool
}

// origin is how keys came to a place: what is reported, with the commit that brought them there.
type origin struct {
	place
	commit int32
	leaf   uint32 // what stood there in it
	keys   keyset.Set
	from   string // the path that the commit moved them from, "" if it brought them
}

// origins finds, for each key at each place, the first commit in the order of the graph that has it where none of its
// parents does. A commit that a ref reaches goes before all that none does: what a person can still fetch matters
// more than what a rebase left behind. A commit that only moved the key goes last: it is told only of what stands at
// HEAD.
type origins struct {
	holders *holders.Holders
	graph   *commits.Graph
	reached []bool
	search  *search
	reader  *odb.Reader
	limit   int // of origins
	list    []origin

	// What the list has: brought by reached commits, by others, moved by reached ones.
	found, stranded, moved map[place]keyset.Set
	gone                   map[int32]*gone // by parent of the commit that is looked at, nil until asked for
}

// originBytes is what an origin may take, its path and the sets it is in included.
const originBytes = 1024

func (s *search) findOrigins(h *holders.Holders, g *commits.Graph, reached []bool) *origins {
	o := &origins{
		holders: h, graph: g, reached: reached, search: s, reader: s.repo.db.NewReader(),
		limit: int(s.memory() / originBytes),
		found: map[place]keyset.Set{}, stranded: map[place]keyset.Set{}, moved: map[place]keyset.Set{},
	}
	for _, c := range g.Order {
		if h.Holds(g.Tree[c]) {
			o.commit(c)
		}
	}
	return o
}

// commit records what a commit brings, and what it moves.
func (o *origins) commit(c int32) {
	o.gone = nil
	parents := o.treesOf(o.graph.Parents(c))
	before := uint32(odb.Absent)
	if len(parents) > 0 {
		before = parents[0]
	}
	o.holders.Diff(o.graph.Tree[c], before, func(path []uint32, leaf uint32) {
		l := o.holders.Leaves[leaf]
		keys := l.Keys
		for _, tree := range parents {
			if keys = keys.Minus(o.holders.KeysAt(tree, path, l.IsName())); len(keys) == 0 {
				return
			}
		}
		at := place{o.holders.PathOf(path), l.IsName()}
		moved := o.movedTo(c, at, keys)
		for _, from := range slices.Sorted(maps.Keys(moved)) {
			some := moved[from]
			keys = keys.Minus(some)
			if o.reached[c] {
				o.add(o.moved, origin{at, c, leaf, some, from})
			}
		}
		into := o.found
		if !o.reached[c] {
			into = o.stranded
		}
		o.add(into, origin{at, c, leaf, keys, ""})
	})
}

// add keeps of an origin the keys that no earlier one brought to its place.
func (o *origins) add(known map[place]keyset.Set, one origin) {
	one.keys = one.keys.Minus(known[one.place])
	if len(one.keys) == 0 {
		return
	}
	known[one.place] = known[one.place].Union(one.keys)
	if o.list = append(o.list, one); len(o.list) >= o.limit {
		o.holders.CutShort()
	}
}

func (o *origins) treesOf(commits []int32) (trees []uint32) {
	for _, c := range commits {
		trees = append(trees, o.graph.Tree[c])
	}
	return trees
}

// movedTo tells which of the keys that a commit brings to a place it moved there, by the paths that they come from: a
// parent has them at another path that the commit no longer has, and does not have this one.
func (o *origins) movedTo(c int32, to place, keys keyset.Set) (moved map[string]keyset.Set) {
	for _, p := range o.graph.Parents(c) {
		g := o.goneFrom(c, p)
		some := keys.And(g.keys[to.inName])
		if len(some) == 0 || o.hasPath(o.graph.Tree[p], to.path) {
			continue
		}
		from := map[string][]uint32{}
		for key := range some.All() {
			path := g.from[keyIn{key, to.inName}]
			from[path] = append(from[path], key)
		}
		if moved == nil {
			moved = map[string]keyset.Set{}
		}
		for path, numbers := range from {
			moved[path] = moved[path].Union(keyset.New(numbers)) // another parent may have other keys there
		}
		keys = keys.Minus(some)
	}
	return moved
}

// gone are the keys at places that a parent has and its child has not.
type gone struct {
	keys map[bool]keyset.Set // by whether they stand in names
	from map[keyIn]string    // the first such path
}

type keyIn struct {
	key    uint32
	inName bool
}

// goneFrom is what a commit lacks of one of its parents. It is found out once for all that the commit brings.
func (o *origins) goneFrom(c, parent int32) *gone {
	if g, ok := o.gone[parent]; ok {
		return g
	}
	root := o.graph.Tree[c]
	g := &gone{map[bool]keyset.Set{}, map[keyIn]string{}}
	o.holders.Diff(o.graph.Tree[parent], root, func(path []uint32, leaf uint32) {
		old := o.holders.PathOf(path)
		if o.search.ignored(old) || o.hasPath(root, old) { // from an ignored path it would go untold
			return
		}
		l := o.holders.Leaves[leaf]
		for key := range l.Keys.Minus(g.keys[l.IsName()]).All() {
			g.from[keyIn{key, l.IsName()}] = old
		}
		g.keys[l.IsName()] = g.keys[l.IsName()].Union(l.Keys)
	})
	if o.gone == nil {
		o.gone = map[int32]*gone{}
	}
	o.gone[parent] = g
	return g
}

// told are the origins to be told: of keys that commits brought all, of moved ones those that HEAD still has, and only
// if a commit that a ref reaches brought them. What HEAD has is told by commits that a ref reaches, and by no other.
func (o *origins) told(head func(place) keyset.Set) (told []origin) {
	var brought keyset.Set
	for _, keys := range o.found {
		brought = brought.Union(keys)
	}
	for _, one := range o.list {
		at := one.place
		switch {
		case one.from != "":
			one.keys = one.keys.And(head(at)).And(brought).Minus(o.found[at])
		case !o.reached[one.commit]:
			movedToHead := o.moved[at].And(head(at)).And(brought)
			one.keys = one.keys.Minus(o.found[at]).Minus(movedToHead)
		}
		if len(one.keys) > 0 {
			told = append(told, one)
		}
	}
	slices.SortStableFunc(told, func(a, b origin) int { return strings.Compare(a.path, b.path) })
	return told
}

// hasPath tells whether a tree has a path at all, keys or not. A tree that cannot be read has none. It reads trees one
// at a time, which is for the rare commit that brings a key only.
func (o *origins) hasPath(tree uint32, path string) bool {
	if tree == odb.Absent {
		return false
	}
	db := o.search.repo.db
	_, _, err := object.Lookup(o.reader.Read, db.ID(tree), path, db.Format)
	return err == nil
}
