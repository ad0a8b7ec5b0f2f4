package commits

import (
	"container/heap"
	"slices"

	"skleak/scanner/git/oid"
)

// ParentsFirst sorts commits so that each comes behind its parents, and of those that could come next, always the
// oldest does. Commits whose ancestry runs in a circle, which only forged ids can make, come last.
func ParentsFirst(commits []Commit) (sorted []Commit) {
	commits = slices.Clone(commits)
	slices.SortFunc(commits, func(a, b Commit) int { return a.ID.Compare(b.ID) })
	index := make(map[oid.ID]int32, len(commits))
	for i, c := range commits {
		index[c.ID] = int32(i)
	}
	dates, parents := make([]int64, len(commits)), make([][]int32, len(commits))
	for i, c := range commits {
		dates[i] = c.Date
		for _, p := range c.Parents {
			if at, ok := index[p]; ok {
				parents[i] = append(parents[i], at)
			}
		}
	}
	inCircle := make([]bool, len(commits))
	for i := range inCircle {
		inCircle[i] = true
	}
	for _, at := range Order(dates, parents) {
		sorted = append(sorted, commits[at])
		inCircle[at] = false
	}
	for i, c := range commits {
		if inCircle[i] {
			sorted = append(sorted, c)
		}
	}
	return sorted
}

// Order puts commits in order, parents before their children, and of those that could come next, the oldest first. A
// commit is known by its index, which decides between two of one second. Commits whose ancestry runs in a circle are
// left out.
func Order(dates []int64, parents [][]int32) (order []int32) {
	waitsFor := make([]int32, len(parents)) // so many parents
	children := Children(parents)
	ready := &byDate{dates: dates}
	for i, p := range parents {
		if waitsFor[i] = int32(len(p)); waitsFor[i] == 0 {
			heap.Push(ready, int32(i))
		}
	}
	for ready.Len() > 0 {
		c := heap.Pop(ready).(int32)
		order = append(order, c)
		for _, child := range children[c] {
			if waitsFor[child]--; waitsFor[child] == 0 {
				heap.Push(ready, child)
			}
		}
	}
	return order
}

// Children turns the lists of parents round.
func Children(parents [][]int32) [][]int32 {
	children := make([][]int32, len(parents))
	for i, list := range parents {
		for _, p := range list {
			children[p] = append(children[p], int32(i))
		}
	}
	return children
}

// byDate is a heap of commits, the oldest first.
type byDate struct {
	dates []int64
	heap  []int32
}

func (b *byDate) Len() int { return len(b.heap) }
func (b *byDate) Less(i, j int) bool {
	x, y := b.heap[i], b.heap[j]
	if b.dates[x] != b.dates[y] {
		return b.dates[x] < b.dates[y]
	}
	return x < y
}
func (b *byDate) Swap(i, j int) { b.heap[i], b.heap[j] = b.heap[j], b.heap[i] }
func (b *byDate) Push(x any)    { b.heap = append(b.heap, x.(int32)) }
func (b *byDate) Pop() any {
	last := b.heap[len(b.heap)-1]
	b.heap = b.heap[:len(b.heap)-1]
	return last
}
