package commits

import (
	"cmp"
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
	dates, parents := make([]int64, len(commits)), newLists(len(commits), len(commits))
	for i, c := range commits {
		dates[i] = c.Date
		for _, p := range c.Parents {
			if at, ok := index[p]; ok {
				parents.all = append(parents.all, at)
			}
		}
		parents.end()
	}
	inCircle := make([]bool, len(commits))
	for i := range inCircle {
		inCircle[i] = true
	}
	for _, at := range order(dates, parents) {
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

// order puts commits in order, parents before their children, and of those that could come next, the oldest first. A
// commit is known by its index, which decides between two of one second. Commits whose ancestry runs in a circle are
// left out.
func order(dates []int64, parents lists) (ordered []int32) {
	waitsFor := make([]int32, parents.len()) // so many parents
	children := parents.inverse()
	ready := &queue[int32]{less: func(a, b int32) bool {
		return cmp.Or(cmp.Compare(dates[a], dates[b]), cmp.Compare(a, b)) < 0
	}}
	for c := range int32(parents.len()) {
		if waitsFor[c] = int32(len(parents.of(c))); waitsFor[c] == 0 {
			ready.push(c)
		}
	}
	ordered = make([]int32, 0, parents.len())
	for ready.len() > 0 {
		c := ready.pop()
		ordered = append(ordered, c)
		for _, child := range children.of(c) {
			if waitsFor[child]--; waitsFor[child] == 0 {
				ready.push(child)
			}
		}
	}
	return ordered
}
