package history

import (
	"cmp"
	"context"
	"encoding/binary"
	"slices"

	"skleak/scanner/git/commits"
	"skleak/scanner/git/object"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
)

// graph is every commit of the database and how they hang together. A commit is known by its index.
type graph struct {
	number  []uint32 // object number
	tree    []uint32 // object number of the root tree; absent where that is not there
	date    []int64  // committer's, in seconds since 1970
	parents [][]int32
	index   map[uint32]int32 // object number → index
	order   []int32          // parents before children, then by date, then by id; none of a circle, which forged ids make
}

// absent stands for an object that is not there.
const absent = 1<<32 - 1

// commitNode is a commit as one worker reads it.
type commitNode struct {
	number, tree uint32
	prefix       uint64 // first eight bytes of its id
	date         int64
	parents      []uint32
}

// readGraph reads all commits. Those that cannot be read were reported by the search.
func (s *search) readGraph(ctx context.Context) (*graph, error) {
	var all []commitNode
	newVisit := func() visit {
		return func(o *pack.Object, number uint32, first bool) pack.Mark {
			if first {
				if n, ok := s.readNode(o.Content, number); ok {
					s.mu.Lock()
					all = append(all, n)
					s.mu.Unlock()
				}
			}
			return 0
		}
	}
	var err error
	if s.knowCommits() {
		all = s.notes.nodes
		err = s.eachLooseOf(ctx, pack.Kinds(pack.Commit), newVisit)
	} else {
		err = s.eachObject(ctx, pack.Kinds(pack.Commit), nil, newVisit)
	}
	if err != nil {
		return nil, err
	}
	return s.buildGraph(all), nil
}

func (s *search) readNode(content []byte, number uint32) (commitNode, bool) {
	head, err := object.ParseCommit(content, s.repo.db.Format)
	if err != nil {
		return commitNode{}, false
	}
	id := s.repo.db.ID(number)
	n := commitNode{number: number, prefix: binary.BigEndian.Uint64(id[:]), tree: s.numberOf(head.Tree),
		date: object.CommitDate(content)}
	for _, p := range head.Parents {
		if p := s.numberOf(p); p != absent {
			n.parents = append(n.parents, p)
		}
	}
	return n, true
}

func (s *search) numberOf(id oid.ID) uint32 {
	if n, ok := s.repo.db.Number(id[:s.repo.db.Format.Size()]); ok {
		return n
	}
	return absent
}

func (s *search) buildGraph(all []commitNode) *graph {
	// By id, so that indexes, and with them every later choice, do not depend on timing.
	slices.SortFunc(all, func(a, b commitNode) int {
		if a.prefix != b.prefix { // of other ids there are none but forged ones
			return cmp.Compare(a.prefix, b.prefix)
		}
		return s.repo.db.ID(a.number).Compare(s.repo.db.ID(b.number))
	})
	g := &graph{index: make(map[uint32]int32, len(all))}
	for i, n := range all {
		g.index[n.number] = int32(i)
		g.number = append(g.number, n.number)
		g.tree = append(g.tree, n.tree)
		g.date = append(g.date, n.date)
	}
	g.parents = make([][]int32, len(all))
	for i, n := range all {
		for _, p := range n.parents {
			if at, ok := g.index[p]; ok {
				g.parents[i] = append(g.parents[i], at)
			}
		}
	}
	g.order = commits.Order(g.date, g.parents)
	return g
}

// reach returns which commits the given ones lead to, themselves included.
func (g *graph) reach(from []int32) []bool {
	seen := make([]bool, len(g.number))
	stack := slices.Clone(from)
	for len(stack) > 0 {
		c := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if seen[c] {
			continue
		}
		seen[c] = true
		stack = append(stack, g.parents[c]...)
	}
	return seen
}
