package history

import (
	"iter"
	"maps"
	"strings"

	"skleak/scanner"
	"skleak/scanner/git/odb"
	"skleak/scanner/history/internal/holders"
)

// A removal is told of a key that a ref reaches and HEAD lacks at its place. HEAD's own line of first parents says what
// it was: the last commit on it that lacks the key where its first parent has it. A merge removes nothing that another
// of its parents had removed before: then that parent's line says who did. Where HEAD's line never had the key, and no
// ref has it any more, the lines of the other refs are asked, and at last those that merges ended.
//
// What leads to hits is in memory by then, so that a commit costs a look at two short lists, and it ends as soon as
// nothing is left to be found out.

// keyPlace is one key at one place.
type keyPlace struct {
	place
	key uint32
}

// removal is how a key went from a place.
type removal struct {
	commit  uint32 // its object number
	ref     string // whose line says so, "" for one that a merge ended
	movedTo string // the path to which the commit moved the key, "" for none
}

// removals finds out who removed keys.
type removals struct {
	*tracer
	open    map[keyPlace]bool    // what is to be found out
	list    map[keyPlace]removal // what was found out, and what was met on the way: the latest on the first line that has one
	limit   int                  // of them
	visited []bool
	ends    []mergeEnd
	back    int // commits that may yet be gone through to see what a merge took over
}

// mergeEnd is a parent of a merge, other than its first one.
type mergeEnd struct {
	merge, parent int32
	on            refLine // the merge is
}

// refLine is a commit and its first parent, and so on.
type refLine struct {
	tip int32
	ref string // that leads to the tip, "" for a merge's parent
}

const (
	// removalSteps is how many paths may be looked at to find removals, of the steps of a trace.
	removalSteps = holders.MaxSteps / 4
	// removalsBack bounds removals.back: beyond, it is the merge that is told.
	removalsBack = 1_000_000
)

// tellRemovals adds to all that is told who removed it.
func (t *tracer) tellRemovals() {
	r := &removals{tracer: t, open: map[keyPlace]bool{}, list: map[keyPlace]removal{},
		limit: int(t.memory() / originBytes), back: removalsBack}
	for i := range t.list {
		for at := range t.list[i].left() {
			r.open[at] = true
		}
	}
	if len(r.open) == 0 || t.holders.IsCutShort() {
		return
	}
	t.holders.LeaveSteps(removalSteps)
	r.visited = make([]bool, len(t.graph.Number))
	r.findAll()
	for i := range t.list {
		one := &t.list[i]
		for at := range one.left() {
			if found, ok := r.list[at]; ok {
				if one.removed == nil {
					one.removed = map[uint32]removal{}
				}
				one.removed[at.key] = found
			}
		}
	}
}

// left are the keys that refs lead to at a path and HEAD does not have there.
func (t *telling) left() iter.Seq[keyPlace] {
	return func(yield func(keyPlace) bool) {
		if t.path == "" || !t.finding.Reachable {
			return
		}
		for key := range t.keys.Minus(t.atHead).All() {
			if !yield(keyPlace{place{t.path, t.object == odb.Absent}, key}) {
				return
			}
		}
	}
}

// findAll goes along the lines: HEAD's, those of other refs, those that merges ended.
func (r *removals) findAll() {
	if r.head >= 0 {
		r.follow(refLine{r.head, headRef})
	}
	maps.DeleteFunc(r.open, func(at keyPlace, _ bool) bool { return len(r.refs[at.key]) > 0 })
	for _, t := range r.tips {
		if t.commit >= 0 {
			r.follow(refLine{t.commit, t.name})
		}
	}
	for len(r.ends) > 0 && len(r.open) > 0 { // in the order in which the merges were met
		next := r.ends[0]
		r.ends = r.ends[1:]
		r.compare(next.merge, next.parent, next.on)
		r.follow(refLine{next.parent, ""})
	}
}

// follow goes along a line until it meets another one.
func (r *removals) follow(on refLine) {
	for c := on.tip; !r.visited[c] && len(r.open) > 0 && !r.holders.IsCutShort(); {
		r.visited[c] = true
		parents := r.graph.Parents(c)
		if len(parents) == 0 {
			return
		}
		for _, p := range parents[1:] {
			r.ends = append(r.ends, mergeEnd{c, p, on})
		}
		r.compare(c, parents[0], on)
		c = parents[0]
	}
}

