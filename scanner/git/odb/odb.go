// Package odb is a repository's object database: its packs and loose objects and those of its alternates,
// with one number for each object. It reads; it never runs git, fetches or writes.
package odb

import (
	"errors"
	"fmt"
	"slices"

	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
)

// DB is an open object database. Lookups may run in many goroutines; Reader is for one at a time.
type DB struct {
	Format  oid.Format
	Packs   []*pack.Pack // the largest first
	Loose   []*LooseDir
	firstOf []uint32 // number of each pack's first object, then of each loose folder's
	table   *table   // nil: packs are asked in turn
	broken  []broken // packs that wait for Mend
	strays  map[*pack.Pack]bool
	memory  int64 // see Bound
	now     *Lazy // the same folders as they are when something is missed; see AddLate
}

// Problem is something that could not be opened.
type Problem struct {
	Place, Detail string
	NoIdx         bool // nothing but that: a pack has no idx
	Stray         bool // it is a pack of AddStray
}

// Open opens all packs and lists all loose objects of the objects folders dirs, the repository's own
// first. What cannot be opened is named; the rest is there. Packs whose idx is of no use wait for Mend.
func Open(dirs []string, f oid.Format) (*DB, []Problem) {
	d := &DB{Format: f, strays: map[*pack.Pack]bool{}, now: OpenLazily(dirs, f)}
	var problems []Problem
	for _, dir := range dirs {
		problems = append(problems, d.openDir(dir, listLoose)...)
	}
	d.number()
	return d, problems
}

// Bound bounds the bytes of each object that a Reader reads; 0: pack.DefaultMemory. It comes before NewReader.
func (d *DB) Bound(memory int64) { d.memory, d.now.Memory = memory, memory }

// number orders the packs and gives each object its number.
func (d *DB) number() {
	slices.SortStableFunc(d.Packs, func(a, b *pack.Pack) int { return b.Index.Len() - a.Index.Len() })
	d.firstOf, d.table = d.firstOf[:0], nil
	total := uint64(0)
	for _, p := range d.Packs {
		d.firstOf = append(d.firstOf, uint32(total))
		total += uint64(p.Index.Len())
	}
	for _, l := range d.Loose {
		d.firstOf = append(d.firstOf, uint32(total))
		total += uint64(l.Len())
	}
}

// Close unmaps the packs.
func (d *DB) Close() error {
	errs := []error{d.now.Close()}
	for _, p := range d.Packs {
		errs = append(errs, p.Close())
	}
	return errors.Join(errs...)
}

// Len is the number of objects, each copy counted.
func (d *DB) Len() int {
	n := 0
	for _, p := range d.Packs {
		n += p.Index.Len()
	}
	for _, l := range d.Loose {
		n += l.Len()
	}
	return n
}

// PackedSize is about how many bytes the objects take on disk; each loose one counts as looseSize.
func (d *DB) PackedSize() (n int64) {
	const looseSize = 64 << 10
	for _, p := range d.Packs {
		n += p.Size()
	}
	for _, l := range d.Loose {
		n += int64(l.Len()) * looseSize
	}
	return n
}

// Number returns the number of an object's first copy.
func (d *DB) Number(id []byte) (n uint32, ok bool) {
	if pack, position, ok := d.findPacked(id); ok {
		return d.firstOf[pack] + uint32(position), true
	}
	for i, l := range d.Loose {
		if position, ok := l.find(id); ok {
			return d.firstOf[len(d.Packs)+i] + uint32(position), true
		}
	}
	return 0, false
}

// findPacked finds the first copy of an object in Packs.
func (d *DB) findPacked(id []byte) (pack, position int, ok bool) {
	if d.table != nil {
		return d.table.find(d, id)
	}
	for i, p := range d.Packs {
		if position, ok := p.Index.Find(id); ok {
			return i, position, true
		}
	}
	return 0, 0, false
}

// Absent stands for the number of an object that is not there.
const Absent = 1<<32 - 1

// NumberOf is Number for who takes Absent for an answer.
func (d *DB) NumberOf(id oid.ID) uint32 {
	if n, ok := d.Number(id[:d.Format.Size()]); ok {
		return n
	}
	return Absent
}

// Has tells whether an object is there.
func (d *DB) Has(id []byte) bool {
	_, ok := d.Number(id)
	return ok
}

// Prefetch brings closer what Has will need for an id: call it for many, then Has for each.
func (d *DB) Prefetch(id []byte) uint64 {
	switch {
	case d.table != nil:
		at, _ := d.table.slot(id)
		return d.table.slots[at]
	case len(d.Packs) == 0:
		return 0
	}
	return d.Packs[0].Index.Prefetch(id) // nearly everything is in the largest pack, as a rule
}

// PackNumber returns the number of the first copy of the object at a position of Packs[i], and whether that
// is this one. An id that a damaged idx has in the wrong place is not found, and counts as the first.
func (d *DB) PackNumber(i, position int) (n uint32, first bool) {
	own := d.firstOf[i] + uint32(position)
	if i == 0 {
		return own, true
	}
	if n, ok := d.Number(d.Packs[i].Index.ID(position)); ok {
		return n, n == own
	}
	return own, true
}

