package files

import (
	"container/list"
	"sync"

	"skleak/scanner/files/disk"
)

// branches keeps the folders of a walk open, or opens them when they are wanted.
type branches struct {
	most int // how many are open while unused

	mu   sync.Mutex
	idle list.List // of *branch: open and unused, the longest unused first
}

// mostIdle is enough for each folder on the way down a tree that people have made.
const mostIdle = 64

// fewestIdle lets a folder that was opened from one in it stay open until it is wanted.
const fewestIdle = 2

// hold keeps a folder for so many more reasons.
func (s *branches) hold(b *branch, reasons int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b.holds += reasons
}

// finish is leave and drop for one who is done with a folder.
func (s *branches) finish(b *branch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b.users--; b.holds > 1 && b.users == 0 {
		s.setIdle(b, true)
	}
	s.dropLocked(b)
}

// drop takes a reason back that there was to keep a folder.
func (s *branches) drop(b *branch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dropLocked(b)
}

// dropLocked closes a folder that there is no reason left to keep, and then there is one less to keep the
// folder above it. Nobody uses such a folder, since who does has a reason.
func (s *branches) dropLocked(b *branch) {
	for ; b != nil; b = b.parent {
		if b.holds--; b.holds > 0 {
			return
		}
		if b.at == nil {
			continue
		}
		s.setIdle(b, false)
		s.reopenAbove(b)
		b.at.Close()
		b.at = nil
	}
}

// reopenAbove opens the folder above b, if it has been put away, from b. So each folder is opened twice at
// most, however deep the tree is.
func (s *branches) reopenAbove(b *branch) {
	up := b.parent
	if up == nil || up.at != nil || !up.known {
		return
	}
	if at, err := b.at.Parent(up.id); err == nil {
		up.at = at
		s.setIdle(up, true)
	}
}

// reach opens a folder, if it is not open, and keeps it open till leave is called. The folders above it
// are opened for it as needed.
func (s *branches) reach(b *branch) (disk.Folder, error) {
	at, way := s.nearest(b)
	for i := len(way) - 1; i >= 0; i-- {
		above, next := way[i].parent, way[i]
		opened, err := at.Folder(next.name)
		if err != nil && disk.TooManyOpen(err) && s.relieve() {
			opened, err = at.Folder(next.name)
		}
		s.mu.Lock()
		s.leaveLocked(above)
		if err != nil {
			s.mu.Unlock()
			return nil, err
		}
		if next.at == nil {
			next.at = opened
		} else {
			opened.Close() // somebody else was faster
		}
		s.use(next)
		at = next.at
		s.mu.Unlock()
	}
	return at, nil
}

// nearest finds the way from the nearest folder that is open, which it uses, down to b.
func (s *branches) nearest(b *branch) (at disk.Folder, way []*branch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for b.at == nil {
		way = append(way, b)
		b = b.parent
	}
	s.use(b)
	return b.at, way
}

func (s *branches) use(b *branch) {
	b.users++
	s.setIdle(b, false)
}

// leaveLocked says that the folder that reach has opened is not used any more.
func (s *branches) leaveLocked(b *branch) {
	if b.users--; b.users == 0 {
		s.setIdle(b, true)
	}
}

// setIdle notes whether a folder is open and unused. The root never is: all ways begin there.
func (s *branches) setIdle(b *branch, idle bool) {
	switch {
	case b.parent == nil:
	case !idle && b.idle != nil:
		s.idle.Remove(b.idle)
		b.idle = nil
	case idle && b.idle == nil:
		b.idle = s.idle.PushBack(b)
		if s.idle.Len() > s.most {
			s.putAway()
		}
	}
}

// putAway closes the folder that has been unused for longest.
func (s *branches) putAway() {
	b := s.idle.Remove(s.idle.Front()).(*branch)
	b.idle = nil
	b.id, b.known = b.at.Identity()
	b.at.Close()
	b.at = nil
}

// relieve closes what is open and unused, and is true if there was anything. From then on less is kept:
// the system has few descriptors to give.
func (s *branches) relieve() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	any := s.idle.Len() > 0
	s.most = max(fewestIdle, min(s.most, s.idle.Len()/2))
	for s.idle.Len() > 0 {
		s.putAway()
	}
	return any
}

// closeAll ends a walk that nobody works on any more, be it at its end or not.
func (s *branches) closeAll(root *branch) {
	s.relieve()
	if root.at != nil {
		root.at.Close()
	}
}