// compare notes what a commit on a line lacks that one of its parents has.
func (r *removals) compare(c, parent int32, on refLine) {
	tree, before, tip := r.graph.Tree[c], r.graph.Tree[parent], r.graph.Tree[on.tip]
	var gained map[keyIn]string
	r.holders.Diff(before, tree, func(path []uint32, leaf uint32) {
		l := r.holders.Leaves[leaf]
		gone := l.Keys.Minus(r.holders.KeysAt(tree, path, l.IsName()))
		gone = gone.Minus(r.holders.KeysAt(tip, path, l.IsName())) // it came back
		if len(gone) == 0 {
			return
		}
		if gained == nil {
			gained = r.gained(tree, before)
		}
		at := place{r.holders.PathOf(path), l.IsName()}
		for key := range gone.All() {
			if _, known := r.list[keyPlace{at, key}]; known || len(r.list) >= r.limit {
				continue
			}
			found := r.removalOf(c, keyIn{key, at.inName}, path, gained, on.ref)
			if !r.holders.IsCutShort() { // else some that are there look gone
				r.list[keyPlace{at, key}] = found
				delete(r.open, keyPlace{at, key})
			}
		}
	})
}

// gained are the first paths at which a tree has keys that another one does not have there.
func (r *removals) gained(tree, before uint32) map[keyIn]string {
	gained := map[keyIn]string{}
	r.holders.Diff(tree, before, func(path []uint32, leaf uint32) {
		l := r.holders.Leaves[leaf]
		for key := range l.Keys.Minus(r.holders.KeysAt(before, path, l.IsName())).All() {
			in := keyIn{key, l.IsName()}
			if to := r.holders.PathOf(path); gained[in] == "" || strings.Compare(to, gained[in]) < 0 {
				gained[in] = to
			}
		}
	})
	return gained
}

// removalOf tells how a key went from a path in a commit that gained keys elsewhere. Where it was moved, and went from
// there later on the line of the same ref, that is what is told.
func (r *removals) removalOf(c int32, key keyIn, path []uint32, gained map[keyIn]string,
	ref string) removal {
	to := gained[key]
	if to != "" && ref != "" {
		if later, ok := r.list[keyPlace{place{to, key.inName}, key.key}]; ok && later.ref == ref {
			return later
		}
	}
	c = r.remover(c, func(c int32) bool { return r.holders.KeysAt(r.graph.Tree[c], path, key.inName).Has(key.key) })
	return removal{r.graph.Number[c], ref, to}
}

// remover is the commit that removed what a commit lacks and one of its parents has: itself, or one that it merged.
func (r *removals) remover(c int32, has func(c int32) bool) int32 {
	for {
		earlier := int32(-1)
		for _, p := range r.graph.Parents(c) {
			if earlier = r.lastLoss(p, has); earlier >= 0 {
				break
			}
		}
		if earlier < 0 {
			return c
		}
		c = earlier
	}
}

// lastLoss goes back along the line of a commit that lacks something, to the one whose first parent has it; -1 if there
// is none.
func (r *removals) lastLoss(c int32, has func(c int32) bool) int32 {
	for r.back > 0 && !has(c) {
		r.back--
		parents := r.graph.Parents(c)
		if len(parents) == 0 {
			return -1
		}
		if has(parents[0]) {
			return c
		}
		c = parents[0]
	}
	return -1
}

// removalsTold are the removals of a telling, by key.
func (t *teller) removalsTold(one telling, wishes map[uint32]*wish) map[uint32]*scanner.Removal {
	if one.removed == nil {
		return nil
	}
	told := map[uint32]*scanner.Removal{}
	for key, r := range one.removed {
		told[key] = &scanner.Removal{Ref: t.Rules.Redact(r.ref), Commit: t.described(r.commit, wishes)}
		if r.movedTo != "" {
			told[key].MovedTo = t.Rules.Redact(t.Prefix + r.movedTo)
		}
	}
	return told
}
