// Package presence finds out whether what objects name is there: a repository that lost some of its objects must not
// pass for a whole one.
package presence

import (
	"maps"
	"slices"

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

// Checker reads the names in objects, and asks for each whether the object is there; see questions. A Checker is for
// one goroutine.
type Checker struct {
	Missing      Missing // complete once Finish was called
	ShallowEdges int64   // commits at the edge of a shallow clone, whose parents are not looked for

	db      *odb.DB
	shallow map[oid.ID]bool
	tree    tree
	questions
}

// NewChecker makes a checker. shallow are commits whose parents are absent by intent.
func NewChecker(db *odb.DB, shallow map[oid.ID]bool) *Checker {
	return &Checker{Missing: Missing{}, db: db, shallow: shallow, questions: questions{size: db.Format.Size()}}
}

// Commit checks the tree and the parents of a commit; those of a commit at the edge of a shallow clone are not there,
// and that is counted, once for all copies of the commit.
func (c *Checker) Commit(content []byte, number uint32, firstCopy bool) error {
	head, err := object.ParseCommit(content, c.db.Format)
	if err != nil {
		return err
	}
	size := c.db.Format.Size()
	c.ask(head.Tree[:size], pack.Tree, pack.Commit, number)
	if len(c.shallow) > 0 && c.shallow[c.db.ID(number)] {
		if firstCopy {
			c.ShallowEdges++
		}
		return nil
	}
	for _, p := range head.Parents {
		c.ask(p[:size], pack.Commit, pack.Commit, number)
	}
	return nil
}

// Tag checks what a tag names.
func (c *Checker) Tag(content []byte, number uint32) error {
	tag, err := object.ParseTag(content, c.db.Format)
	if err != nil {
		return err
	}
	c.ask(tag.Object[:c.db.Format.Size()], tag.Kind, pack.Tag, number)
	return nil
}
