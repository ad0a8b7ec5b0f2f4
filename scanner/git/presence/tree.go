package presence

import (
	"skleak/scanner/git/deltas"
	"skleak/scanner/git/object"
	"skleak/scanner/git/pack"
)

// Unchecked marks a tree that could not be read to its end: of those built on it, no entry was checked before.
const Unchecked pack.Mark = 1 << 4

// Tree checks what a tree names. Entries that it shares with the tree it is a delta of were checked with that one. also,
// unless it is nil, sees all that is seen.
func (c *Checker) Tree(o *pack.Object, number uint32, also object.FreshVisitor) error {
	c.tree = tree{c, number, also}
	return object.EachFresh(o, IsBaseChecked(o), c.db.Format, &c.tree)
}

// SkimTree is Tree in a call of pack.Skimmer, for a tree of some size whose base was checked to its end. Where it fails,
// Tree is to check the whole.
func (c *Checker) SkimTree(o *pack.Object, number uint32, size int) error {
	c.tree = tree{c, number, nil}
	return object.SkimFresh(o, size, c.db.Format, &c.tree)
}

// IsBaseChecked tells whether the base of a tree was checked to its end.
func IsBaseChecked(o *pack.Object) bool { return o.Delta && o.BaseMark&Unchecked == 0 }

// tree is the tree that a checker looks at.
type tree struct {
	*Checker
	number uint32
	also   object.FreshVisitor
}

// Fresh implements object.FreshVisitor.
func (t *tree) Fresh(e object.Entry, end int) {
	if t.also != nil {
		t.also.Fresh(e, end)
	}
	switch e.Mode {
	case object.Submodule:
	case object.Folder:
		t.ask(e.ID, pack.Tree, pack.Tree, t.number)
	default:
		t.ask(e.ID, pack.Blob, pack.Tree, t.number)
	}
}

// Shared implements object.FreshVisitor.
func (t *tree) Shared(part deltas.Range, shift int) {
	if t.also != nil {
		t.also.Shared(part, shift)
	}
}
