package history

import (
	"cmp"
	"slices"
	"sort"
	"strings"

	"skleak/scanner"
	"skleak/scanner/history/index"
	"skleak/scanner/history/odb"
	"skleak/scanner/history/oid"
	"skleak/scanner/history/pack"
)

// stagedFile is a file of the index that differs from what every parent has at its path.
type stagedFile struct {
	path   string
	id     oid.ID
	before []oid.ID // by parent: the blob at the path; zero where it has none
	fresh  int      // from here on, no parent has the names in path
}

// goneEntry is a file or folder that a parent has and the index has not.
type goneEntry struct {
	parent int
	path   string
	id     oid.ID
	tree   bool
}

// stagedDiff compares the index with the trees of the commit's parents. Both are sorted alike, so one pass
// over both tells what is new and what is gone, and where git has noted a folder's tree object in the index, one look tells
// that all below it is unchanged.
type stagedDiff struct {
	gate     *Gate
	reader   *odb.LazyReader
	coverage *scanner.Coverage

	files []stagedFile
	gone  []goneEntry
}

// folder compares the entries that lie in the folder prefix, which is "" or ends in a slash, with what the parents have
// there: before names their trees, zero where one has no such folder. cache is nil where nothing is noted of the folder. The
// names in prefix are new from the byte fresh on, unless the folder is there.
func (d *stagedDiff) folder(prefix string, entries []index.Entry, cache *index.CacheTree, before []oid.ID, fresh int) {
	if cache != nil && !cache.ID.IsZero() && slices.Contains(before, cache.ID) {
		return
	}
	if slices.ContainsFunc(before, isThere) {
		fresh = len(prefix)
	}
	cursors := d.open(prefix, before)
	subtrees := subtreesOf(cache)
	for len(entries) > 0 {
		name, isFolder, n := nextChild(prefix, entries)
		was := make([]oid.ID, len(cursors))
		for i := range cursors {
			was[i] = cursors[i].take(name, isFolder)
		}
		child := entries[:n]
		entries = entries[n:]
		switch {
		case !isFolder:
			d.file(child, was, fresh)
		case child[0].Mode&index.ModeType == index.ModeFolder:
			d.sparse(prefix+name+"/", child[0].ID, was, fresh)
		default:
			d.folder(prefix+name+"/", child, subtrees[name], was, fresh)
		}
	}
	for i := range cursors {
		cursors[i].finish()
	}
}

func isThere(id oid.ID) bool { return !id.IsZero() }

// nextChild returns the first file or folder among the entries of the folder prefix, and how many entries it takes: a file
// in conflict has several.
func nextChild(prefix string, entries []index.Entry) (name string, isFolder bool, n int) {
	path := entries[0].Path
	name, _, isFolder = strings.Cut(path[len(prefix):], "/")
	if !isFolder {
		for n < len(entries) && entries[n].Path == path {
			n++
		}
		return name, false, n
	}
	behind := prefix + name + "0" // the character behind the slash
	return name, true, sort.Search(len(entries), func(i int) bool { return entries[i].Path >= behind })
}

func subtreesOf(cache *index.CacheTree) map[string]*index.CacheTree {
	if cache == nil {
		return nil
	}
	subtrees := make(map[string]*index.CacheTree, len(cache.Subtrees))
	for _, t := range cache.Subtrees {
		subtrees[t.Name] = t
	}
	return subtrees
}

// file notes a file, in conflict both sides of it, unless a parent has the same content at the path.
func (d *stagedDiff) file(sides []index.Entry, before []oid.ID, fresh int) {
	for _, e := range sides {
		const base = 1 // the common ancestor of a conflict is not going to be committed
		if e.IntentToAdd || e.Stage == base || e.Mode&index.ModeType == index.ModeSubmodule || slices.Contains(before, e.ID) {
			continue
		}
		if slices.ContainsFunc(before, isThere) {
			fresh = len(e.Path)
		}
		d.files = append(d.files, stagedFile{e.Path, e.ID, before, fresh})
	}
}

