package history

import (
	"io"
	"sync"

	"skleak/scanner/git/object"
	"skleak/scanner/git/odb"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
)

// differ searches what single commits bring.
type differ struct {
	*searcher
	reader *odb.Reader
	seen   *sync.Map // ids of objects searched by any worker

	old  []oid.ID // what the new objects of a commit replace
	gone []oid.ID // what it removes, with all below
}

// anyKind is said of an object that may be of any kind.
const anyKind pack.Kind = 0

// commit searches a commit and what is new in its tree. If there are keys, what was there before is searched
// too: only so can be told whether the commit brought them.
func (d *differ) commit(c foundCommit) {
	found := len(d.hits)
	d.once(pack.Commit, c.content, c.id)
	var before []oid.ID
	for _, p := range c.head.Parents {
		if parent, err := d.search.readCommit(d.reader, p); err == nil {
			before = append(before, parent.head.Tree)
		}
	}
	d.old, d.gone = d.old[:0], d.gone[:0]
	d.tree(c.head.Tree, before, c.id, pack.Commit)
	if len(d.hits) == found {
		return
	}
	for _, id := range d.old {
		d.blob(id, id)
	}
	for _, id := range d.gone {
		d.below(id, id)
	}
}

// below searches an object and, if it is a tree, all below it.
func (d *differ) below(id, naming oid.ID) {
	kind, content, ok := d.object(id, anyKind, naming, pack.Tree)
	if !ok || kind != pack.Tree {
		return
	}
	_ = object.EachEntry(content, d.repo.db.Format, func(e object.Entry) {
		if e.Mode != object.Submodule {
			d.below(oid.FromBytes(e.ID), id)
		}
	})
}

// once searches one object, once for all workers.
func (d *differ) once(kind pack.Kind, content []byte, id oid.ID) {
	if _, known := d.seen.LoadOrStore(id, true); !known {
		d.fresh(kind, content, id)
	}
}

func (d *differ) fresh(kind pack.Kind, content []byte, id oid.ID) {
	d.count(kind, uint64(len(content)), true)
	number := d.numberOf(id)
	d.checkID(kind, content, number)
	d.look(&pack.Object{Kind: kind, Content: content}, number)
}

// object reads and searches one object; what cannot be read is noted.
func (d *differ) object(id oid.ID, kind pack.Kind, naming oid.ID, by pack.Kind) (got pack.Kind, content []byte, ok bool) {
	got, content, err := d.reader.Read(id)
	if err != nil {
		if !object.IsEmptyTree(id[:d.repo.db.Format.Size()]) {
			d.noteUnread(id, kind, by, naming, err)
		}
		return 0, nil, false
	}
	d.once(got, content, id)
	return got, content, true
}

// blob searches what stands at a path, a file as a rule, once for all workers; one too large to be held goes by.
func (d *differ) blob(id, tree oid.ID) {
	if _, known := d.seen.LoadOrStore(id, true); known {
		return
	}
	err := d.reader.Visit(id,
		func(kind pack.Kind, content []byte) { d.fresh(kind, content, id) },
		func(kind pack.Kind, size uint64, content io.Reader) error {
			d.count(kind, size, true)
			return d.stream(kind, d.numberOf(id), true, size, content)
		})
	if err != nil {
		d.noteUnread(id, pack.Blob, pack.Tree, tree, err)
	}
}

// tree searches the entries of a tree that stand in none of the trees before.
func (d *differ) tree(id oid.ID, before []oid.ID, naming oid.ID, by pack.Kind) {
	for _, b := range before {
		if b == id {
			return
		}
	}
	_, content, ok := d.object(id, pack.Tree, naming, by)
	if !ok {
		return
	}
	olds := d.entriesOf(before)
	_ = object.EachEntry(content, d.repo.db.Format, func(e object.Entry) {
		child := oid.FromBytes(e.ID)
		var replaced []oid.ID
		for _, old := range olds {
			was, there := old[string(e.Name)]
			if there && was == child {
				return
			}
			if there {
				replaced = append(replaced, was)
			}
		}
		switch {
		case e.Mode == object.Submodule:
		case (e.Mode == object.Folder):
			d.tree(child, replaced, id, pack.Tree)
		default:
			d.old = append(d.old, replaced...)
			d.blob(child, id)
		}
	})
	d.noteRemoved(content, olds)
}

// entriesOf reads the names and ids of some trees.
func (d *differ) entriesOf(trees []oid.ID) (all []map[string]oid.ID) {
	for _, id := range trees {
		_, content, err := d.reader.Read(id)
		if err != nil {
			continue // it belongs to a commit outside the range, or was noted with one inside
		}
		d.old = append(d.old, id)
		entries := map[string]oid.ID{}
		_ = object.EachEntry(content, d.repo.db.Format, func(e object.Entry) {
			if e.Mode != object.Submodule {
				entries[string(e.Name)] = oid.FromBytes(e.ID)
			}
		})
		all = append(all, entries)
	}
	return all
}

// noteRemoved keeps the entries that are gone: a key that moved with its file was not brought here.
func (d *differ) noteRemoved(content []byte, olds []map[string]oid.ID) {
	if len(olds) == 0 {
		return
	}
	kept := map[string]bool{}
	_ = object.EachEntry(content, d.repo.db.Format, func(e object.Entry) { kept[string(e.Name)] = true })
	for _, old := range olds {
		for name, id := range old {
			if !kept[name] {
				d.gone = append(d.gone, id)
			}
		}
	}
}
