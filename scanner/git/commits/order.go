package commits

import (
	"cmp"
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
	children := make([][]int32, len(parents))
	ready := &queue[int32]{less: func(a, b int32) bool {
		return cmp.Or(cmp.Compare(dates[a], dates[b]), cmp.Compare(a, b)) < 0
	}}
	for i, p := range parents {
		for _, parent := range p {
			children[parent] = append(children[parent], int32(i))
		}
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

// queue is a heap; see container/heap.
type queue[T any] struct {
	list []T
	less func(a, b T) bool
}

func (q *queue[T]) Len() int           { return len(q.list) }
func (q *queue[T]) Less(i, j int) bool { return q.less(q.list[i], q.list[j]) }
func (q *queue[T]) Swap(i, j int)      { q.list[i], q.list[j] = q.list[j], q.list[i] }
func (q *queue[T]) Push(x any)         { q.list = append(q.list, x.(T)) }
func (q *queue[T]) Pop() any {
	last := q.list[len(q.list)-1]
	q.list = q.list[:len(q.list)-1]
	return last
}
