package pack

import (
	"sync"
	"sync/atomic"

	"skleak/scanner/git/oid"
)

// node is an entry to be built from a base that is at hand; whole objects have none.
type node struct {
	rank uint32
	base *buffer
}

// outside is a base that lies outside the pack, and the deltas that hang on it.
type outside struct {
	id     oid.ID
	ranks  []uint32
	copyOf bool // the pack has the base too, and it cannot be read there
}

// work is what a worker takes: one of the three.
type work struct {
	roots   []uint32 // of families
	shared  node
	outside outside
}

// share is what the workers of a walk have in common: the tasks, and the nodes that one of them left
// to the others. Work is over when there is no task, nothing shared, and no worker that could share more.
type share struct {
	walk    *Walk
	layout  *Layout
	stopped atomic.Bool  // the context has ended, or a worker has failed
	hungry  atomic.Int32 // workers waiting for work: read by the others at each object

	mu       sync.Mutex
	wake     *sync.Cond
	nodes    []node
	outsides []outside
	next     int // task
	active   int // workers not waiting
	err      error

	fetch sync.Mutex   // held while a base outside the pack is fetched: one at a time
	large sync.Mutex   // held by the one worker that may hold large objects
	held  atomic.Int64 // bytes of what it holds
	small int64        // bytes that each worker may hold besides

	copies    atomic.Int32 // of bases that were looked for, since the pack's own could not be read
	search    atomic.Int64 // bytes that findEnd may still inflate
	allowance allowance
}

func newShare(w *Walk) *share {
	workers := max(w.Workers, 1)
	s := &share{walk: w, layout: w.Layout, active: workers, small: w.small(int64(workers))}
	s.wake = sync.NewCond(&s.mu)
	s.search.Store(searchBytes)
	s.allowance.allow(uint64(len(w.Layout.pack.data)))
	if w.allowed > 0 {
		s.allowance.left.Store(w.allowed)
	}
	for id, ranks := range w.Layout.external {
		s.outsides = append(s.outsides, outside{id: oid.FromBytes([]byte(id)), ranks: ranks})
	}
	return s
}

// small is how many bytes each of some workers may hold of objects that are not large. Two of these must fit in, an
// object and its base: where they do not, chains of objects of 8 to 16 MB are walked by one worker at a time. With more
// than 4 workers a quarter of the memory does not go so far.
func (w *Walk) small(workers int64) int64 {
	return max(w.Memory/4/workers, min(w.Memory/workers, 2*largeObject), largeObject)
}

// stop ends the walk; the first error is kept.
func (s *share) stop(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped.Store(true)
	if s.err == nil {
		s.err = err
	}
	s.wake.Broadcast()
}

// take gives a worker its next work. It waits while there is none but other workers may still share some,
// and returns false when all is done.
func (s *share) take() (w work, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		switch {
		case s.stopped.Load():
			return work{}, false
		case len(s.nodes) > 0:
			w.shared, s.nodes = pop(s.nodes)
			return w, true
		case len(s.outsides) > 0:
			w.outside, s.outsides = pop(s.outsides)
			return w, true
		case s.next < len(s.layout.tasks):
			s.next++
			return work{roots: s.layout.tasks[s.next-1]}, true
		}
		s.active--
		if s.active == 0 {
			s.wake.Broadcast()
			return work{}, false
		}
		s.hungry.Add(1)
		s.wake.Wait()
		s.hungry.Add(-1)
		if s.active == 0 {
			return work{}, false
		}
		s.active++
	}
}

// give leaves nodes to whoever waits.
func (s *share) give(n node) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.nodes = append(s.nodes, n)
	s.wake.Signal()
}

// mostCopies bounds for how many damaged bases of a pack another copy is looked for. Each may take long: it may be a
// bomb, or stand behind a long chain of deltas that cannot be read either.
const mostCopies = 512

// addCopy has somebody build deltas on another copy of their base. It is false where that was done too often.
func (s *share) addCopy(o outside) bool {
	if s.copies.Add(1) > mostCopies {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.outsides = append(s.outsides, o)
	s.wake.Signal()
	return true
}

// pop takes the last of a list off it, and lets go of it there.
func pop[T any](list []T) (last T, rest []T) {
	var zero T
	at := len(list) - 1
	last, list[at] = list[at], zero
	return last, list[:at]
}
