package history

import (
	"cmp"
	"container/heap"
	"context"
	"math"
	"slices"

	"skleak/scanner"
	"skleak/scanner/git/object"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
)

const (
	wanted   = 1
	unwanted = 2
)

// run takes commits until none can change what is wanted any more, and returns the wanted ones, sorted by id.
func (w *rangeWalk) run(ctx context.Context) (found []foundCommit, err error) {
	for w.goesOn() && w.most >= 0 {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		w.most--
		w.take(heap.Pop(w).(queued).foundCommit)
	}
	for id, state := range w.state {
		if state == wanted {
			found = append(found, w.commits[id])
		}
	}
	slices.SortFunc(found, func(a, b foundCommit) int { return a.id.Compare(b.id) })
	return found, nil
}

// commitSource is where a walk gets its commits from, and whom it tells what it noticed.
type commitSource struct {
	read    func(oid.ID) (foundCommit, error)
	unread  func(id, naming oid.ID, err error) // a wanted commit's parent cannot be read
	shallow map[oid.ID]bool                    // commits whose parents are absent by intent
	edge    func()                             // a wanted commit is one of them
}

func newRangeWalk(source commitSource) *rangeWalk {
	return &rangeWalk{source: source, state: map[oid.ID]uint8{}, commits: map[oid.ID]foundCommit{}, taken: map[oid.ID]bool{}, oldest: math.MaxInt64, most: math.MaxInt}
}

// rangeWalk finds the commits that wanted ones lead to and unwanted ones do not. It is a heap of the commits still to
// be taken.
//
// Commits are taken in the order of their dates, the latest first, as git does, and the walk ends when only
// unwanted ones are left that are older than every wanted one, and a few of these have been followed. Where clocks
// were more wrong than that, an unwanted commit may pass for a wanted one: then more is searched than was
// asked for, and never less.
type rangeWalk struct {
	source  commitSource
	state   map[oid.ID]uint8
	commits map[oid.ID]foundCommit
	taken   map[oid.ID]bool // as wanted
	queue   []queued
	open    int   // wanted commits in the queue
	oldest  int64 // date of the oldest wanted commit taken
	most    int   // how many more may be taken
	extra   int   // unwanted commits taken that are older than that, one after the other
}

// queued is a commit with the state it was queued for; a later state queues it again.
type queued struct {
	foundCommit
	state uint8
}

// clockSlop is how many unwanted commits are followed beyond the oldest wanted one.
const clockSlop = 32

// goesOn tells whether a commit still to be taken can change which ones are wanted.
func (w *rangeWalk) goesOn() bool {
	if len(w.queue) == 0 {
		return false
	}
	if w.open > 0 || w.queue[0].date >= w.oldest {
		w.extra = 0
		return true
	}
	w.extra++
	return w.extra <= clockSlop
}

func (w *rangeWalk) add(c foundCommit, state uint8) {
	old, known := w.state[c.id]
	if known && old >= state {
		return
	}
	if old == wanted && !w.taken[c.id] {
		w.open--
	}
	w.state[c.id] = state
	w.commits[c.id] = c
	if state == wanted {
		w.open++
	}
	heap.Push(w, queued{c, state})
}

// take passes a commit's state on to its parents.
func (w *rangeWalk) take(c foundCommit) {
	state := w.state[c.id]
	if state == wanted {
		w.open--
		w.taken[c.id] = true
		w.oldest = min(w.oldest, c.date)
	}
	if w.source.shallow[c.id] {
		if state == wanted {
			w.source.edge()
		}
		return
	}
	for _, p := range c.head.Parents {
		if w.state[p] >= state {
			continue
		}
		parent, known := w.commits[p]
		if !known {
			var err error
			if parent, err = w.source.read(p); err != nil {
				if state == wanted { // what lies behind an unwanted one can only make more count as wanted
					w.source.unread(p, c.id, err)
				}
				continue
			}
		}
		w.add(parent, state)
	}
}

func (w *rangeWalk) Len() int { return len(w.queue) }
func (w *rangeWalk) Less(i, j int) bool {
	a, b := w.queue[i], w.queue[j]
	return cmp.Or(cmp.Compare(b.date, a.date), int(b.state)-int(a.state)) < 0 // of one second, the unwanted first
}
func (w *rangeWalk) Swap(i, j int) { w.queue[i], w.queue[j] = w.queue[j], w.queue[i] }
func (w *rangeWalk) Push(x any)    { w.queue = append(w.queue, x.(queued)) }
func (w *rangeWalk) Pop() any {
	last := w.queue[len(w.queue)-1]
	w.queue = w.queue[:len(w.queue)-1]
	return last
}

// newWalk makes a walk through the commits of the repository.
func (s *changes) newWalk() *rangeWalk {
	return newRangeWalk(commitSource{
		read: func(id oid.ID) (foundCommit, error) { return peelCommit(s.reader.Read, id, s.repo.dir.Format) },
		unread: func(id, naming oid.ID, err error) {
			s.noteUnread(id, "", "commit "+s.repo.hex(naming)+" names it: ", err)
		},
		shallow: s.repo.shallow(s.Options),
		edge:    func() { s.Coverage.Skip(scanner.SkippedShallow, 1) },
	})
}

// foundCommit is a commit that was read by itself.
type foundCommit struct {
	id      oid.ID
	head    object.Commit
	date    int64
	content []byte
}

func newFoundCommit(id oid.ID, content []byte, f oid.Format) (foundCommit, error) {
	head, err := object.ParseCommit(content, f)
	return foundCommit{id: id, head: head, date: object.CommitDate(content), content: content}, err
}

// peelCommit reads a commit, through tags if need be.
func peelCommit(read object.Reader, id oid.ID, f oid.Format) (c foundCommit, err error) {
	id, kind, content, err := object.Peel(read, id, f, nil)
	if err != nil {
		return c, err
	}
	if kind != pack.Commit {
		return c, &object.KindError{ID: id, Format: f, Is: kind, Wanted: pack.Commit}
	}
	return newFoundCommit(id, content, f)
}

// parentsFirst sorts commits so that each comes behind its parents, and of those that could come next, always the
// oldest does. Commits whose ancestry runs in a circle, which only forged ids can make, come last.
func parentsFirst(commits []foundCommit) (sorted []foundCommit) {
	commits = slices.Clone(commits)
	slices.SortFunc(commits, func(a, b foundCommit) int { return a.id.Compare(b.id) })
	index := make(map[oid.ID]int32, len(commits))
	for i, c := range commits {
		index[c.id] = int32(i)
	}
	g := &graph{number: make([]uint32, len(commits)), parents: make([][]int32, len(commits))}
	for i, c := range commits {
		g.date = append(g.date, c.date)
		for _, p := range c.head.Parents {
			if at, ok := index[p]; ok {
				g.parents[i] = append(g.parents[i], at)
			}
		}
	}
	g.sort()
	for _, at := range g.order {
		sorted = append(sorted, commits[at])
		delete(index, commits[at].id)
	}
	for _, c := range commits {
		if _, left := index[c.id]; left {
			sorted = append(sorted, c)
		}
	}
	return sorted
}
