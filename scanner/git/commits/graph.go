package commits

import (
	"cmp"
	"encoding/binary"
	"slices"

	"skleak/scanner/git/object"
	"skleak/scanner/git/odb"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
)

// Graph is all commits of a database, by their numbers there, and how they hang together. A commit is known by its
// index. One with one parent takes some 30 bytes.
type Graph struct {
	Number []uint32
	Tree   []uint32 // number of the root tree; odb.Absent where that is not there
	Order  []int32  // parents before children, then by date, then by id

	parents lists
	index   numbering
}

// Nodes are commits that a graph is to be made of, in the order in which they were read.
type Nodes struct {
	list    []node
	parents []uint32 // numbers of the parents of all of them, one behind the other
	batched int      // how many of the last ones wait for what they name to be looked up
	waiting []oid.ID // what they name: of each its tree and its parents
}

type node struct {
	prefix       uint64 // first eight bytes of its id
	date         int64
	number, tree uint32
	parents      int // where they end in Nodes.parents; in waiting, as long as they wait
}

// nodeBatch is how many ids are looked up together: one by one, each would be waited for.
const nodeBatch = 64

// Read adds the commit with a number. One that cannot be parsed is left out.
func (n *Nodes) Read(content []byte, number uint32, db *odb.DB) {
	head, err := object.ParseCommit(content, db.Format)
	if err != nil {
		return
	}
	n.waiting = append(append(n.waiting, head.Tree), head.Parents...)
	n.list = append(n.list, node{date: object.CommitDate(content), number: number, parents: len(n.waiting)})
	if n.batched++; len(n.waiting) >= nodeBatch {
		n.lookUp(db)
	}
}

// lookUp finds what the last nodes name.
func (n *Nodes) lookUp(db *odb.DB) {
	for _, id := range n.waiting {
		db.Prefetch(id[:db.Format.Size()])
	}
	from := 0
	last := n.list[len(n.list)-n.batched:]
	for i := range last {
		one := &last[i]
		id := db.ID(one.number)
		one.prefix, one.tree = binary.BigEndian.Uint64(id[:]), db.NumberOf(n.waiting[from])
		for _, p := range n.waiting[from+1 : one.parents] {
			if p := db.NumberOf(p); p != odb.Absent {
				n.parents = append(n.parents, p)
			}
		}
		from, one.parents = one.parents, len(n.parents)
	}
	n.waiting, n.batched = n.waiting[:0], 0
}

func (n *Nodes) parentsOf(at uint32) []uint32 {
	from := 0
	if at > 0 {
		from = n.list[at-1].parents
	}
	return n.parents[from:n.list[at].parents]
}

// sorted is the place of a node, with what it is mostly sorted by.
type sorted struct {
	prefix   uint64
	part, at uint32
}

// NewGraph makes a graph of commits, whose indexes follow their ids, so that nothing depends on the order in which they
// were read. The nodes are gone afterwards: of millions of commits, they take as much as the graph.
func NewGraph(parts []*Nodes, db *odb.DB) *Graph {
	total, parents := 0, 0
	for _, nodes := range parts {
		nodes.lookUp(db)
		total, parents = total+len(nodes.list), parents+len(nodes.parents)
	}
	places := make([]sorted, 0, total)
	for part, nodes := range parts {
		for at, n := range nodes.list {
			places = append(places, sorted{n.prefix, uint32(part), uint32(at)})
		}
	}
	number := func(s sorted) uint32 { return parts[s.part].list[s.at].number }
	slices.SortFunc(places, func(a, b sorted) int {
		if a.prefix != b.prefix { // of other ids there are none but forged ones
			return cmp.Compare(a.prefix, b.prefix)
		}
		return db.ID(number(a)).Compare(db.ID(number(b)))
	})
	g := &Graph{Number: make([]uint32, total), Tree: make([]uint32, total), parents: newLists(total, parents)}
	dates := make([]int64, total)
	for i, s := range places {
		n := parts[s.part].list[s.at]
		g.Number[i], g.Tree[i], dates[i] = n.number, n.tree, n.date
	}
	g.index = numberingOf(g.Number)
	for _, s := range places {
		for _, p := range parts[s.part].parentsOf(s.at) {
			if at, ok := g.index.at(p); ok {
				g.parents.all = append(g.parents.all, at)
			}
		}
		g.parents.end()
	}
	for _, nodes := range parts {
		*nodes = Nodes{}
	}
	g.Order = order(dates, g.parents)
	return g
}

// At returns the commit with a number.
func (g *Graph) At(number uint32) (c int32, ok bool) { return g.index.at(number) }

// Parents are those of a commit that are there.
func (g *Graph) Parents(c int32) []int32 { return g.parents.of(c) }

// Reached tells of each commit whether the given ones lead to it, or it is one of them.
func (g *Graph) Reached(from []int32) []bool {
	seen := make([]bool, len(g.Number))
	stack := slices.Clone(from)
	for len(stack) > 0 {
		c := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if seen[c] {
			continue
		}
		seen[c] = true
		stack = append(stack, g.Parents(c)...)
	}
	return seen
}

// numbering finds indexes by numbers, in four bytes an index, and a bit and a half a number below the largest.
type numbering struct {
	numbers pack.Ranked
	index   []int32 // by rank of the number
}

// numberingOf makes one. Of indexes that share a number, which no sound repository has, the last is found.
func numberingOf(numbers []uint32) numbering {
	size := 0
	if len(numbers) > 0 {
		size = int(slices.Max(numbers)) + 1
	}
	set := pack.NewBitmap(size)
	for _, number := range numbers {
		set.Add(number)
	}
	n := numbering{pack.NewRanked(set), make([]int32, len(numbers))}
	for i, number := range numbers {
		rank, _ := n.numbers.Rank(number)
		n.index[rank] = int32(i)
	}
	return n
}

func (n *numbering) at(number uint32) (index int32, ok bool) {
	rank, ok := n.numbers.Rank(number)
	if !ok {
		return 0, false
	}
	return n.index[rank], true
}
