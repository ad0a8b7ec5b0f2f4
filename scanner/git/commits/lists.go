package commits

// lists are lists of commits, one for each commit, in two pieces of memory.
type lists struct {
	from []int // where each begins in all, and where the last one ends
	all  []int32
}

// newLists makes n lists, which are to be added one after the other: append to all, and call end. They will have most
// commits in all.
func newLists(n, most int) lists { return lists{make([]int, 1, n+1), make([]int32, 0, most)} }

func (l *lists) end() { l.from = append(l.from, len(l.all)) }

func (l *lists) len() int { return len(l.from) - 1 }

func (l *lists) of(c int32) []int32 { return l.all[l.from[c]:l.from[c+1]] }

// inverse lists, for each commit, those on whose lists it is.
func (l *lists) inverse() lists {
	inverse := lists{from: make([]int, len(l.from)), all: make([]int32, len(l.all))}
	for _, c := range l.all {
		inverse.from[c]++
	}
	end := 0
	for c := range inverse.from {
		end += inverse.from[c]
		inverse.from[c] = end
	}
	// Each list is filled from its end, so that from tells in the end where it begins, and needs no copy of it.
	for c := int32(l.len()) - 1; c >= 0; c-- {
		for _, on := range l.of(c) {
			inverse.from[on]--
			inverse.all[inverse.from[on]] = c
		}
	}
	return inverse
}
