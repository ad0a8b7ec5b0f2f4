package gitdir

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"skleak/scanner/cause"
	"skleak/scanner/git/mapped"
)

// Refs in the reftable format lie in the folder reftable: tables.list names the tables, the oldest first, and what a
// later one says of a ref counts. Names go up in each, so that they are merged as they are read: of 5 million refs in
// 130 MB of tables, none is held.

const snapshots = 3 // how often to begin again when git replaces the tables under our hands

// tableReader goes through the tables of all worktrees.
type tableReader struct {
	looseReader // for the refs that stay in files beside the tables
	room        *tableRoom
	ref         func(name []byte, ref tableRef)
}

// eachTableRef calls f for each ref in the tables of all worktrees, and for the few beside them. Symbolic ones are
// not followed yet. The slices are valid during the call only.
func (d *Dir) eachTableRef(noted *problems, f func(name []byte, ref tableRef)) {
	r := &tableReader{looseReader{d: d, noted: noted}, newTableRoom(), f}
	own := "" // what stands before names that each worktree has for itself
	if d.linked() {
		own = "main-worktree/"
		r.worktree(d.Git, "")
	}
	r.worktree(d.Common, own)
	for dir, prefix := range r.worktrees() {
		r.worktree(dir, prefix)
	}
}

// worktree reads the tables of one worktree, and the two refs that stay files beside them.
func (r *tableReader) worktree(dir, prefix string) {
	for _, name := range []string{"FETCH_HEAD", "MERGE_HEAD"} {
		if path := filepath.Join(dir, name); isFile(path) {
			r.lines(path, prefix+name)
		}
	}
	for _, ref := range r.refs {
		r.ref([]byte(ref.Name), tableRef{id: ref.ID})
	}
	r.refs = nil
	place := prefix + "reftable"
	stack, err := r.open(filepath.Join(dir, "reftable"), place)
	defer func() { stack.close() }()
	if err != nil {
		r.noted.add(place, "%w", err)
	}
	var name []byte
	err = mapped.Guard(func() error {
		stack.merge(func(ref tableRef) {
			name = ref.name
			if prefix != "" && perWorktree(string(ref.name)) {
				name = append([]byte(prefix), ref.name...)
			}
			r.ref(name, ref)
		}, func(t *stackedTable, err error) { r.broken(place, t.name, err) })
		return nil
	})
	if err != nil {
		r.noted.add(place, "cannot be read: %w", err)
	}
}

func (r *tableReader) broken(place, table string, err error) {
	r.noted.add(place, "table %s %w", table, cause.Of(err))
}

// open opens the tables in a folder. Those that cannot be opened are noted, and the others returned.
func (r *tableReader) open(dir, place string) (stack tableStack, err error) {
	for try := 1; ; try++ {
		before := *r.room
		stack, err = r.openListed(dir, place)
		if try == snapshots || !errors.Is(err, fs.ErrNotExist) {
			return stack, err
		}
		stack.close()
		*r.room = before
	}
}

// openListed opens the tables that tables.list names. That some of them are not there is an error, but the others are
// returned.
func (r *tableReader) openListed(dir, place string) (stack tableStack, missing error) {
	list, err := r.d.bounds.readFile(filepath.Join(dir, "tables.list"), looseLimit*16)
	if err != nil {
		return nil, err
	}
	names := strings.Fields(string(list))
	if len(names) > tablesCount {
		return nil, fmt.Errorf("tables.list names %d tables; more than %d are not read", len(names), tablesCount)
	}
	for i, name := range names {
		if filepath.Base(name) != name || !filepath.IsLocal(name) {
			return stack, errors.New("tables.list names a file in another folder")
		}
		t, err := r.openTable(filepath.Join(dir, name))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			missing = err
		case err != nil:
			r.broken(place, name, err)
		default:
			t.name, t.place = name, i
			stack = append(stack, t)
		}
	}
	return stack, missing
}

// openTable maps a table, and reads its header and footer.
func (r *tableReader) openTable(path string) (t *stackedTable, err error) {
	if path, err = r.d.bounds.resolve(path); err != nil {
		return nil, err
	}
	data, unmap, err := mapped.File(path)
	if err != nil {
		return nil, err
	}
	t = &stackedTable{table: table{data: data, format: r.d.Format, room: r.room}, close: unmap}
	if err = r.room.admit(int64(len(data))); err == nil {
		err = mapped.Guard(t.open)
	}
	if err != nil {
		return nil, errors.Join(err, unmap())
	}
	return t, nil
}
