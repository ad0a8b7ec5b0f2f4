package commits

import "slices"

// lists are lists of commits, one for each commit, in two pieces of memory.
type lists struct {
	from []int // where each begins in all, and where the last one ends
	all  []int32
}

// newLists makes lists to which n will be added, one after the other: append to all, and call end.
func newLists(n int) lists { return lists{from: make([]int, 1, n+1)} }

func (l *lists) end() { l.from = append(l.from, len(l.all)) }

func (l *lists) len() int { return len(l.from) - 1 }

func (l *lists) of(c int32) []int32 { return l.all[l.from[c]:l.from[c+1]] }

// inverse lists, for each commit, those on whose lists it is.
func (l *lists) inverse() lists {
	inverse := lists{from: make([]int, len(l.from)), all: make([]int32, len(l.all))}
	for _, c := range l.all {
		inverse.from[c+1]++
	}
	for c := range l.len() {
		inverse.from[c+1] += inverse.from[c]
	}
	next := slices.Clone(inverse.from)
	for c := range int32(l.len()) {
		for _, on := range l.of(c) {
			inverse.all[next[on]] = c
			next[on]++
		}
	}
	return inverse
}
