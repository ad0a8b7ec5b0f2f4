package commits

import (
	"cmp"
	"container/heap"
	"context"
	"math"
	"slices"

	"skleak/scanner/git/oid"
)

// Source is where a walk gets its commits from, and whom it tells what it noticed.
type Source struct {
	Read    func(oid.ID) (Commit, error)
	Unread  func(id, child oid.ID, err error) // a wanted commit's parent cannot be read
	Shallow map[oid.ID]bool                   // commits whose parents are absent by intent
	AtEdge  func()                            // a wanted commit is one of them
}

// Walk finds the commits that wanted ones lead to and unwanted ones do not.
//
// Commits are taken in the order of their dates, the latest first, as git does, and the walk ends when only
// unwanted ones are left that are older than every wanted one, and a few of these have been followed. Where clocks
// were more wrong than that, an unwanted commit may pass for a wanted one: then more is searched than was
// asked for, and never less.
type Walk struct {
	Source Source
	// Most is how many commits may be followed. Where it does not suffice, Complete is false.
	Most int

	state    map[oid.ID]state
	commits  map[oid.ID]Commit
	followed map[oid.ID]bool // as wanted
	queue    queue[queued]   // commits whose parents are still to be looked at
	open     int             // wanted commits in the queue
	oldest   int64           // date of the oldest wanted commit that was followed
	extra    int             // unwanted commits followed that are older than that, one after the other
}

type state uint8

const (
	wanted   state = 1
	unwanted state = 2
)

// queued is a commit with the state it was queued for; a later state queues it again.
type queued struct {
	Commit
	state state
}

// clockSlop is how many unwanted commits are followed beyond the oldest wanted one.
const clockSlop = 32

// NewWalk begins a walk with no commits.
func NewWalk(source Source) *Walk {
	return &Walk{
		Source: source, Most: math.MaxInt, state: map[oid.ID]state{}, commits: map[oid.ID]Commit{},
		followed: map[oid.ID]bool{}, oldest: math.MaxInt64,
		queue: queue[queued]{less: func(a, b queued) bool { // of one second, the unwanted first
			return cmp.Or(cmp.Compare(b.Date, a.Date), int(b.state)-int(a.state)) < 0
		}},
	}
}

// Want adds a commit that is wanted with all that it leads to, unless Exclude takes it out.
func (w *Walk) Want(c Commit) { w.add(c, wanted) }

// Exclude adds a commit that is not wanted, nor is anything that it leads to.
func (w *Walk) Exclude(c Commit) { w.add(c, unwanted) }

func (w *Walk) add(c Commit, as state) {
	old, known := w.state[c.ID]
	if known && old >= as {
		return
	}
	if old == wanted && !w.followed[c.ID] {
		w.open--
	}
	w.state[c.ID] = as
	w.commits[c.ID] = c
	if as == wanted {
		w.open++
	}
	heap.Push(&w.queue, queued{c, as})
}

// Run follows commits until none can change which ones are wanted, and returns the wanted ones, sorted by id.
func (w *Walk) Run(ctx context.Context) (found []Commit, err error) {
	for w.goesOn() && w.Most >= 0 {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		w.Most--
		w.follow(heap.Pop(&w.queue).(queued).Commit)
	}
	for id, is := range w.state {
		if is == wanted {
			found = append(found, w.commits[id])
		}
	}
	slices.SortFunc(found, func(a, b Commit) int { return a.ID.Compare(b.ID) })
	return found, nil
}

// Complete is false for a walk that ended because Most did not suffice.
func (w *Walk) Complete() bool { return w.Most >= 0 }

// goesOn tells whether a commit in the queue can change which ones are wanted.
func (w *Walk) goesOn() bool {
	if w.queue.Len() == 0 {
		return false
	}
	if w.open > 0 || w.queue.list[0].Date >= w.oldest {
		w.extra = 0
		return true
	}
	w.extra++
	return w.extra <= clockSlop
}

// follow passes a commit's state on to its parents.
func (w *Walk) follow(c Commit) {
	is := w.state[c.ID]
	if is == wanted {
		w.open--
		w.followed[c.ID] = true
		w.oldest = min(w.oldest, c.Date)
	}
	if w.Source.Shallow[c.ID] {
		if is == wanted {
			w.Source.AtEdge()
		}
		return
	}
	for _, p := range c.Parents {
		if w.state[p] >= is {
			continue
		}
		parent, known := w.commits[p]
		if !known {
			var err error
			if parent, err = w.Source.Read(p); err != nil {
				if is == wanted { // what lies behind an unwanted one can only make more count as wanted
					w.Source.Unread(p, c.ID, err)
				}
				continue
			}
		}
		w.add(parent, is)
	}
}
