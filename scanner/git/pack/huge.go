package pack

import (
	"errors"

	"skleak/scanner/git/deltas"
)

// huge is what a worker does with a blob that is larger than the memory there is for it, and with all that is built
// on it: each goes by as a stream, put together from windows into the one whole object that is at hand, which is
// inflated anew as often as it takes. Git itself packs blobs above 512 MB without deltas, so only who sets less
// memory, or packs with more, comes here.
type huge struct {
	*worker
	source deltas.Source
	window []byte
	held   uint64 // by patchworks and their deltas
	limit  uint64 // of held
}

const (
	hugest    = 16 // times the memory is what an object may have that is put together so
	patchCost = 4  // times as long as to build one that can be held takes what it makes
)

// patchNode is an object on the stack: on what it is built.
type patchNode struct {
	rank uint32
	base *deltas.Patchwork
	last bool // of the children of base
}

// tryHuge does so for an object that could not be held; false if it is none of this kind.
func (w *worker) tryHuge(n node, err error) bool {
	var tooLarge *TooLargeError
	if !errors.As(err, &tooLarge) {
		return false
	}
	e, packed, err := w.packedAt(n.rank)
	if err != nil || n.base == nil && e.kind != Blob || n.base != nil && n.base.kind != Blob {
		return false
	}
	h := &huge{worker: w, limit: uint64(w.walk.Memory) / 4,
		window: make([]byte, min(max(w.walk.Memory/16, 1<<20), 32<<20))}
	defer h.source.Close()
	if n.base != nil {
		h.source.Data = n.base.data
		h.run(patchNode{n.rank, deltas.Whole(uint64(len(n.base.data))), true})
		return true
	}
	if err := w.stream(w.walk.Layout.Position(n.rank), e, packed); err != nil {
		w.fail(n.rank, err)
		return true
	}
	h.source.Packed, h.source.Spend = packed, w.share.allowance.spend
	h.run(h.children(n.rank, deltas.Whole(e.size))...)
	return true
}

// packedAt returns an entry and its packed bytes, which are vouched for, or were built from once already.
func (w *worker) packedAt(rank uint32) (e entry, packed []byte, err error) {
	l := w.walk.Layout
	from, to := l.bounds(rank)
	if _, err := l.pack.vouch(l.Position(rank), from, to); err != nil {
		return e, nil, err
	}
	e, err = l.pack.entryAt(from)
	if err == nil && e.stream > to {
		err = errors.New("the entry's header runs into the next entry")
	}
	if err != nil {
		return e, nil, err
	}
	return e, l.pack.data[e.stream:to], plausible(e.size, to-e.stream)
}

// run streams objects and all that is built on them, depth first.
func (h *huge) run(stack ...patchNode) {
	for len(stack) > 0 && !h.share.stopped.Load() {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		made, err := h.patch(n)
		if err == nil {
			err = h.show(n.rank, made)
		}
		if n.last {
			h.held -= n.base.Memory()
		}
		if err != nil {
			h.fail(n.rank, err)
			continue
		}
		stack = append(stack, h.children(n.rank, made)...)
	}
}

// children are the nodes of the objects that are built on one.
func (h *huge) children(rank uint32, base *deltas.Patchwork) (nodes []patchNode) {
	l := h.walk.Layout
	for c := l.places[rank].child; c != none; c = l.places[c].sibling {
		if h.walk.Need == nil || h.walk.Need.Has(c) {
			nodes = append(nodes, patchNode{rank: c, base: base})
		}
	}
	if len(nodes) > 0 {
		h.held += base.Memory()
		nodes[0].last = true // it comes off the stack last
	}
	return nodes
}

// patch reads a delta and puts its object together.
func (h *huge) patch(n patchNode) (*deltas.Patchwork, error) {
	e, packed, err := h.packedAt(n.rank)
	if err != nil {
		return nil, err
	}
	if h.held+e.size > h.limit {
		return nil, &TooLargeError{Size: h.held + e.size, Limit: int64(h.limit)}
	}
	delta := make([]byte, e.size)
	if err := h.inflateWhole(delta, packed, true); err != nil {
		return nil, err
	}
	if _, size, _, err := deltas.Sizes(delta); err == nil && size > hugest*uint64(h.walk.Memory) {
		return nil, &TooLargeError{Size: size, Limit: hugest * h.walk.Memory}
	}
	for range patchCost {
		if err := h.share.allowance.chargeDelta(delta, len(packed)); err != nil {
			return nil, err
		}
	}
	made, err := n.base.Patched(delta, h.limit-h.held)
	if errors.Is(err, deltas.ErrMemory) {
		err = &TooLargeError{Size: n.base.Size(), Limit: int64(h.limit)}
	}
	return made, err
}

// show streams an object past the visitor.
func (h *huge) show(rank uint32, work *deltas.Patchwork) error {
	l := h.walk.Layout
	h.object = Object{Pack: l.pack, Position: l.Position(rank), Kind: Blob}
	exact := ExactReader(&deltas.PatchReader{Work: work, Source: &h.source, Window: h.window}, work.Size())
	return h.passStream(&h.object, work.Size(), exact)
}
