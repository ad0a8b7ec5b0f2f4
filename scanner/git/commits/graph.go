package commits

import (
	"cmp"
	"encoding/binary"
	"slices"

	"skleak/scanner/git/object"
	"skleak/scanner/git/odb"
)

// Graph is all commits of a database, by their numbers there, and how they hang together. A commit is known by its
// index.
type Graph struct {
	Number  []uint32
	Tree    []uint32 // number of the root tree; odb.Absent where that is not there
	Parents [][]int32
	Index   map[uint32]int32 // by number
	Order   []int32          // see Order: parents before children, then by date, then by id
}

// Node is a commit that a graph is to be made of.
type Node struct {
	number, tree uint32
	prefix       uint64 // first eight bytes of its id
	date         int64
	parents      []uint32
}

// ReadNode reads the commit with a number.
func ReadNode(content []byte, number uint32, db *odb.DB) (Node, error) {
	head, err := object.ParseCommit(content, db.Format)
	if err != nil {
		return Node{}, err
	}
	id := db.ID(number)
	n := Node{number: number, prefix: binary.BigEndian.Uint64(id[:]), tree: db.NumberOf(head.Tree),
		date: object.CommitDate(content)}
	for _, p := range head.Parents {
		if p := db.NumberOf(p); p != odb.Absent {
			n.parents = append(n.parents, p)
		}
	}
	return n, nil
}

// NewGraph makes a graph of commits, which it sorts by their ids, so that nothing depends on the order in which they
// were read.
func NewGraph(nodes []Node, db *odb.DB) *Graph {
	slices.SortFunc(nodes, func(a, b Node) int {
		if a.prefix != b.prefix { // of other ids there are none but forged ones
			return cmp.Compare(a.prefix, b.prefix)
		}
		return db.ID(a.number).Compare(db.ID(b.number))
	})
	g := &Graph{Index: make(map[uint32]int32, len(nodes)), Parents: make([][]int32, len(nodes))}
	dates := make([]int64, len(nodes))
	for i, n := range nodes {
		g.Index[n.number] = int32(i)
		g.Number = append(g.Number, n.number)
		g.Tree = append(g.Tree, n.tree)
		dates[i] = n.date
	}
	for i, n := range nodes {
		for _, p := range n.parents {
			if at, ok := g.Index[p]; ok {
				g.Parents[i] = append(g.Parents[i], at)
			}
		}
	}
	g.Order = Order(dates, g.Parents)
	return g
}

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
		stack = append(stack, g.Parents[c]...)
	}
	return seen
}
