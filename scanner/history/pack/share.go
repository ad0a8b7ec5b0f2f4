package pack

import (
	"context"
	"sync"
	"sync/atomic"

	"skleak/scanner/history/oid"
)

// node is an entry to be built from a base that is at hand; whole objects have none.
type node struct {
	rank uint32
	base *buffer
}

// share is what the workers of a walk have in common: the tasks, and the nodes that one of them left
// to the others. Work is over when there is no task, nothing shared, and no worker that could share more.
type share struct {
	walk    *Walk
	layout  *Layout
	stopped atomic.Bool  // the context has ended
	hungry  atomic.Int32 // workers waiting for work: read by the others at each object

	mu     sync.Mutex
	wake   *sync.Cond
	nodes  []node
	next   int // task
	active int // workers not waiting

	large sync.Mutex // held by the one worker that may hold large objects
	held  atomic.Int64
}

func newShare(ctx context.Context, w *Walk) *share {
	s := &share{walk: w, layout: w.Layout, active: max(w.Workers, 1)}
	s.wake = sync.NewCond(&s.mu)
	context.AfterFunc(ctx, func() {
		s.stopped.Store(true)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.wake.Broadcast()
	})
	return s
}

// addExternal fetches bases that lie outside the pack and shares what hangs on them.
func (s *share) addExternal(v Visitor) {
	w := s.walk
	for id, ranks := range s.layout.external {
		kind, content, err := w.Resolve(oid.FromBytes([]byte(id)))
		if err == nil && !w.Kinds.Has(kind) {
			continue
		}
		base := &buffer{data: content, kind: kind, marked: true, lent: true}
		base.refs.Store(int32(len(ranks)))
		for _, r := range ranks {
			if err != nil {
				v.Failed(s.layout.pack, s.layout.Position(r), err)
				w.failBelow(v, r)
			} else if w.Need == nil || w.Need.Has(r) {
				s.nodes = append(s.nodes, node{r, base})
			}
		}
	}
}

// take gives a worker its next work: a task's roots, or one shared node. It waits while there is none
// but other workers may still share some, and returns false when all is done.
func (s *share) take() (roots []uint32, n node, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		switch {
		case s.stopped.Load():
			return nil, node{}, false
		case len(s.nodes) > 0:
			n := s.nodes[len(s.nodes)-1]
			s.nodes = s.nodes[:len(s.nodes)-1]
			return nil, n, true
		case s.next < len(s.layout.tasks):
			s.next++
			return s.layout.tasks[s.next-1], node{}, true
		}
		s.active--
		if s.active == 0 {
			s.wake.Broadcast()
			return nil, node{}, false
		}
		s.hungry.Add(1)
		s.wake.Wait()
		s.hungry.Add(-1)
		if s.active == 0 {
			return nil, node{}, false
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
