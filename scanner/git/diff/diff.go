// Package diff compares the tree of a commit with those of its parents, or the index with those of the commits that
// the next one is to follow. It tells at which paths something is new, and what is gone; whether that matters is for
// others to say.
package diff

import (
	"bytes"
	"slices"
	"strings"

	"skleak/scanner/git/object"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
)

// Entry is what stands at a path. Of the zero Entry, nothing does.
type Entry struct {
	Mode object.Mode
	ID   oid.ID
}

// IsThere is true where something stands.
func (e Entry) IsThere() bool { return e.Mode != 0 }

// same is true for two entries with the same content. Whether it may be run, and whether it is the text of a link, is
// no matter.
func (e Entry) same(other Entry) bool {
	return e.ID == other.ID && (e.Mode == other.Mode || e.Mode.IsBlob() && other.Mode.IsBlob())
}

// Change is an entry that differs from what every parent has at its path.
type Change struct {
	Path string
	Name string // the last part of Path; "" for what is named by no tree
	Entry
	Before []Entry // by parent: what stands there
}

// Gone is an entry that a parent has at a path at which there is nothing of its sort any more: a file became a folder,
// or went away. What is in a folder that some parent has just so is not compared with what others have.
type Gone struct {
	Path, Name string
	Entry
}

// Unread is a tree that cannot be read. One of a parent counts as empty: then more is new, never less.
type Unread struct {
	Path     string
	ID       oid.ID
	Err      error
	OfParent bool
}

// Differ compares. Its functions are called in the order of the paths; none of them may be nil but Gone.
type Differ struct {
	Format oid.Format
	// Borrow reads a tree, whose content is given back once it was compared.
	Borrow func(id oid.ID) (pack.Loan, error)
	// Has tells whether git takes an object for there. Index alone asks.
	Has func(oid.ID) bool
	// Changed is told of files, links and submodules that are new or changed, and of folders that no parent has.
	Changed func(Change)
	// Gone is told of entries that went away, a folder alone for all that is in it; nil: nobody asks for them.
	Gone func(Gone)
	// Unread is told of trees that cannot be read, or not to their end.
	Unread func(Unread)
	// Open is told of each tree that is read because a commit has it and no parent does. It returns false to leave out
	// what is in it.
	Open func(id oid.ID, content []byte) bool

	unused [][]entry           // memory for the lists of entries
	sound  map[pack.Place]bool // see noteSound
	pairs  []pair              // memory for a comparison
}

// entry is one of a tree.
type entry struct {
	name []byte
	Entry
}

// Trees compares a tree with those of the parents.
func (d *Differ) Trees(tree oid.ID, parents []oid.ID) {
	d.folder("", Entry{object.Folder, tree}, folders(parents))
}

// folders makes entries of root trees.
func folders(trees []oid.ID) []Entry {
	all := make([]Entry, len(trees))
	for i, id := range trees {
		all[i] = Entry{object.Folder, id}
	}
	return all
}

// folder compares a tree with what the parents have in its place. prefix is its path, "" or ending in a slash.
func (d *Differ) folder(prefix string, tree Entry, before []Entry) {
	if slices.ContainsFunc(before, tree.same) {
		return
	}
	loan, ok := d.read(prefix, tree.ID, !ofParent)
	defer loan.GiveBack()
	if !ok || !d.Open(tree.ID, loan.Content) {
		return
	}
	parents := d.parents(prefix, before)
	defer parents.giveBack()
	if changed, ok := d.differing(&loan, parents); ok {
		for _, c := range changed {
			d.entry(prefix, string(c.name), c.Entry, c.was)
		}
		return
	}
	d.entries(prefix, tree.ID, loan.Content, parents)
}

// entries compares all entries of a tree with those that the parents have.
func (d *Differ) entries(prefix string, id oid.ID, content []byte, parents parents) {
	m := d.merge(prefix, parents)
	list := d.list(prefix, id, content, !ofParent)
	was := make([]Entry, len(parents))
	for _, e := range list {
		m.take(e.name, e.Mode == object.Folder, was)
		if slices.ContainsFunc(was, e.same) {
			continue
		}
		d.entry(prefix, string(e.name), e.Entry, was)
	}
	m.finish()
	d.unused = append(d.unused, list)
}

