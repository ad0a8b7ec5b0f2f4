package object

import (
	"errors"

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

// edge is how far from the ends of a copy SkimFresh reads. Three entries stand there, or more.
const edge = 256

// ErrEdge says that a tree cannot be gone through by what is near the ends of its copies.
var ErrEdge = errors.New("an entry of the tree reaches far into what a delta copies")

// SkimFresh is EachFresh for a tree of some size in a call of pack.Skimmer, of which there is only what is new; it is on
// its base. v may have seen a part of it if there is an error, and EachFresh is to tell what is wrong.
func SkimFresh(o *pack.Object, size int, f oid.Format, v FreshVisitor) error {
	r := freshReader{TreeReader: NewTreeReader(o.Edges(size, edge), f), format: f, base: o.BaseContent(), visitor: v,
		edge: edge, until: edge}
	if err := r.passCopies(o); err != nil {
		return err
	}
	r.until = size
	return r.readUntil(size)
}

// freshReader is a tree that is gone through.
type freshReader struct {
	TreeReader
	format  oid.Format
	base    []byte
	visitor FreshVisitor
	told    int // entries that end here or before are told as shared

	edge  int // 0: all of the content is there, and not only what is so near to the ends of a copy
	until int // then, all of it is there from the next entry on until here, as far as is known
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
	r.until = to.From + r.edge
	isLong := to.To-to.From > 2*r.edge
	if !isLong { // what follows is no copy, or the beginning of one
		r.until = to.To + r.edge
	}
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
		r.seekInBase(to.To, shift)
		r.told = to.To
		if r.edge > 0 && isLong && r.At < to.To-r.edge {
			return ErrEdge
		}
	}
	return nil
}

// seekInBase is Seek where all that it looks at is a copy.
func (r *freshReader) seekInBase(to, shift int) {
	base := TreeReader{Content: r.base, Hash: r.Hash, At: r.At - shift}
	base.Seek(to - shift)
	r.At = base.At + shift
}

// readUntil reads entries until the next one begins at a place, or behind it.
func (r *freshReader) readUntil(to int) error {
	for r.At < to {
		mode, name, id, next, err := r.parts() // an Entry that is returned is copied through memory
		if err != nil {
			return err
		}
		if r.edge > 0 && next > r.until {
			return ErrEdge
		}
		if r.At = next; next > r.told {
			r.visitor.Fresh(Entry{mode, r.Content[name : id-1], r.Content[id:next]}, next)
		}
	}
	return nil
}