// sparse compares a folder of which a sparse index has the tree alone.
func (d *stagedDiff) sparse(prefix string, tree oid.ID, before []oid.ID, fresh int) {
	if slices.Contains(before, tree) {
		return
	}
	content, ok := d.tree(prefix, tree)
	if !ok {
		return
	}
	var entries []index.Entry
	err := eachEntry(content, d.gate.dir.Format, func(e treeEntry) {
		one := index.Entry{Path: prefix + string(e.name), ID: oid.FromBytes(e.id), Mode: index.ModeFile}
		switch {
		case e.isTree():
			one.Path += "/"
			one.Mode = index.ModeFolder
		case e.isGitlink():
			one.Mode = index.ModeSubmodule
		}
		entries = append(entries, one)
	})
	if err != nil {
		d.coverage.Unreadable(scanner.UnreadableCorrupt, "tree "+d.gate.hex(tree), err.Error())
	}
	d.folder(prefix, entries, nil, before, fresh)
}

// tree reads a tree. One that cannot be read is noted; what it would have said counts as absent, so that more is searched and
// never less.
func (d *stagedDiff) tree(prefix string, id oid.ID) ([]byte, bool) {
	kind, content, err := d.reader.Read(id)
	switch {
	case err == nil && kind == pack.Tree:
		return content, true
	case err == nil:
		d.coverage.Unreadable(scanner.UnreadableCorrupt, "object "+d.gate.hex(id), "it is a "+kind.String()+", and named as the tree of "+prefix)
	case !isEmptyTree(id[:d.gate.dir.Format.Size()]):
		d.coverage.Unreadable(unreadableReason(err), "tree "+d.gate.hex(id), err.Error())
	}
	return nil, false
}

// open starts a walk over each parent's tree.
func (d *stagedDiff) open(prefix string, before []oid.ID) []treeCursor {
	cursors := make([]treeCursor, len(before))
	for i, id := range before {
		c := &cursors[i]
		c.passed = func(e treeEntry) {
			if !e.isGitlink() {
				d.gone = append(d.gone, goneEntry{i, prefix + string(e.name), oid.FromBytes(e.id), e.isTree()})
			}
		}
		if id.IsZero() {
			continue
		}
		content, _ := d.tree(prefix, id)
		c.reader = treeReader{content: content, hash: d.gate.dir.Format.Size()}
		c.advance()
	}
	return cursors
}

// treeCursor walks a tree beside a list that is sorted as trees are.
type treeCursor struct {
	reader treeReader
	entry  treeEntry // the next one, while ok
	ok     bool
	passed func(treeEntry) // told of the entries that the list does not have
}

func (c *treeCursor) advance() {
	c.entry, c.ok, _ = c.reader.next() // of a broken tree, the rest counts as absent
}

// take returns the id of the entry with a name if the tree has it, else zero. The entries before it are passed.
func (c *treeCursor) take(name string, isTree bool) (id oid.ID) {
	for ; c.ok; c.advance() {
		order := compareEntryNames(c.entry.name, c.entry.isTree(), name, isTree)
		if order > 0 {
			return oid.ID{}
		}
		if order == 0 {
			id = oid.FromBytes(c.entry.id)
			if c.entry.isGitlink() {
				id = oid.ID{} // a submodule was here: no content to compare with
			}
			c.advance()
			return id
		}
		c.passed(c.entry)
	}
	return oid.ID{}
}

// finish passes what is left.
func (c *treeCursor) finish() {
	for ; c.ok; c.advance() {
		c.passed(c.entry)
	}
}

// compareEntryNames orders names as trees do, a folder's as if it ended in a slash.
func compareEntryNames(a []byte, aTree bool, b string, bTree bool) int {
	n := min(len(a), len(b))
	return cmp.Or(
		strings.Compare(string(a[:n]), b[:n]),
		int(entryNameAt(string(a), n, aTree))-int(entryNameAt(b, n, bTree)),
		len(a)-len(b), // a name with a slash in it, which git does not make
	)
}

func entryNameAt(name string, i int, tree bool) byte {
	switch {
	case i < len(name):
		return name[i]
	case tree:
		return '/'
	}
	return 0
}
