package odb

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"skleak/scanner/git/oid"
)

// A scan reads what was there when the lists were made. What git does meanwhile takes nothing away from it: a loose
// object that was packed since is read from the pack, and an object that came since and is named by one that was read
// is read, too.

// readerNow returns the reader of a goroutine for what was missed.
func (r *LooseReader) readerNow(now *Lazy) *LazyReader {
	if r.now == nil || r.now.lazy != now {
		r.now = now.NewReader()
	}
	return r.now
}

// visitNow is Visit for a loose object whose file is not there, or never was.
func (r *LooseReader) visitNow(l *LooseDir, position int, whole wholeFunc, large largeFunc) error {
	if l.now == nil {
		return fs.ErrNotExist
	}
	err := r.readerNow(l.now).Visit(l.ID(position), whole, large)
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
	ids = slices.Clone(ids[:min(len(ids), mostLate)])
	slices.SortFunc(ids, oid.ID.Compare)
	r := d.now.NewReader()
	for _, id := range slices.Compact(ids) {
		if !d.Has(id[:d.Format.Size()]) && r.Has(id) {
			added = append(added, id)
		}
	}
	if len(added) == 0 {
		return nil
	}
	l := &LooseDir{format: d.Format, now: d.now, late: true}
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
