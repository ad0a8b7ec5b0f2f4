package files

import (
	"cmp"
	"slices"
	"sync"
	"sync/atomic"
)

const (
	// largeFile is the size from which on a file is searched by all workers that have nothing else to do.
	largeFile = 4 * largePart

	// largePart is how much of it a worker takes at a time.
	largePart = 16 << 20
)

// large is a file that several workers search, a part at a time. The one that opened it, its owner, works
// on until no part is left, and waits for those that joined.
type large struct {
	file file
	size int64
	next atomic.Int64 // the first part that nobody has taken

	mu     sync.Mutex
	closed bool
	others sync.WaitGroup
	found  []found
	dense  bool
	err    error // the first that came up
}

// shared searches a large file together with whoever joins.
func (s *searcher) shared(f file, size int64) error {
	l := &large{file: f, size: size}
	s.share(l)
	s.parts(l)
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.others.Wait()

	slices.SortFunc(l.found, func(a, b found) int { return cmp.Compare(a.at, b.at) })
	s.found = append(s.found, l.found...)
	s.dense = l.dense
	s.span = span{f, min(size, l.next.Load()*largePart), size}
	s.window.begin(size, size) // nothing of the file is in it from its beginning
	return l.err
}

// help takes part in a search that another has offered, if it is still under way.
func (s *searcher) help(l *large) {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return
	}
	l.others.Add(1)
	l.mu.Unlock()
	defer l.others.Done()
	s.parts(l)
}

// parts searches one part after another until none is left.
func (s *searcher) parts(l *large) {
	s.found, s.dense = s.found[:0], false
	err := error(nil)
	for err == nil {
		from := (l.next.Add(1) - 1) * largePart
		if from >= l.size {
			break
		}
		first, end := s.window.begin(from, min(from+largePart, l.size))
		s.span = span{l.file, first, min(end, l.size)}
		if _, err = s.text(&s.span); err == nil && s.span.at < s.span.size {
			err = errChanged // it ended too early
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.found = append(l.found, s.found...)
	clear(s.found)
	s.found = s.found[:0]
	l.dense = l.dense || s.dense
	if l.err == nil {
		l.err = err
	}
}
