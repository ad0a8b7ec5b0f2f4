package history

import (
	"cmp"
	"slices"

	"skleak/scanner/git/oid"
)

// parentsFirst sorts commits so that each comes behind its parents, and otherwise by date and id.
func parentsFirst(commits []foundCommit) []foundCommit {
	slices.SortFunc(commits, func(a, b foundCommit) int { return cmp.Or(cmp.Compare(a.date, b.date), a.id.Compare(b.id)) })
	index := make(map[oid.ID]int, len(commits))
	for i, c := range commits {
		index[c.id] = i
	}
	sorted := make([]foundCommit, 0, len(commits))
	next := make([]int, len(commits)) // the parent of each commit to look at next; past the last: it is sorted
	var stack []int
	for i := range commits {
		if next[i] == 0 {
			stack = append(stack, i)
		}
		for len(stack) > 0 {
			at := stack[len(stack)-1]
			parents := commits[at].head.Parents
			if next[at] < len(parents) {
				next[at]++
				if p, ok := index[parents[next[at]-1]]; ok && next[p] == 0 {
					stack = append(stack, p)
				}
				continue
			}
			stack = stack[:len(stack)-1]
			if next[at] == len(parents) {
				next[at]++
				sorted = append(sorted, commits[at])
			}
		}
	}
	return sorted
}
