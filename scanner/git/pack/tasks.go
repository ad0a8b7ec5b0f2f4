package pack

import (
	"math"
	"slices"
)

const (
	taskBytes   = 256 << 10 // packed bytes of the families in one task
	heavyFamily = 1 << 20   // a family above this is a task of its own, and goes first
)

// planTasks puts the heavy families first, the heaviest in front, so that none of them is left to one
// core at the end; the rest follow in the order of the pack, which is also the order of the disk.
func (l *Layout) planTasks(weight []uint32) {
	var heavy, task []uint32
	var light [][]uint32
	var sum uint32
	for r, k := range l.kind {
		if k < Commit || k > Tag {
			continue
		}
		if weight[r] >= heavyFamily {
			heavy = append(heavy, uint32(r))
			continue
		}
		task = append(task, uint32(r))
		if sum += weight[r]; sum >= taskBytes {
			light = append(light, slices.Clone(task))
			task, sum = task[:0], 0
		}
	}
	if len(task) > 0 {
		light = append(light, task)
	}
	slices.SortStableFunc(heavy, func(a, b uint32) int { return int(int64(weight[b]) - int64(weight[a])) })
	for _, r := range heavy {
		l.tasks = append(l.tasks, []uint32{r})
	}
	l.tasks = append(l.tasks, light...)
}

// findUnreachable finds entries that hang on no whole object: REF deltas in a cycle. With OFS deltas
// alone there can be none, since each points back.
func (l *Layout) findUnreachable() {
	if !slices.Contains(l.kind, refDelta) {
		return
	}
	seen := make([]bool, l.Len())
	mark := func(r uint32) { l.EachBelow(r, func(r uint32) { seen[r] = true }) }
	for _, task := range l.tasks {
		for _, r := range task {
			mark(r)
		}
	}
	for _, ranks := range l.external {
		for _, r := range ranks {
			mark(r)
		}
	}
	for r, k := range l.kind {
		if k == broken {
			mark(uint32(r))
		}
	}
	for r, ok := range seen {
		if !ok {
			l.circles = append(l.circles, uint32(r))
		}
	}
}

func addSaturating(a, b uint32) uint32 {
	if sum := a + b; sum >= a {
		return sum
	}
	return math.MaxUint32
}
