package history

import (
	"bytes"
	"slices"
	"sync"

	"skleak/scanner"
	"skleak/scanner/git/object"
	"skleak/scanner/git/odb"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
)

// newFile is a file that differs from what every parent has at its path.
type newFile struct {
	path   string
	id     oid.ID
	before []oid.ID // by parent: the blob at the path; zero where it has none
	fresh  int      // from here on, no parent has the names in path
}

// goneEntry is a file or folder that a parent has and what is compared with it has not.
type goneEntry struct {
	parent int
	path   string
	id     oid.ID
	tree   bool
}

// treeDiff finds what is new in the tree of a commit, or in the index, as against the trees of its parents. Everything is
// sorted alike, so one pass over all of them side by side tells what is new and what is gone.
type treeDiff struct {
	gate     *Gate
	reader   *odb.LazyReader
	coverage *scanner.Coverage
	seen     *sync.Map // gets the ids of the trees that were compared; nil: not wanted

	files []newFile
	gone  []goneEntry
}

// forget makes the diff ready for the next commit.
func (d *treeDiff) forget() { d.files, d.gone = d.files[:0], d.gone[:0] }

// trees compares a tree with those that the parents have in its place: before names them, zero where one has none. prefix is
// the path of the tree, "" or ending in a slash. The names in it are new from the byte fresh on, unless a parent has the folder.
func (d *treeDiff) trees(prefix string, tree oid.ID, before []oid.ID, fresh int) {
	if slices.Contains(before, tree) {
		return
	}
	content, ok := d.tree(prefix, tree)
	if !ok {
		return
	}
	if d.seen != nil {
		d.seen.Store(tree, true)
	}
	if slices.ContainsFunc(before, isThere) {
		fresh = len(prefix)
	}
	cursors := d.open(prefix, before)
	err := object.EachEntry(content, d.gate.dir.Format, func(e object.Entry) {
		if passIfThere(cursors, e) {
			return
		}
		name := string(e.Name)
		was := take(cursors, name, (e.Mode == object.Folder))
		switch {
		case e.Mode == object.Submodule:
		case (e.Mode == object.Folder):
			d.trees(prefix+name+"/", oid.FromBytes(e.ID), was, fresh)
		default:
			d.file(prefix+name, oid.FromBytes(e.ID), was, fresh)
		}
	})
	if err != nil {
		d.coverage.Unreadable(scanner.UnreadableCorrupt, "tree "+d.gate.hex(tree), err.Error())
	}
	finish(cursors)
}

// file notes a file, unless a parent has the same content at the path.
func (d *treeDiff) file(path string, id oid.ID, before []oid.ID, fresh int) {
	if slices.Contains(before, id) {
		return
	}
	if slices.ContainsFunc(before, isThere) {
		fresh = len(path)
	}
	d.files = append(d.files, newFile{path, id, before, fresh})
}

func isThere(id oid.ID) bool { return !id.IsZero() }

// tree reads a tree. One that cannot be read is noted; what it would have said counts as absent, so that more is searched and
// never less.
func (d *treeDiff) tree(prefix string, id oid.ID) ([]byte, bool) {
	kind, content, err := d.reader.Read(id)
	switch {
	case err == nil && kind == pack.Tree:
		return content, true
	case err == nil:
		d.coverage.Unreadable(scanner.UnreadableCorrupt, "object "+d.gate.hex(id), "it is a "+kind.String()+", and named as the tree of "+prefix)
	case !object.IsEmptyTree(id[:d.gate.dir.Format.Size()]):
		d.coverage.Unreadable(unreadableReason(err), "tree "+d.gate.hex(id), err.Error())
	}
	return nil, false
}

// open starts a walk over each parent's tree.
func (d *treeDiff) open(prefix string, before []oid.ID) []treeCursor {
	cursors := make([]treeCursor, len(before))
	for i, id := range before {
		c := &cursors[i]
		c.passed = func(e object.Entry) {
			if e.Mode != object.Submodule {
				d.gone = append(d.gone, goneEntry{i, prefix + string(e.Name), oid.FromBytes(e.ID), (e.Mode == object.Folder)})
			}
		}
		if id.IsZero() {
			continue
		}
		content, _ := d.tree(prefix, id)
		c.reader = object.NewTreeReader(content, d.gate.dir.Format)
		c.advance()
	}
	return cursors
}

// treeCursor walks a tree beside a list that is sorted as trees are.
type treeCursor struct {
	reader object.TreeReader
	entry  object.Entry // the next one, while ok
	ok     bool
	passed func(object.Entry) // told of the entries that the list does not have
}

func (c *treeCursor) advance() {
	c.entry, c.ok, _ = c.reader.Next() // of a broken tree, the rest counts as absent
}

// take returns the id of the entry with a name if the tree has it, else zero. The entries before it are passed.
func (c *treeCursor) take(name string, isTree bool) (id oid.ID) {
	for ; c.ok; c.advance() {
		order := object.CompareNames(c.entry.Name, (c.entry.Mode == object.Folder), name, isTree)
		if order > 0 {
			return oid.ID{}
		}
		if order == 0 {
			id = oid.FromBytes(c.entry.ID)
			if c.entry.Mode == object.Submodule {
				id = oid.ID{} // a submodule was here: no content to compare with
			}
			c.advance()
			return id
		}
		c.passed(c.entry)
	}
	return oid.ID{}
}

// passIfThere moves past an entry that some parent has with the same content, if it comes next in all of them. So it is with
// most entries of most trees, and nothing is allocated for them.
func passIfThere(cursors []treeCursor, e object.Entry) bool {
	there := false
	for i := range cursors {
		c := &cursors[i]
		if !c.ok || !bytes.Equal(c.entry.Name, e.Name) || (c.entry.Mode == object.Folder) != (e.Mode == object.Folder) {
			return false
		}
		there = there || bytes.Equal(c.entry.ID, e.ID)
	}
	if there {
		for i := range cursors {
			cursors[i].advance()
		}
	}
	return there
}

// take asks all cursors.
func take(cursors []treeCursor, name string, isTree bool) []oid.ID {
	was := make([]oid.ID, len(cursors))
	for i := range cursors {
		was[i] = cursors[i].take(name, isTree)
	}
	return was
}

// finish passes what is left in all of them.
func finish(cursors []treeCursor) {
	for i := range cursors {
		for c := &cursors[i]; c.ok; c.advance() {
			c.passed(c.entry)
		}
	}
}
