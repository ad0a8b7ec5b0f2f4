package object

import (
	"skleak/scanner/git/deltas"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
)

// FreshVisitor sees a tree as what it shares with the one it is a delta of, and what it does not, in order.
type FreshVisitor interface {
	// Fresh sees an entry that is not sure to be one of the base; end is where it ends in the tree.
	Fresh(e Entry, end int)
	// Shared learns that the entries which lie whole in a part of the base, in which one begins the part, are entries of
	// the tree as well: so many bytes further behind.
	Shared(part deltas.Range, shift int)
}

// EachFresh goes through a tree. Entries are only shared if they lie whole in what a delta copies, and the base has them
// as entries too: what is copied may be something else there. A name of a submodule, which nobody looks for, can
// be an entry with its mode and all. onBase tells whether the base was gone through to its end, without an error; else
// all entries are fresh.
func EachFresh(o *pack.Object, onBase bool, f oid.Format, v FreshVisitor) error {
	r := freshReader{TreeReader: NewTreeReader(o.Content, f), format: f, base: o.BaseContent(), visitor: v}
	if o.Delta && onBase {
		if err := r.passCopies(o); err != nil {
			return err
		}
	}
	return r.readUntil(len(o.Content))
}

// freshReader is a tree that is gone through.
type freshReader struct {
	TreeReader
	format  oid.Format
	base    []byte
	visitor FreshVisitor
	told    int // entries that end here or before are told as shared
}

// passCopies goes as far as the last copy reaches.
func (r *freshReader) passCopies(o *pack.Object) (err error) {
	o.EachRun(func(to deltas.Range, from int) {
		if err == nil {
			err = r.passCopy(to, from)
		}
	})
	return err
}

// passCopy reads what stands before a copy, reaches into it, or cannot be told to be an entry of the base.
func (r *freshReader) passCopy(to deltas.Range, from int) error {
	if err := r.readUntil(to.From); err != nil {
		return err
	}
	shift := to.From - from
	for r.At < to.To && !Begins(r.base, r.At-shift, r.format) {
		if err := r.readUntil(r.At + 1); err != nil {
			return err
		}
	}
	if r.At < to.To {
		r.visitor.Shared(deltas.Range{From: r.At - shift, To: to.To - shift}, shift)
		r.Seek(to.To)
		r.told = to.To
	}
	return nil
}

// readUntil reads entries until the next one begins at a place, or behind it.
func (r *freshReader) readUntil(to int) error {
	for r.At < to {
		mode, name, id, next, err := r.parts() // an Entry that is returned is copied through memory
		if err != nil {
			return err
		}
		if r.At = next; next > r.told {
			r.visitor.Fresh(Entry{mode, r.Content[name : id-1], r.Content[id:next]}, next)
		}
	}
	return nil
}
