package index

import (
	"fmt"
	"math"
	"slices"

	"skleak/scanner/git/oid"
)

// link is what the `link` extension of a split index says: which shared index it starts from, and
// which entries there go or are replaced, by their positions in ascending order.
type link struct {
	base             oid.ID // zero: the index stands alone
	deleted, changed bitmap
	start            int // of the extension in the file
}

// parseLink reads the extension: the id of the shared index, then two bitmaps, or none.
func parseLink(data []byte, start int, f oid.Format) (*link, error) {
	size := f.Size()
	if len(data) < size {
		return nil, corrupt(start, "the link to the shared index is cut off")
	}
	l := &link{base: oid.FromBytes(data[:size]), start: start}
	if len(data) == size {
		return l, nil
	}
	r := bitmapReader{data: data, at: size, start: start}
	var err error
	if l.deleted, err = r.bitmap(); err != nil {
		return nil, err
	}
	if l.changed, err = r.bitmap(); err != nil {
		return nil, err
	}
	if r.at != len(data) {
		return nil, corrupt(start+r.at, "the link to the shared index goes on after its bitmaps")
	}
	return l, nil
}

// unsplit joins the shared index and the changes to it, which p holds so far. The first entries of p have
// no path: they replace those that the bitmap names, in order. The rest is added.
func (p *file) unsplit(f oid.Format, readShared func(id string) ([]byte, error)) error {
	base, err := readBase(p.link, f, readShared)
	if err != nil {
		return err
	}
	deleted, err := p.link.deleted.positions(base.entries.Len())
	if err != nil {
		return err
	}
	changed, err := p.link.changed.positions(base.entries.Len())
	if err != nil {
		return err
	}
	if len(changed) > p.entries.Len() {
		return corrupt(p.link.start, "%d entries of the shared index are replaced, and %d are there to replace them",
			len(changed), p.entries.Len())
	}
	for i := range changed {
		if len(p.entries.Path(i)) > 0 {
			return corrupt(headerSize, "entry %d replaces another and has a path of its own", i)
		}
	}
	if uint64(len(p.entries.data))+uint64(len(base.entries.data)) > math.MaxUint32 {
		return corrupt(p.link.start, "the index and its shared index are larger together than any index")
	}
	p.entries = join(base.entries, p.entries, deleted, changed)
	p.noPath = p.entries.firstWithoutPath()
	p.sparse = p.sparse || base.sparse
	return nil
}

// readBase reads the shared index. Its checksum is its name.
func readBase(l *link, f oid.Format, readShared func(id string) ([]byte, error)) (*file, error) {
	id := l.base.Hex(f)
	if readShared == nil {
		return nil, fmt.Errorf("the index needs the shared index %s, which is not at hand", id)
	}
	data, err := readShared(id)
	if err != nil {
		return nil, fmt.Errorf("reading the shared index: %w", err)
	}
	base, err := parse(data, f)
	if err != nil {
		return nil, fmt.Errorf("reading the shared index %s: %w", id, err)
	}
	if oid.FromBytes(data[len(data)-f.Size():]) != l.base {
		return nil, fmt.Errorf("the shared index %s has another checksum than its name says", id)
	}
	if base.link != nil {
		return nil, fmt.Errorf("the shared index %s is itself split", id)
	}
	return base, nil
}

// join returns the entries of base, less those at the deleted positions, with those at the changed positions replaced by the
// first of own, and with the rest of own. Of two entries for one path and stage, the one of own counts.
func join(base, own Entries, deleted, changed []int) Entries {
	all := Entries{make([]byte, 0, len(base.data)+len(own.data)), make([]uint32, 0, base.Len()+own.Len()), base.format}
	for i := len(changed); i < own.Len(); i++ {
		all.add(own.raw(i), own.Path(i), nil)
	}
	replaced := 0
	for i := range base.Len() {
		head := base.raw(i)
		if replaced < len(changed) && changed[replaced] == i {
			head = own.raw(replaced)
			replaced++
		}
		if len(deleted) > 0 && deleted[0] == i {
			deleted = deleted[1:]
			continue
		}
		all.add(head, base.Path(i), nil)
	}
	all.sort()
	all.starts = slices.CompactFunc(all.starts, func(a, b uint32) bool { return all.compare(a, b) == 0 })
	return all
}

// firstWithoutPath is −1 if all entries have a path.
func (e Entries) firstWithoutPath() int {
	return slices.IndexFunc(e.starts, func(start uint32) bool {
		path, _ := e.pathAndStage(start)
		return len(path) == 0
	})
}
