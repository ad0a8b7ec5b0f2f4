package files

import (
	"cmp"
	"fmt"
	"slices"
	"sync"

	"skleak/scanner/files/disk"
)

const (
	// largeFile is the size from which on a file is searched by all workers that have nothing else to do.
	largeFile = 4 * largePart

	// largePart is how much of it a worker takes at a time.
	largePart = 16 << 20

	// endless is how much is read of a file that may never end: of one without a size, and of one that is made up.
	endless = 16 << 20
)

var errEndless = fmt.Errorf("the system does not say how long it is, and only %d bytes of it were read", endless)

// large is a file that is searched a part at a time, by several workers if it is very large. What is not stored is
// passed over. The one that opened it, its owner, works on until no part is left, and waits for those that joined.
type large struct {
	file disk.File
	size int64

	mu     sync.Mutex
	next   int64 // where what nobody has taken begins
	hole   int64 // what is stored from there on ends here; to ask takes as long as reading does on some file systems
	closed bool
	others sync.WaitGroup
	found  []found
	over   int64 // places of keys that are not among these
	dense  bool
	packed bool
	err    error // the first that came up
}

// inParts searches a large file, together with whoever joins.
func (s *searcher) inParts(f disk.File, size int64) error {
	l := &large{file: f, size: size}
	if f.MadeUp() {
		l.size, l.err = min(size, endless), errEndless
	}
	if s.share != nil && l.size > largeFile {
		s.share(l)
	}
	s.parts(l)
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.others.Wait()

	slices.SortFunc(l.found, func(a, b found) int { return cmp.Compare(a.at, b.at) })
	for _, one := range l.found {
		if s.few.admit(one.match.Key, foundCost+one.match.End-one.match.Start) {
			s.found = append(s.found, one)
		}
	}
	s.few.over += l.over
	s.dense, s.packed = l.dense, l.packed
	s.span = span{f, min(l.size, l.next), size}
	s.window.begin(size, size) // nothing of the file is in it from its beginning
	return l.err
}

// take returns the next part: what is stored, and as much of the hole before it as a match can begin in.
func (l *large) take(margin int) (from, to int64, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.next >= l.size {
		return 0, 0, false
	}
	data := l.next
	if l.next >= l.hole {
		if data, l.hole = l.file.Data(l.next, l.size); data >= l.size {
			l.next = l.size
			return 0, 0, false
		}
	}
	from = max(l.next, data-int64(margin))
	to = min(l.hole, from+largePart)
	l.next = to
	return from, to, true
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
	s.forgetFound()
	err := error(nil)
	for err == nil {
		from, to, ok := l.take(s.window.margin)
		if !ok {
			break
		}
		first, end := s.window.begin(from, to)
		s.span = span{l.file, first, min(end, l.size)}
		if _, err = s.text(&s.span); err == nil && s.span.at < s.span.size {
			err = errChanged // it ended too early
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.found = append(l.found, s.found...)
	l.over += s.few.over
	l.dense, l.packed = l.dense || s.dense, l.packed || s.packed
	s.forgetFound()
	if l.err == nil {
		l.err = err
	}
}
