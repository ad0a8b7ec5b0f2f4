package gitdir

import (
	"bytes"
	"cmp"
	"container/heap"
	"fmt"
	"slices"
)

// tableRoom bounds what all tables of a repository may take together.
type tableRoom struct {
	bytes int64 // of tables that may still be opened
	refs  int   // records that may still be read
	names int64 // bytes of names that may still be read
	grant int64 // by which tables to come may still raise that
}

const (
	tablesLimit  = 512 << 20 // bytes of all tables together; a ref takes about 26, so they end where packed-refs does
	tablesCount  = 10_000
	refNamesRoom = 64 << 20
	refNamesMost = 512 << 20
)

func newTableRoom() *tableRoom {
	return &tableRoom{bytes: tablesLimit, refs: packedRefsLimit, names: refNamesRoom, grant: refNamesMost}
}

// admit makes room for a table of size bytes.
func (r *tableRoom) admit(size int64) error {
	if size > r.bytes {
		return fmt.Errorf("is not read: the tables have more than %d bytes", tablesLimit)
	}
	r.bytes -= size
	// Each name can repeat the one before it for nothing, so the size of the tables alone does not bound them.
	more := min(8*size, r.grant)
	r.grant -= more
	r.names += more
	return nil
}

// record makes room for a record.
func (r *tableRoom) record() error {
	if r.refs == 0 {
		return fmt.Errorf("comes after %d refs; the rest was not read", packedRefsLimit)
	}
	r.refs--
	return nil
}

// name makes room for a name.
func (r *tableRoom) name(length int) bool {
	r.names -= int64(length)
	return r.names >= 0
}

// stackedTable is a table with its place among those of a stack.
type stackedTable struct {
	table
	name  string
	place int // the newest has the highest
	close func() error
}

// tableStack is a heap of tables by the ref they are at: first by name, then the newest table. One step takes the
// logarithm of the number of tables, as there may be thousands.
type tableStack []*stackedTable

func (s tableStack) Len() int      { return len(s) }
func (s tableStack) Swap(i, j int) { s[i], s[j] = s[j], s[i] }
func (s tableStack) Less(i, j int) bool {
	return cmp.Or(bytes.Compare(s[i].ref.name, s[j].ref.name), s[j].place-s[i].place) < 0
}
func (s *tableStack) Push(x any) { *s = append(*s, x.(*stackedTable)) }
func (s *tableStack) Pop() any {
	last := (*s)[len(*s)-1]
	*s = (*s)[:len(*s)-1]
	return last
}

// close lets go of all tables.
func (s tableStack) close() {
	for _, t := range s {
		_ = t.close() // only read
	}
}

// merge calls ref for the last word on each name. A table that cannot be read further is given to failed, and counts
// as far as it was.
func (s tableStack) merge(ref func(tableRef), failed func(*stackedTable, error)) {
	// step goes on in a table, and tells whether it has ended.
	step := func(t *stackedTable) (ended bool) {
		ok, err := t.next()
		if err != nil {
			failed(t, err)
		}
		return !ok
	}
	s = slices.DeleteFunc(slices.Clone(s), step)
	heap.Init(&s)
	var last []byte // no name is empty
	for len(s) > 0 {
		top := s[0]
		if !bytes.Equal(top.ref.name, last) {
			last = append(last[:0], top.ref.name...)
			if !top.ref.deleted() {
				ref(top.ref)
			}
		}
		if step(top) {
			heap.Pop(&s)
		} else {
			heap.Fix(&s, 0)
		}
	}
}
