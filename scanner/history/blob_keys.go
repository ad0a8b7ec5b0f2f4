package history

import (
	"errors"
	"io"
	"iter"
	"slices"

	"skleak/rules"
	"skleak/scanner"
	"skleak/scanner/archive"
	"skleak/scanner/git/odb"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
	"skleak/scanner/history/internal/find"
	"skleak/scanner/history/internal/keyset"
)

// blobKeys are the keys of a blob, as numbers of a keyTable. They are kept of each blob that is asked about, so they
// are small. Where the keys stand is found out again for what is told: a push may bring a thousand versions of a file
// with a thousand keys, of which each is told once.
type blobKeys struct {
	own    keyset.Set          // in its own bytes
	inside map[uint32][]string // in what lies in it, if it is a container: the first of the places there, by key
}

// mostInsides is how many places of a key in a container are kept: of more, the first are as good.
const mostInsides = 16

// newBlobKeys makes them of numbers, which it sorts, and of what was found in the container that the blob is.
func (s *changes) newBlobKeys(own []uint32, found []find.Match) (b blobKeys) {
	exact := scanner.Readings{}
	for _, m := range found {
		exact.Add(m.Key, "")
		n := s.table.Number(m.Key)
		if known := b.inside[n]; n != keyset.Absent && len(known) < mostInsides && !slices.Contains(known, m.Inside) {
			if b.inside == nil {
				b.inside = map[uint32][]string{}
			}
			b.inside[n] = append(known, m.Inside)
		}
	}
	b.own = keyset.New(own)
	if len(exact) > 0 {
		b.own = keyset.Of(b.own.All(),
			func(n uint32) bool { return !exact.Has(s.table.Key(n), "") }) // else it is a second sight
	}
	return b
}

func (b blobKeys) isEmpty() bool { return len(b.own) == 0 && len(b.inside) == 0 }

func (b blobKeys) has(n uint32) bool { return b.inside[n] != nil || b.own.Has(n) }

// all are the keys, each once.
func (b blobKeys) all() iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		for n := range b.own.All() {
			if !yield(n) {
				return
			}
		}
		for n := range b.inside {
			if !yield(n) {
				return
			}
		}
	}
}

// set is the keys as a set.
func (b blobKeys) set() keyset.Set {
	if len(b.inside) == 0 {
		return b.own
	}
	return keyset.New(slices.Collect(b.all()))
}

// standsAt tells whether a key stands in the blob itself, or at a place in it for which f is true.
func (b blobKeys) standsAt(n uint32, f func(inside string) bool) bool {
	return b.own.Has(n) || slices.ContainsFunc(b.inside[n], f)
}

// keysOf are the keys of a blob. One that was searched need not be read again.
func (s *changes) keysOf(r *odb.LazyReader, id oid.ID) blobKeys {
	s.mu.Lock()
	keys, known := s.keys[id]
	if !known {
		keys, known = s.hits[id]
	}
	s.mu.Unlock()
	if _, seen := s.seen.Load(id); known || seen || s.whole {
		return keys
	}
	keys, err := s.keysIn(r, id)
	if err != nil {
		s.noteUnread(id, "", wasThere, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys[id] = keys
	return keys
}

// keysIn finds the keys of a blob that was there before.
func (s *changes) keysIn(r *odb.LazyReader, id oid.ID) (keys blobKeys, err error) {
	own := ownKeys{changes: s}
	within := s.lookInside(&s.archives)
	within.Memory = s.members
	if _, err = s.readBlob(r, id, within, &own, !isCounted); !wasRead(err) {
		return blobKeys{}, err // see searcher.stream
	}
	return s.newBlobKeys(own.numbers, within.Found), err
}

// matchesIn finds the places of some keys of a blob. A key that is not found again is told without one.
func (s *changes) matchesIn(r *odb.LazyReader, id oid.ID, wanted keyset.Set) (matches []find.Match) {
	own := ownKeys{changes: s, wanted: wanted}
	within := s.lookInside(&s.repeated)
	within.Wanted = func(k rules.Key) bool { return wanted.Has(s.table.Number(k)) }
	if _, err := s.readBlob(r, id, within, &own, !isCounted); wasRead(err) {
		matches = append(within.WithoutSecondSights(own.matches), within.Found...)
	}
	var found []uint32
	for _, m := range matches {
		found = append(found, s.table.Number(m.Key))
	}
	for n := range wanted.Minus(keyset.New(found)).All() {
		if key := s.table.Key(n); !key.IsZero() {
			matches = append(matches, find.Match{Key: key, Form: plainForm})
		}
	}
	return matches
}

// lookInside looks into blobs once more: what cannot be read in them is told where they are searched.
func (s *changes) lookInside(limits *archive.Limits) *find.Inside {
	o := s.Options
	o.Coverage = new(scanner.Coverage)
	return o.newInside(s.ctx, limits, nil)
}

// ownKeys collects what is found in the own bytes of a blob: the numbers of all keys, and matches of those that are
// wanted.
type ownKeys struct {
	*changes
	wanted  keyset.Set
	numbers []uint32
	matches []find.Match
}

func (o *ownKeys) reset() { o.numbers, o.matches = o.numbers[:0], o.matches[:0] }

func (o *ownKeys) note(k rules.Key) (wanted bool) {
	n := o.table.Number(k)
	if n != keyset.Absent {
		o.numbers = append(o.numbers, n)
	}
	return o.wanted.Has(n)
}

func (o *ownKeys) add(m find.Match) { o.matches = append(o.matches, m) }

// isCounted says that a blob is read for the first time: it is counted, and checked.
const isCounted = true

// wasRead tells of an error of readBlob whether what was found counts all the same.
func wasRead(err error) bool {
	return err == nil || err == scanner.ErrDense || errors.Is(err, odb.ErrBehind)
}

// readBlob searches a blob, and what lies in it. The error is scanner.ErrDense if it was not looked into whole.
func (s *changes) readBlob(
	r *odb.LazyReader, id oid.ID, within *find.Inside, own *ownKeys, counted bool,
) (kind pack.Kind, err error) {
	complete := true
	begin := func(k pack.Kind, size int64) {
		kind = k
		own.reset() // of a copy that could not be read to its end
		if counted {
			s.Coverage.Objects.Add(1)
			s.Coverage.Blobs.Add(1)
			s.Coverage.Bytes.Add(size)
		}
	}
	err = r.Visit(id, func(k pack.Kind, content []byte) {
		begin(k, int64(len(content)))
		if counted {
			s.checkContent(k, id, content)
			if scanner.IsLFSPointer(content) {
				s.Coverage.Skip(scanner.SkippedLFS, 1)
			}
		}
		complete = find.InWindow(s.Rules, content, 0, len(content), scanner.Cursor{}, own.note, own.add)
		within.Whole(content)
	}, func(k pack.Kind, size uint64, content io.Reader) error {
		begin(k, int64(size))
		check := func(oid.ID) {}
		if counted {
			content, check = s.hashing(s.repo.Dir.Format, k, size, content)
		}
		err := within.Alongside(content, func(content io.Reader) error {
			return find.InStream(s.ctx, s.Rules, content, find.Window, own.note, own.add)
		}, contentOf(s.repo.Objects.NewReader(), id))
		if complete = err != scanner.ErrDense; err == nil || !complete {
			check(id)
			return nil
		}
		return err
	})
	if err == nil && !complete {
		err = scanner.ErrDense
	}
	return kind, err
}
