package presence

import (
	"skleak/scanner/git/deltas"
	"skleak/scanner/git/object"
	"skleak/scanner/git/pack"
)

// Unchecked marks a tree that could not be read to its end: of those built on it, no entry was checked before.
const Unchecked pack.Mark = 1 << 4

// Tree checks what a tree names. Entries that it shares with the tree it is a delta of were checked with that one.
func (c *Checker) Tree(o *pack.Object, number uint32) error {
	t := tree{Checker: c, TreeReader: object.NewTreeReader(o.Content, c.db.Format), number: number}
	if o.Delta && o.BaseMark&Unchecked == 0 {
		if err := t.passCopies(o); err != nil {
			return err
		}
	}
	return t.askUntil(len(o.Content))
}

// tree is a tree that is checked.
type tree struct {
	*Checker
	object.TreeReader
	number uint32
	shared int // entries that end here or before are shared with the base, or were asked for
}

// passCopies asks for all entries but those that lie whole in what a delta copies, where the base has them as entries
// too. What is copied may be something else there: a name of a submodule, which is not looked for, can be an entry
// with its mode and all.
func (t *tree) passCopies(o *pack.Object) (err error) {
	var to deltas.Range // a copy, or several that follow one another in the base as well
	from := 0           // where it lies in the base
	o.EachCopy(func(next deltas.Range, nextFrom int) {
		if next.From == to.To && nextFrom == from+to.To-to.From {
			to.To = next.To
			return
		}
		if err == nil {
			err = t.passCopy(to, from, o.BaseContent())
		}
		to, from = next, nextFrom
	})
	if err == nil {
		err = t.passCopy(to, from, o.BaseContent())
	}
	return err
}

// passCopy asks for what stands before a copy, reaches into it, or cannot be told to be an entry of the base.
func (t *tree) passCopy(to deltas.Range, from int, base []byte) error {
	if err := t.askUntil(to.From); err != nil {
		return err
	}
	for t.At < to.To && !object.Begins(base, from+t.At-to.From, t.db.Format) {
		if err := t.askUntil(t.At + 1); err != nil {
			return err
		}
	}
	if t.At < to.To {
		t.Seek(to.To)
		t.shared = to.To
	}
	return nil
}

// askUntil asks for entries until the next one begins at a place, or behind it.
func (t *tree) askUntil(to int) error {
	for t.At < to {
		e, ok, err := t.Next()
		if err != nil {
			return err
		}
		if !ok || t.At <= t.shared || e.Mode == object.Submodule {
			continue
		}
		kind := pack.Blob
		if e.Mode == object.Folder {
			kind = pack.Tree
		}
		t.ask(e.ID, kind, pack.Tree, t.number)
	}
	return nil
}
