package commits

import (
	"cmp"
	"encoding/binary"
	"math/bits"
	"slices"

	"skleak/scanner/git/object"
	"skleak/scanner/git/odb"
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
}

type node struct {
	prefix       uint64 // first eight bytes of its id
	date         int64
	number, tree uint32
	parents      int // where they end in Nodes.parents
}

// Read adds the commit with a number. One that cannot be parsed is left out.
func (n *Nodes) Read(content []byte, number uint32, db *odb.DB) {
	head, err := object.ParseCommit(content, db.Format)
	if err != nil {
		return
	}
	for _, p := range head.Parents {
		if p := db.NumberOf(p); p != odb.Absent {
			n.parents = append(n.parents, p)
		}
	}
	id := db.ID(number)
	n.list = append(n.list, node{prefix: binary.BigEndian.Uint64(id[:]), date: object.CommitDate(content), number: number,
		tree: db.NumberOf(head.Tree), parents: len(n.parents)})
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
// were read.
func NewGraph(parts []*Nodes, db *odb.DB) *Graph {
	total := 0
	for _, nodes := range parts {
		total += len(nodes.list)
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
	g := &Graph{Number: make([]uint32, total), Tree: make([]uint32, total), parents: newLists(total)}
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

// numbering finds indexes by numbers: a map that takes four bytes an index, and a bit and a half a number below the
// largest.
type numbering struct {
	has   []uint64 // a bit for each number
	below []uint32 // by word of has: how many bits are set before it
	index []int32  // in the order of the numbers
}

// numberingOf makes one. Of indexes that share a number, which no sound repository has, the last is found.
func numberingOf(numbers []uint32) numbering {
	words := 0
	if len(numbers) > 0 {
		words = int(slices.Max(numbers)/64) + 1
	}
	n := numbering{has: make([]uint64, words), below: make([]uint32, words), index: make([]int32, len(numbers))}
	for _, number := range numbers {
		n.has[number/64] |= 1 << (number % 64)
	}
	sum := 0
	for i, word := range n.has {
		n.below[i] = uint32(sum)
		sum += bits.OnesCount64(word)
	}
	for i, number := range numbers {
		n.index[n.rank(number)] = int32(i)
	}
	return n
}

// rank is how many of the numbers are smaller.
func (n *numbering) rank(number uint32) int {
	before := n.has[number/64] & (1<<(number%64) - 1)
	return int(n.below[number/64]) + bits.OnesCount64(before)
}

func (n *numbering) at(number uint32) (index int32, ok bool) {
	if word := int(number / 64); word >= len(n.has) || n.has[word]>>(number%64)&1 == 0 {
		return 0, false
	}
	return n.index[n.rank(number)], true
}
