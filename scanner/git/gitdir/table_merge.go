package gitdir

import (
	"bytes"
	"cmp"
	"container/heap"
	"fmt"
	"io"
)

// tableRoom bounds what all tables of a repository may take together.
type tableRoom struct {
	bytes int64 // of tables that may still be opened
	held  int64 // of them, those that may still be held in memory
	open  int   // tables that may still be read as they come
	refs  int   // records that may still be read
	names int64 // bytes of names that may still be read
	grant int64 // by which tables to come may still raise that
}

const (
	tablesLimit  = 512 << 20 // bytes of all tables together; a ref takes about 26, so they end where packed-refs does
	tablesHeld   = 64 << 20
	tablesOpen   = 32 // git keeps each table twice as large as the one after it
	tablesCount  = 10_000
	tableHeld    = 1 << 20 // a larger table is read as it comes, and keeps its file open
	refNamesRoom = 64 << 20
	refNamesMost = 512 << 20
)

func newTableRoom() *tableRoom {
	return &tableRoom{bytes: tablesLimit, held: tablesHeld, open: tablesOpen, refs: packedRefsLimit,
		names: refNamesRoom, grant: refNamesMost}
}

// admit makes room for a table of size bytes, and tells whether it is to be held.
func (r *tableRoom) admit(size int64) (held bool, err error) {
	held = size <= tableHeld
	switch {
	case size > r.bytes:
		return held, fmt.Errorf("is not read: the tables have more than %d bytes", tablesLimit)
	case held && size > r.held || !held && r.open == 0:
		return held, fmt.Errorf("is not read: there are too many tables; git pack-refs joins them")
	}
	r.bytes -= size
	if held {
		r.held -= size
	} else {
		r.open--
	}
	// Each name can repeat the one before it for nothing, so the size of the tables alone does not bound them.
	more := min(8*size, r.grant)
	r.grant -= more
	r.names += more
	return held, nil
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
	name   string
	place  int // the newest has the highest
	closer io.Closer
}

// release lets go of a table's file and memory.
func (t *stackedTable) release(room *tableRoom) {
	if t.closer == nil {
		room.held += t.size
		t.buf = nil
		return
	}
	t.closer.Close() // only read
	room.open++
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

// release lets go of all tables.
func (s tableStack) release(room *tableRoom) {
	for _, t := range s {
		t.release(room)
	}
}

// merge calls ref for the last word on each name. A table that cannot be read further is given to failed, and counts
// as far as it was.
func (s tableStack) merge(room *tableRoom, ref func(tableRef), failed func(*stackedTable, error)) {
	// step goes on in a table, and tells whether it has ended.
	step := func(t *stackedTable) (ended bool) {
		ok, err := t.next()
		if err != nil {
			failed(t, err)
		}
		if !ok {
			t.release(room)
		}
		return !ok
	}
	live := s[:0]
	for _, t := range s {
		if !step(t) {
			live = append(live, t)
		}
	}
	s = live
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