// entry tells of one that is new or changed, and goes on into folders.
func (d *Differ) entry(prefix, name string, e Entry, was []Entry) {
	if e.Mode != object.Folder || !slices.ContainsFunc(was, Entry.IsThere) {
		d.changed(prefix, name, e, was)
	}
	if e.Mode == object.Folder {
		d.folder(prefix+name+"/", e, slices.Clone(was))
	}
}

func (d *Differ) changed(prefix, name string, e Entry, was []Entry) {
	d.Changed(Change{prefix + name, name, e, slices.Clone(was)})
}

const ofParent = true

func (d *Differ) read(prefix string, id oid.ID, ofParent bool) (loan pack.Loan, ok bool) {
	_, err := object.ReadTree(func(id oid.ID) (kind pack.Kind, content []byte, err error) {
		loan, err = d.Borrow(id)
		return loan.Kind, loan.Content, err
	}, id, d.Format)
	d.unread(prefix, id, err, ofParent)
	return loan, err == nil
}

// parents are what parents have in the place of a folder: trees that were read, or nothing.
type parents []parent

type parent struct {
	id      oid.ID
	loan    pack.Loan
	isThere bool
}

// parents reads the trees that parents have in the place of a folder.
func (d *Differ) parents(prefix string, before []Entry) parents {
	all := make(parents, len(before))
	for i, e := range before {
		if e.Mode == object.Folder {
			all[i].id = e.ID
			all[i].loan, all[i].isThere = d.read(prefix, e.ID, ofParent)
		}
	}
	return all
}

func (all parents) giveBack() {
	for i := range all {
		all[i].loan.GiveBack()
	}
}

func (d *Differ) unread(prefix string, id oid.ID, err error, ofParent bool) {
	if err != nil {
		d.Unread(Unread{strings.TrimSuffix(prefix, "/"), id, err, ofParent})
	}
}

// list returns the entries of a tree, sorted as git sorts them: a crafted tree need not be.
func (d *Differ) list(prefix string, id oid.ID, content []byte, ofParent bool) (list []entry) {
	if last := len(d.unused) - 1; last >= 0 {
		list, d.unused = d.unused[last][:0], d.unused[:last]
	}
	sorted := true
	err := object.EachEntry(content, d.Format, func(e object.Entry) {
		list = append(list, entry{e.Name, Entry{e.Mode, oid.FromBytes(e.ID)}})
		sorted = sorted && (len(list) == 1 || compare(list[len(list)-2], list[len(list)-1]) <= 0)
	})
	d.unread(prefix, id, err, ofParent)
	if !sorted {
		slices.SortStableFunc(list, compare)
	}
	return list
}

func compare(a, b entry) int {
	return object.CompareNames(a.name, a.Mode == object.Folder, b.name, b.Mode == object.Folder)
}

// merge is a walk over the trees of the parents beside a list that is sorted alike.
type merge struct {
	d      *Differ
	prefix string
	lists  [][]entry // by parent: what was not taken yet
	whole  [][]entry
}

// merge begins with what parents have in the place of a folder.
func (d *Differ) merge(prefix string, parents parents) *merge {
	m := &merge{d: d, prefix: prefix, lists: make([][]entry, len(parents))}
	for i, p := range parents {
		if p.isThere {
			m.lists[i] = d.list(prefix, p.id, p.loan.Content, ofParent)
		}
	}
	m.whole = slices.Clone(m.lists)
	return m
}

// take fills was with the entries that the parents have under a name. What comes before it in their trees is gone.
func (m *merge) take(name []byte, folder bool, was []Entry) {
	for i := range m.lists {
		was[i] = Entry{}
		for len(m.lists[i]) > 0 {
			next := &m.lists[i][0]
			if !bytes.Equal(next.name, name) || (next.Mode == object.Folder) != folder {
				if object.CompareNames(next.name, next.Mode == object.Folder, name, folder) > 0 {
					break
				}
				m.gone(next)
			} else {
				was[i] = next.Entry // of several that a crafted tree has, the last one
			}
			m.lists[i] = m.lists[i][1:]
		}
	}
}

func (m *merge) gone(e *entry) {
	if m.d.Gone != nil {
		name := string(e.name)
		m.d.Gone(Gone{m.prefix + name, name, e.Entry})
	}
}

// finish tells that what was not taken is gone.
func (m *merge) finish() {
	for i, list := range m.lists {
		for j := range list {
			m.gone(&list[j])
		}
		if m.whole[i] != nil {
			m.d.unused = append(m.d.unused, m.whole[i])
		}
	}
}