// LooseNumber is PackNumber for the object at a position of Loose[i].
func (d *DB) LooseNumber(i, position int) (n uint32, first bool) {
	n, _ = d.Number(d.Loose[i].id(position))
	return n, n == d.firstOf[len(d.Packs)+i]+uint32(position)
}

// locate finds where the object with a number lies.
func (d *DB) locate(n uint32) (source, position int) {
	behind, _ := slices.BinarySearch(d.firstOf[1:], n+1)
	return behind, int(n - d.firstOf[behind])
}

// ID returns the id of the object with a number.
func (d *DB) ID(n uint32) oid.ID {
	source, position := d.locate(n)
	if source < len(d.Packs) {
		return oid.FromBytes(d.Packs[source].Index.ID(position))
	}
	return oid.FromBytes(d.Loose[source-len(d.Packs)].id(position))
}

// Precedes tells whether the id of the object with the number a is less than that of b, which is another object.
func (d *DB) Precedes(a, b uint32) bool {
	if inA, _ := d.locate(a); inA < len(d.Packs) {
		if inB, _ := d.locate(b); inA == inB {
			return a < b // as an idx has them
		}
	}
	return d.ID(a).Compare(d.ID(b)) < 0
}

// Reader reads single objects. One goroutine at a time.
type Reader struct {
	db    *DB
	packs pack.Reader
	loose LooseReader
}

// maxPacksApart is how many packs may lie between a delta and its last base: bases in other packs may have bases in
// others again. Git makes none, so any depth is generous.
const maxPacksApart = 16

// NewReader makes a Reader with a cache of its own.
func (d *DB) NewReader() *Reader {
	r := &Reader{db: d, packs: pack.Reader{Memory: d.memory}, loose: LooseReader{Memory: d.memory}}
	r.packs.Resolve = nearby(d.Format, r.Read)
	return r
}

// nearby is read for the bases of deltas: not too many packs away.
func nearby(f oid.Format, read pack.Resolve) pack.Resolve {
	depth := 0
	return func(id oid.ID) (pack.Kind, []byte, error) {
		if depth++; depth > maxPacksApart {
			return 0, nil, fmt.Errorf("the delta's base %s lies too many packs away", id.Hex(f))
		}
		defer func() { depth-- }()
		return read(id)
	}
}

// Read returns an object. The content may be shared: do not write to it.
func (r *Reader) Read(id oid.ID) (pack.Kind, []byte, error) {
	n, ok := r.db.Number(id[:r.db.Format.Size()])
	if !ok {
		return 0, nil, &MissingError{id, r.db.Format}
	}
	return r.ReadNumber(n)
}

// Visit passes an object to whole, or to large where it is too large to be held for nothing. The content is valid
// during the call only. Where the first copy cannot be read, another one may do, and large may have seen a part of
// the first.
func (r *Reader) Visit(id oid.ID, whole wholeFunc, large largeFunc) (err error) {
	n, ok := r.db.Number(id[:r.db.Format.Size()])
	if !ok {
		return &MissingError{id, r.db.Format}
	}
	if source, position := r.db.locate(n); source < len(r.db.Packs) {
		err = r.packs.Visit(r.db.Packs[source], position, whole, large)
	} else {
		err = r.loose.Visit(r.db.Loose[source-len(r.db.Packs)], position, whole, large)
	}
	if err == nil || errors.Is(err, ErrBehind) {
		return nil
	}
	kind, content, err2 := r.ReadNumber(n)
	if err2 == nil {
		whole(kind, content)
		return nil
	}
	return err
}

// ReadNumber is Read for the object with a number. Where the first copy cannot be read, another one may do.
func (r *Reader) ReadNumber(n uint32) (pack.Kind, []byte, error) {
	source, position := r.db.locate(n)
	kind, data, err := r.readCopy(source, position)
	if err == nil {
		return kind, data, nil
	}
	id := r.db.ID(n)
	for source++; source < len(r.db.firstOf); source++ {
		position, ok := r.db.findIn(source, id[:r.db.Format.Size()])
		if !ok {
			continue
		}
		if kind, data, err := r.readCopy(source, position); err == nil {
			return kind, data, nil
		}
	}
	if kind, data, err := r.loose.readerNow(r.db.now).Read(id); err == nil {
		return kind, data, nil
	}
	return 0, nil, err
}

// findIn finds an object in one source: a pack, or, behind all packs, a folder of loose objects.
func (d *DB) findIn(source int, id []byte) (position int, ok bool) {
	if source < len(d.Packs) {
		return d.Packs[source].Index.Find(id)
	}
	return d.Loose[source-len(d.Packs)].find(id)
}

func (r *Reader) readCopy(source, position int) (pack.Kind, []byte, error) {
	if source < len(r.db.Packs) {
		return r.packs.Read(r.db.Packs[source], position)
	}
	kind, data, err := r.loose.Read(r.db.Loose[source-len(r.db.Packs)], position)
	if errors.Is(err, ErrBehind) {
		err = nil // a pass through the loose objects names it
	}
	return kind, data, err
}

// MissingError says that an object is not there.
type MissingError struct {
	ID     oid.ID
	Format oid.Format
}

func (e *MissingError) Error() string {
	return fmt.Sprintf("object %s is not there", e.ID.Hex(e.Format))
}
