package history

// An object may be stored several times. The first copy counts, and the others are passed over where it is enough to
// see an object once. Where the first copy cannot be read, the next one that can takes its place.

// copyAt says where a copy of an object lies.
type copyAt struct {
	packed   bool
	index    int // of the pack, or of the objects folder
	position int
}

// copies knows the objects whose first copy could not be read.
type copies struct {
	failed  map[uint32]bool   // by object number: no copy could be read so far
	instead map[uint32]copyAt // the copy that is read in place of the first
}

// fail notes that a copy cannot be read.
func (s *search) fail(number uint32, first bool) {
	if !first {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.copies.failed[number] = true
}

// takesPlace tells whether a copy that was read is the one that counts, and remembers a later one that
// has to stand in for the first.
func (s *search) takesPlace(number uint32, first bool, at copyAt) bool {
	if first {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.copies.failed[number] {
		return false
	}
	delete(s.copies.failed, number)
	s.copies.instead[number] = at
	return true
}

// counts is takesPlace once all has been read.
func (s *search) counts(number uint32, first bool, at copyAt) bool {
	if instead, ok := s.copies.instead[number]; ok {
		return instead == at
	}
	return first
}

// packedAt tells in which pack the copy lies that counts.
func (s *search) packedAt(number uint32) (p, position int, packed bool) {
	if at, ok := s.copies.instead[number]; ok {
		return at.index, at.position, at.packed
	}
	return s.repo.db.Packed(number)
}

func inPack(index, position int) copyAt { return copyAt{true, index, position} }
func inLoose(dir, position int) copyAt  { return copyAt{false, dir, position} }
