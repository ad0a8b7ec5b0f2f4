package history

import (
	"context"
	"errors"
	"io"

	"skleak/scanner"
	"skleak/scanner/git/mapped"
	"skleak/scanner/git/odb"
	"skleak/scanner/git/pack"
)

// visit sees an object during a second walk; first tells the copy that counts from the others, and the
// result reaches the object's delta children as BaseMark.
type visit func(o *pack.Object, number uint32, first bool) pack.Mark

// eachObject walks the objects of some kinds once more; of packed ones only those in need and what
// they are built on, if it is given (by pack, then by rank). What cannot be read was reported by the search
// and is passed over. Each worker gets a visit of its own.
func (s *search) eachObject(ctx context.Context, kinds pack.KindSet, need []pack.Bitmap, newVisit func() visit) error {
	if err := s.eachPacked(ctx, kinds, need, newVisit); err != nil {
		return err
	}
	return s.eachLooseOf(ctx, kinds, newVisit)
}

func (s *search) eachPacked(ctx context.Context, kinds pack.KindSet, need []pack.Bitmap, newVisit func() visit) error {
	for i, layout := range s.layouts {
		if layout == nil || need != nil && need[i] == nil {
			continue
		}
		w := s.walk(layout)
		w.Kinds, w.Margin, w.Again = kinds, 1, true
		if need != nil {
			w.Need = need[i]
		}
		err := w.Run(ctx, func() pack.Visitor { return &revisitor{search: s, pack: i, visit: newVisit()} })
		if errors.Is(err, mapped.ErrFault) {
			s.unreadable(scanner.UnreadableCorrupt, odb.Place(s.repo.db.Packs[i]), err.Error())
		} else if err != nil {
			return err
		}
	}
	return nil
}

func (s *search) eachLooseOf(ctx context.Context, kinds pack.KindSet, newVisit func() visit) error {
	for i := range s.repo.db.Loose {
		err := s.eachLoose(ctx, i, func(next func() (from, to int, ok bool)) {
			var r odb.LooseReader
			call := newVisit()
			for from, to, ok := next(); ok; from, to, ok = next() {
				for at := from; at < to; at++ {
					if kinds.Has(s.looseKinds[i][at]) {
						s.revisitLoose(&r, i, at, call)
					}
				}
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *search) revisitLoose(r *odb.LooseReader, dir, position int, call visit) {
	number, first := s.repo.db.LooseNumber(dir, position)
	first = s.counts(number, first, inLoose(dir, position))
	pass := func(kind pack.Kind, content []byte) {
		call(&pack.Object{Kind: kind, Content: content}, number, first)
	}
	_ = r.Visit(s.repo.db.Loose[dir], position, pass, func(kind pack.Kind, size uint64, content io.Reader) error {
		data, err := s.readBounded(content, size)
		if err == nil {
			pass(kind, data)
		}
		return err
	})
}

// readBounded reads an object that is no blob and yet too large for the usual way.
func (o Options) readBounded(content io.Reader, size uint64) ([]byte, error) {
	if limit := o.memory(); size > uint64(limit) {
		return nil, &pack.TooLargeError{Size: size, Limit: limit}
	}
	return io.ReadAll(content)
}

// revisitor passes the objects of a second walk on.
type revisitor struct {
	search *search
	pack   int
	visit  visit
}

func (r *revisitor) Visit(o *pack.Object) pack.Mark {
	number, first := r.search.repo.db.PackNumber(r.pack, o.Position)
	first = r.search.counts(number, first, inPack(r.pack, o.Position))
	return r.visit(o, number, first)
}

func (r *revisitor) Stream(*pack.Object, uint64, io.Reader) error { return nil }
func (r *revisitor) Failed(*pack.Pack, int, error)                {}

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
