// Package presence finds out whether what objects name is there: a repository that lost some of its objects must not
// pass for a whole one.
package presence

import (
	"bytes"
	"encoding/binary"
	"maps"
	"slices"

	"skleak/scanner/git/deltas"
	"skleak/scanner/git/object"
	"skleak/scanner/git/odb"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
)

// Absence is an object that is named and not there.
type Absence struct {
	Kind   pack.Kind // what it is named as; 0 where that is not said
	By     pack.Kind // what names it
	Naming oid.ID    // the least id of the objects that name it, so that reports do not depend on timing
}

// Missing are the objects that are named and not there.
type Missing map[oid.ID]Absence

// Add notes that an object is not there. Of two that name it, the one with the lesser id stays.
func (m Missing) Add(id oid.ID, a Absence) {
	if old, known := m[id]; !known || a.Naming.Compare(old.Naming) <= 0 {
		m[id] = a
	}
}

// AddAll adds what another one has.
func (m Missing) AddAll(others Missing) {
	for id, a := range others {
		m.Add(id, a)
	}
}

// IDs returns the objects, sorted.
func (m Missing) IDs() []oid.ID { return slices.SortedFunc(maps.Keys(m), oid.ID.Compare) }

// Checker reads the names in objects. It holds them until there are enough to look them up together: a million looks
// into a large idx, one at a time, are as many waits for memory, and those of a batch overlap. Ids that begin with
// the same byte lie close together in the idx. A Checker is for one goroutine.
type Checker struct {
	Missing      Missing // complete once Finish was called
	ShallowEdges int64   // commits at the edge of a shallow clone, whose parents are not looked for

	db      *odb.DB
	shallow map[oid.ID]bool
	margin  int
	waiting [256][]naming // by the first byte of the id
	lately  []oid.ID      // ids found to be there lately, by their first bits: neighbouring trees name the same ones
}

// naming says that an object names an id.
type naming struct {
	id   oid.ID
	kind pack.Kind // what it is named as
	from pack.Kind // what names it
	by   uint32    // the number of what names it
}

// latelyBits is how many bits of an id choose its place in lately. With 16, 2.1 in place of 2.9 million ids
// of git's own repository are looked up, and it takes as long all the same: the table no longer fits the cache beside
// the processor.
const latelyBits = 13

// batch is how many ids with the same first byte are looked up together.
const batch = 128

// NewChecker makes a checker. shallow are commits whose parents are absent by intent, margin is that of the walk that
// hands over its objects.
func NewChecker(db *odb.DB, shallow map[oid.ID]bool, margin int) *Checker {
	return &Checker{Missing: Missing{}, db: db, shallow: shallow, margin: margin}
}

// recent is the place in lately for an id.
func (c *Checker) recent(id []byte) *oid.ID {
	if c.lately == nil { // many a checker is asked nothing
		c.lately = make([]oid.ID, 1<<latelyBits)
	}
	return &c.lately[binary.BigEndian.Uint16(id)>>(16-latelyBits)]
}

// queue has an id looked up, if not now.
func (c *Checker) queue(id []byte, kind, from pack.Kind, by uint32) {
	if there := c.recent(id); bytes.Equal(there[:len(id)], id) && !there.IsZero() {
		return
	}
	queue := &c.waiting[id[0]]
	if *queue == nil {
		*queue = make([]naming, 0, batch)
	}
	*queue = append(*queue, naming{oid.FromBytes(id), kind, from, by})
	if len(*queue) == batch {
		c.lookUp(queue)
	}
}

// lookUp notes which ids of a queue are missing, and empties it.
func (c *Checker) lookUp(queue *[]naming) {
	size := c.db.Format.Size()
	for i := range *queue {
		c.db.Prefetch((*queue)[i].id[:size])
	}
	for _, n := range *queue {
		if c.db.Has(n.id[:size]) {
			*c.recent(n.id[:]) = n.id
		} else if !object.IsEmptyTree(n.id[:size]) {
			c.Missing.Add(n.id, Absence{n.kind, n.from, c.db.ID(n.by)})
		}
	}
	*queue = (*queue)[:0]
}

// Finish looks up what is left.
func (c *Checker) Finish() {
	for i := range c.waiting {
		c.lookUp(&c.waiting[i])
	}
}

// Tree checks what a tree names. Entries that were copied whole from the tree it is a delta of were checked with that
// one.
func (c *Checker) Tree(o *pack.Object, number uint32) error {
	r := object.NewTreeReader(o.Content, c.db.Format)
	dirty, margin := o.Dirty, c.margin
	if !o.Delta {
		dirty = []deltas.Range{{From: 0, To: len(o.Content)}}
	}
	for _, d := range dirty {
		// What is in the margin only was copied: an entry that lies behind or before it was not touched.
		if d.From > 0 {
			d.From += margin
		}
		if d.To < len(o.Content) {
			d.To -= margin
		}
		r.Seek(d.From)
		for r.At < d.To {
			e, ok, err := r.Next()
			if err != nil {
				return err
			}
			if !ok || r.At <= d.From || e.Mode == object.Submodule {
				continue
			}
			kind := pack.Blob
			if e.Mode == object.Folder {
				kind = pack.Tree
			}
			c.queue(e.ID, kind, pack.Tree, number)
		}
	}
	return nil
}

// Commit checks the tree and the parents of a commit; those of a commit at the edge of a shallow clone are not there,
// and that is counted, once for all copies of the commit.
func (c *Checker) Commit(content []byte, number uint32, firstCopy bool) error {
	head, err := object.ParseCommit(content, c.db.Format)
	if err != nil {
		return err
	}
	size := c.db.Format.Size()
	c.queue(head.Tree[:size], pack.Tree, pack.Commit, number)
	if len(c.shallow) > 0 && c.shallow[c.db.ID(number)] {
		if firstCopy {
			c.ShallowEdges++
		}
		return nil
	}
	for _, p := range head.Parents {
		c.queue(p[:size], pack.Commit, pack.Commit, number)
	}
	return nil
}

// Tag checks what a tag names.
func (c *Checker) Tag(content []byte, number uint32) error {
	tag, err := object.ParseTag(content, c.db.Format)
	if err != nil {
		return err
	}
	c.queue(tag.Object[:c.db.Format.Size()], tag.Kind, pack.Tag, number)
	return nil
}
