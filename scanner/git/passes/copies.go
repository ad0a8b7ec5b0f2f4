package passes

// copyAt says where a copy of an object lies.
type copyAt struct {
	packed   bool
	index    int // of the pack, or of the objects folder
	position int
}

// fail notes that a copy cannot be read.
func (s *Objects) fail(number uint32, isFirst bool) {
	if !isFirst {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed == nil {
		s.failed = map[uint32]bool{}
	}
	s.failed[number] = true
}

// counts tells whether a copy that was read is the one that counts. In the first pass it remembers a later one that has
// to stand in for the first.
func (s *Objects) counts(number uint32, isFirst bool, at copyAt, firstPass bool) bool {
	if !firstPass {
		if instead, ok := s.instead[number]; ok {
			return instead == at
		}
		return isFirst
	}
	if isFirst {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.failed[number] {
		return false
	}
	delete(s.failed, number)
	if s.instead == nil {
		s.instead = map[uint32]copyAt{}
	}
	s.instead[number] = at
	return true
}
