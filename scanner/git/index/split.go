package index

import (
	"fmt"
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

// unsplit joins the shared index and the changes to it, which x holds so far. The first entries of x have
// no path: they replace those that the bitmap names, in order. The rest is added.
func (x *Index) unsplit(l *link, f oid.Format, readShared func(id string) ([]byte, error)) error {
	base, err := readBase(l, f, readShared)
	if err != nil {
		return err
	}
	deleted, err := l.deleted.positions(len(base.entries))
	if err != nil {
		return err
	}
	changed, err := l.changed.positions(len(base.entries))
	if err != nil {
		return err
	}
	if len(changed) > len(x.Entries) {
		return corrupt(l.start, "%d entries of the shared index are replaced, and %d are there to replace them",
			len(changed), len(x.Entries))
	}
	replacing, added := x.Entries[:len(changed)], x.Entries[len(changed):]
	joined := base.entries
	for i, at := range changed {
		if replacing[i].Path != "" {
			return corrupt(headerSize, "entry %d replaces another and has a path of its own", i)
		}
		replacing[i].Path = joined[at].Path
		joined[at] = replacing[i]
	}
	x.Entries = joinEntries(joined, deleted, added)
	x.Sparse = x.Sparse || base.sparse
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

// joinEntries returns base, less the entries at the deleted positions, and added. Of two entries for
// one path and stage, the added one counts.
func joinEntries(base []Entry, deleted []int, added []Entry) []Entry {
	joined := make([]Entry, 0, len(added)+len(base)-len(deleted))
	joined = append(joined, added...)
	from := 0
	for _, at := range deleted {
		joined = append(joined, base[from:at]...)
		from = at + 1
	}
	joined = append(joined, base[from:]...)
	slices.SortStableFunc(joined, compareEntries)
	return slices.CompactFunc(joined, func(a, b Entry) bool { return a.Path == b.Path && a.Stage == b.Stage })
}
