package pack

import (
	"context"
	"hash"
	"io"
	"maps"
	"strconv"
	"sync"

	"skleak/scanner/git/oid"
)

// naming is what a walk does besides while its pack has no idx yet: it computes the id of each object that it builds.
// The walk goes by a makeshift idx, in which each entry has a number for an id, so the bases of REF deltas are not
// found: these wait until an object turns out to have the id that they name.
type naming struct {
	format oid.Format
	ids    []byte // raw, by position; zeros where an object could not be built

	refs    bool // there are REF deltas
	mu      sync.Mutex
	waiting map[string][]uint32 // those that wait, by the raw id of their base
}

// hangers takes the ranks that wait for an object.
func (n *naming) hangers(id []byte) []uint32 {
	if !n.refs {
		return nil
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	ranks := n.waiting[string(id)]
	delete(n.waiting, string(id))
	return ranks
}

// identifier is a worker's part in it.
type identifier struct {
	*naming
	hash hash.Hash
	head []byte
}

// begin starts the hash of an object.
func (n *identifier) begin(kind Kind, size uint64) {
	if n.hash == nil {
		n.hash = n.format.Hash()
	}
	n.hash.Reset()
	n.head = append(append(n.head[:0], kind.String()...), ' ')
	n.head = append(strconv.AppendUint(n.head, size, 10), 0)
	n.hash.Write(n.head)
}

// end keeps the id that the hash comes to.
func (n *identifier) end(position int) (id []byte) {
	size := n.format.Size()
	id = n.ids[position*size:][:size]
	n.hash.Sum(id[:0])
	return id
}

// name computes the id of an object that was built, and takes what waits for it.
func (w *worker) name(rank uint32, built *buffer) (hangers []uint32) {
	if w.namer.naming == nil {
		return nil
	}
	w.namer.begin(built.kind, uint64(len(built.data)))
	w.namer.hash.Write(built.data)
	return w.namer.hangers(w.namer.end(w.walk.Layout.Position(rank)))
}

// passStream shows a blob to the visitor that goes by as a stream, to its end.
func (w *worker) passStream(o *Object, size uint64, content io.Reader) error {
	naming := w.namer.naming != nil
	if naming {
		w.namer.begin(o.Kind, size)
		content = io.TeeReader(content, w.namer.hash)
	}
	if err := w.visitor.Stream(o, size, content); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, content); err != nil {
		return err
	}
	if naming {
		w.namer.end(o.Position)
	}
	return nil
}

// run walks with w, which goes by a makeshift idx, and fills ids. Objects whose base lies nowhere have none.
func (n *naming) run(ctx context.Context, w *Walk, newVisitor func() Visitor) error {
	n.ids = make([]byte, w.Layout.Len()*n.format.Size())
	inside := *w.Layout
	n.waiting, inside.external = inside.external, nil
	n.refs = len(n.waiting) > 0
	w.naming, w.Layout = n, &inside
	if err := w.Run(ctx, newVisitor); err != nil || len(n.waiting) == 0 {
		return err
	}
	outside := inside
	outside.tasks, outside.external = nil, maps.Clone(n.waiting)
	w.Layout = &outside
	return w.Run(ctx, newVisitor)
}
