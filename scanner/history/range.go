package history

import (
	"cmp"
	"container/heap"
	"context"
	"errors"
	"math"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/sourcegraph/conc/pool"

	"skleak/scanner"
	"skleak/scanner/git/object"
	"skleak/scanner/git/odb"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
)

// A range is searched commit by commit: what stands in a commit's tree and in none of its parents' trees at
// the same path is new. All parents count, so what a merge resolved by hand is new and what it took from either
// side is not. This reads objects one at a time, which suits the tens of commits of a push better than
// reading the whole database.

// runRange searches what the range names.
func (s *search) runRange(ctx context.Context, text string) error {
	s.mendBroken()
	include, exclude, err := s.revisions(text)
	if err != nil {
		return err
	}
	commits, err := s.commitsBetween(ctx, include, exclude)
	if err != nil {
		return err
	}
	s.Progress.Total.Add(int64(len(commits)))
	s.within = make(map[uint32]bool, len(commits))
	for _, c := range commits {
		s.within[s.numberOf(c.id)] = true
	}
	var next atomic.Int64
	var seen sync.Map
	workers := pool.New()
	for range min(s.Jobs, max(len(commits), 1)) {
		workers.Go(func() {
			s.guard(func() {
				d := &differ{searcher: s.newSearcher(ctx, -1), reader: s.repo.db.NewReader(), seen: &seen}
				defer d.finish()
				for i := next.Add(1) - 1; i < int64(len(commits)) && ctx.Err() == nil; i = next.Add(1) - 1 {
					d.commit(commits[i])
				}
			})
		})
	}
	workers.Wait()
	if err := s.searchTags(ctx, include); err != nil {
		return err
	}
	s.noteMissing()
	if len(s.hits) > 0 {
		s.readRefs()
		s.prepareRevisit()
	}
	return ctx.Err()
}

// prepareRevisit learns what the search of everything learns on its way: where the entries of packs lie, and of
// what kind loose objects are.
func (s *search) prepareRevisit() {
	for i, err := range s.layOutPacks() {
		s.unreadable(scanner.UnreadableCorrupt, odb.Place(s.repo.db.Packs[i]), err.Error())
	}
	var r odb.LooseReader
	for i, list := range s.repo.db.Loose {
		s.looseKinds[i] = make([]pack.Kind, list.Len())
		for at := range s.looseKinds[i] {
			if kind, err := r.Kind(list, at); err == nil { // one that cannot be read leads to no hit
				s.looseKinds[i][at] = kind
			}
		}
	}
}

const (
	wanted   = 1
	unwanted = 2
)

// commitsBetween returns the commits that include leads to and exclude does not.
//
// Commits are taken in the order of their dates, the latest first, as git does, and the walk ends when only
// unwanted ones are left that are older than every wanted one, and a few of these have been followed. Where clocks
// were more wrong than that, an unwanted commit may pass for a wanted one: then more is searched than was
// asked for, and never less.
func (s *search) commitsBetween(ctx context.Context, include, exclude []oid.ID) (found []foundCommit, err error) {
	r := s.repo.db.NewReader()
	w := newRangeWalk(commitSource{
		read:    func(id oid.ID) (foundCommit, error) { return s.readCommit(r, id) },
		unread:  func(id, naming oid.ID, err error) { s.noteUnread(id, pack.Commit, pack.Commit, naming, err) },
		shallow: s.shallow,
		edge:    func() { s.Coverage.Skip(scanner.SkippedShallow, 1) },
	})
	start := func(ids []oid.ID, state uint8) error {
		for _, id := range ids {
			c, err := w.source.read(id)
			if err != nil {
				return &RevisionError{s.repo.hex(id), err}
			}
			w.add(c, state)
		}
		return nil
	}
	if err := start(exclude, unwanted); err != nil {
		return nil, err
	}
	if err := start(include, wanted); err != nil {
		return nil, err
	}
	return w.run(ctx)
}

// run takes commits until none can change what is wanted any more, and returns the wanted ones, sorted by id.
func (w *rangeWalk) run(ctx context.Context) (found []foundCommit, err error) {
	for w.goesOn() {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
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
	return &rangeWalk{source: source, state: map[oid.ID]uint8{}, commits: map[oid.ID]foundCommit{}, taken: map[oid.ID]bool{}, oldest: math.MaxInt64}
}

// rangeWalk is a heap of the commits still to be taken, the latest first.
type rangeWalk struct {
	source  commitSource
	state   map[oid.ID]uint8
	commits map[oid.ID]foundCommit
	taken   map[oid.ID]bool // as wanted
	queue   []queued
	open    int   // wanted commits in the queue
	oldest  int64 // date of the oldest wanted commit taken
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

// noteUnread notes an object that something names and that could not be read.
func (s *search) noteUnread(id oid.ID, kind, by pack.Kind, naming oid.ID, err error) {
	if missing := (*odb.MissingError)(nil); errors.As(err, &missing) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.missing[id] = absence{kind, naming, by}.orEarlier(s.missing[id])
		return
	}
	s.unreadable(unreadableReason(err), "object "+s.repo.hex(id), err.Error())
}

// searchTags searches the tags by which the range was named.
func (s *search) searchTags(ctx context.Context, ids []oid.ID) error {
	v := s.newSearcher(ctx, -1)
	defer v.finish()
	r := s.repo.db.NewReader()
	for _, id := range ids {
		_, _, _, err := object.Peel(r.Read, id, s.repo.db.Format, func(id oid.ID, content []byte) {
			v.count(pack.Tag, uint64(len(content)), true)
			v.inspect(&pack.Object{Kind: pack.Tag, Content: content}, s.numberOf(id), true)
		})
		if err != nil {
			return err
		}
	}
	return nil
}
