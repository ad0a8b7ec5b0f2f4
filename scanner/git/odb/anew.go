package odb

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"
	"sync/atomic"

	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
)

// A scan reads what was there when the lists were made. What git does meanwhile takes nothing away from it: a loose
// object that was packed since is read from the pack, and an object that came since and is named by one that was read
// is read, too.

// anew opens an objects database once more, when first something is missed.
type anew struct {
	since  stamp // from before the lists were made
	open   func() *Lazy
	opened atomic.Bool
}

func newAnew(dirs []string, d *DB) *anew {
	a := &anew{since: takeStamp(dirs)}
	a.open = sync.OnceValue(func() *Lazy {
		a.opened.Store(true)
		l := OpenLazily(dirs, d.Format)
		l.Memory = d.Memory
		return l
	})
	return a
}

func (a *anew) close() error {
	if !a.opened.Load() {
		return nil
	}
	return a.open().Close()
}

// again returns the reader of a goroutine for what was missed.
func (r *LooseReader) again(a *anew) *LazyReader {
	if r.anew == nil || r.anew.lazy != a.open() {
		r.anew = a.open().NewReader()
	}
	return r.anew
}

// visitAnew is Visit for a loose object whose file is not there, or never was.
func (r *LooseReader) visitAnew(l *LooseDir, position int, whole wholeFunc, large largeFunc) error {
	if l.anew == nil {
		return fs.ErrNotExist
	}
	err := r.again(l.anew).Visit(l.ID(position), whole, large)
	if missing := (*MissingError)(nil); errors.As(err, &missing) {
		return fmt.Errorf("gone since the scan began: %w", err)
	}
	return err
}

// mostLate bounds how many objects AddLate looks for at a time: a partial clone may lack millions.
const mostLate = 10_000

// AddLate adds those of some objects that are in no list, and are there now; it returns them. The numbers of all
// others stay. They form a folder of loose objects of their own, the last of Loose.
func (d *DB) AddLate(ids []oid.ID) (added []oid.ID) {
	if len(ids) == 0 || !d.anew.since.old() {
		return nil
	}
	ids = slices.Clone(ids[:min(len(ids), mostLate)])
	slices.SortFunc(ids, oid.ID.Compare)
	r := d.anew.open().NewReader()
	for _, id := range slices.Compact(ids) {
		if !d.Has(id[:d.Format.Size()]) && r.Has(id) {
			added = append(added, id)
		}
	}
	if len(added) == 0 {
		return nil
	}
	l := &LooseDir{format: d.Format, anew: d.anew, late: true}
	next := 0
	for first := range 256 {
		l.fanout[first] = next
		for next < len(added) && int(added[next][0]) == first {
			l.ids = append(l.ids, added[next][:d.Format.Size()]...)
			next++
		}
	}
	l.fanout[256] = next
	d.firstOf = append(d.firstOf, uint32(d.Len()))
	d.Loose = append(d.Loose, l)
	return added
}

// readAnew is the last resort of a Reader.
func (r *Reader) readAnew(id oid.ID) (pack.Kind, []byte, error) {
	return r.loose.again(r.db.anew).Read(id)
}
