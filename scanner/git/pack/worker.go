package pack

import (
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"skleak/scanner/git/deltas"
	"skleak/scanner/git/inflate"
	"skleak/scanner/git/mapped"
	"skleak/scanner/git/oid"
)

// worker builds objects and shows them to its visitor.
//
// Its stack holds entries whose base is built and which are not yet built themselves. Of an object's
// children the one with the most below it is pushed first and so comes last, when nothing else needs
// the object any more: from there on the object's memory is free. A path down the tree of deltas therefore
// holds at most one content for each time that the number of entries below halves: twenty for a
// family of a million entries, and two for a plain chain of any length.
type worker struct {
	walk    *Walk
	share   *share
	visitor Visitor

	stack   []node
	bottom  int // nodes below this one were given away
	buffers buffers
	spare   []*buffer // that nobody holds any more
	inflate inflate.Decoder
	delta   []byte // scratch: the inflated delta
	dirty   []deltas.Range
	applied []byte  // instructions of the delta of the object that is shown
	skimmer Skimmer // the visitor, if it is one
	fresh   []byte  // scratch of skim
	edges   []byte  // the same
	object  Object
	namer   identifier
	large   bool // this worker holds share.large

	held       atomic.Int64 // bytes reserved by this worker but not under share.large
	unfinished []*buffer    // reserved for the object that is being built
}

func newWorker(s *share, v Visitor) *worker {
	w := &worker{walk: s.walk, share: s, visitor: v, namer: identifier{naming: s.walk.naming}}
	w.skimmer, _ = v.(Skimmer)
	return w
}

// run works until nothing is left. However it ends, a panic of the visitor included, no other worker waits
// for this one any longer.
func (w *worker) run() {
	var err error
	defer func() {
		w.unlockLarge()
		w.share.stop(err)
	}()
	defer mapped.PanicOnFault()()
	defer mapped.CatchFault(&err)
	for {
		next, ok := w.share.take()
		if !ok {
			return
		}
		w.do(next)
	}
}

func (w *worker) do(next work) {
	switch {
	case next.shared.base != nil:
		w.drain(next.shared)
	case next.outside.ranks != nil:
		w.hangOutside(next.outside)
	}
	for _, r := range next.roots {
		if w.wanted(w.walk.Layout.kind[r], r) {
			w.drain(node{rank: r})
		}
	}
}

// hangOutside fetches a base from outside the pack and builds what hangs on it.
func (w *worker) hangOutside(o outside) {
	if w.walk.Need != nil {
		o.ranks = slices.DeleteFunc(slices.Clone(o.ranks), func(r uint32) bool { return !w.walk.Need.Has(r) })
	}
	if len(o.ranks) == 0 {
		return
	}
	base, err := w.fetch(o.id)
	if o.copyOf && err == nil && !w.walk.Kinds.Has(base.kind) { // and no walk for that kind would come by these deltas
		w.release(base)
		w.unlockLarge()
		err = errors.New("another copy is of another kind")
	}
	if err != nil {
		if o.copyOf {
			err = w.walk.baseError(o.id[:w.walk.Layout.pack.format.Size()])
		}
		for _, r := range o.ranks {
			w.fail(r, err)
		}
		return
	}
	if !w.walk.Kinds.Has(base.kind) {
		w.release(base)
		w.unlockLarge()
		return
	}
	if naming := w.namer.naming; naming != nil {
		o.ranks = naming.hangers(o.id[:naming.format.Size()])
		base.refs.Store(1)
		if len(o.ranks) == 0 { // it was in the pack, after all
			w.release(base)
			w.unlockLarge()
			return
		}
	}
	nodes := make([]node, len(o.ranks))
	for i, r := range o.ranks {
		nodes[i] = node{r, base}
	}
	base.refs.Store(int32(len(nodes)))
	w.drain(nodes...)
}

// fetch resolves a base that lies outside the pack.
func (w *worker) fetch(id oid.ID) (*buffer, error) {
	if w.walk.Resolve == nil {
		return nil, fmt.Errorf("the delta's base %s is not in its pack", id.Hex(w.walk.Layout.pack.format))
	}
	w.share.fetch.Lock()
	defer w.share.fetch.Unlock()
	kind, content, err := w.walk.Resolve(id)
	if err != nil {
		return nil, err
	}
	base := &buffer{data: content, kind: kind, mark: Unseen, lent: true}
	if size := int64(len(content)); size >= largeObject {
		w.lockLarge()
		base.account = &w.share.held
		if base.account.Add(size) > w.walk.Memory {
			base.account.Add(-size)
			w.unlockLarge()
			return nil, &TooLargeError{Size: uint64(size), Limit: w.walk.Memory}
		}
	}
	return base, nil
}

// wanted is true for a root whose family is to be walked.
func (w *worker) wanted(k Kind, rank uint32) bool {
	return w.walk.Kinds.Has(k) && (w.walk.Need == nil || w.walk.Need.Has(rank))
}

// drain builds nodes and everything below them, but for what it gives to waiting workers.
func (w *worker) drain(nodes ...node) {
	w.stack, w.bottom = append(w.stack[:0], nodes...), 0
	for len(w.stack) > w.bottom {
		if w.share.stopped.Load() {
			break
		}
		n := w.stack[len(w.stack)-1]
		w.stack = w.stack[:len(w.stack)-1]
		w.step(n)
		if len(w.stack)-w.bottom > 1 && !w.large && w.share.hungry.Load() > 0 {
			w.share.give(w.stack[w.bottom]) // the one with the most work below it
			w.bottom++
		}
	}
	w.unlockLarge()
}

// step builds and shows one object and pushes its children.
func (w *worker) step(n node) {
	built, err := w.build(n)
	if err != nil {
		built = nil
	}
	w.settle(built)
	if err != nil {
		if !w.tryHuge(n, err) {
			w.fail(n.rank, err)
		}
	} else if built != nil {
		hangers := w.name(n.rank, built)
		built.mark = w.show(n, built)
		w.push(n.rank, built, hangers)
	}
	if n.base != nil {
		w.release(n.base)
	}
}

// fail names an object that could not be built. What hangs on it is built on another copy of the object if there is one,
// as git does, and else named too.
func (w *worker) fail(rank uint32, err error) {
	l := w.walk.Layout
	w.visitor.Failed(l.pack, l.Position(rank), err)
	if !w.mayHaveCopy(rank, err) || !w.share.addCopy(w.below(rank)) {
		w.walk.failBelow(w.visitor, rank)
	}
}

// mayHaveCopy tells whether to look for another copy of an object that could not be built. One that is too large here
// is too large anywhere.
func (w *worker) mayHaveCopy(rank uint32, err error) bool {
	large, bomb := (*TooLargeError)(nil), (*BombError)(nil)
	return w.walk.Resolve != nil && w.namer.naming == nil && w.walk.Layout.places[rank].child != none &&
		!errors.As(err, &large) && !errors.As(err, &bomb)
}

// below is what hangs on an object.
func (w *worker) below(rank uint32) outside {
	l := w.walk.Layout
	o := outside{id: oid.FromBytes(l.pack.Index.ID(l.Position(rank))), copyOf: true}
	for r := l.places[rank].child; r != none; r = l.places[r].sibling {
		o.ranks = append(o.ranks, r)
	}
	return o
}

// show passes the object that was just built, with w.dirty saying how it differs from its base.
func (w *worker) show(n node, built *buffer) Mark {
	o, l := &w.object, w.walk.Layout
	*o = Object{Pack: l.pack, Position: l.Position(n.rank), Kind: built.kind, Content: built.data,
		Leaf: l.places[n.rank].child == none && w.walk.naming == nil} // while names are made, it is not known
	if n.base != nil {
		o.Delta, o.Dirty, o.BaseMark, o.Base, o.instructions = true, w.dirty, n.base.mark, n.base.keep, w.applied
		o.base = n.base.data
	}
	mark := w.visitor.Visit(o)
	built.keep = o.Keep
	return mark
}

// push puts the needed children of an object on the stack, the heaviest first, and what waited for its name.
func (w *worker) push(rank uint32, built *buffer, hangers []uint32) {
	l := w.walk.Layout
	refs := int32(0)
	for c := l.places[rank].child; c != none; c = l.places[c].sibling {
		if w.walk.Need == nil || w.walk.Need.Has(c) {
			w.stack = append(w.stack, node{c, built})
			refs++
		}
	}
	for _, r := range hangers {
		w.stack = append(w.stack, node{r, built})
		refs++
	}
	// Nobody else knows of the buffer yet: the stack is this worker's own until it gives something away.
	built.refs.Store(refs + 1)
	w.release(built)
}

// release drops one use of a buffer; the last one frees it.
func (w *worker) release(b *buffer) {
	if b.refs.Add(-1) > 0 {
		return
	}
	if b.account != nil {
		b.account.Add(-int64(len(b.data)))
	}
	if !b.lent {
		w.buffers.put(b.data)
	}
	b.data, b.keep, b.account = nil, nil, nil
	if len(w.spare) < mostSpare {
		w.spare = append(w.spare, b)
	}
}

// mostSpare bounds what is kept: a worker may be the one that lets go of all that another makes.
const mostSpare = 1 << 10

// newBuffer makes a buffer, of one that nobody holds any more if there is one: each object needs one.
func (w *worker) newBuffer(data []byte, kind Kind, account *atomic.Int64) *buffer {
	last := len(w.spare) - 1
	if last < 0 {
		return &buffer{data: data, kind: kind, account: account}
	}
	b := w.spare[last]
	w.spare = w.spare[:last]
	b.data, b.kind, b.mark, b.lent, b.account = data, kind, 0, false, account
	b.refs.Store(0)
	return b
}

// reserve makes sure that a content of this size may be held, and returns the memory for it.
func (w *worker) reserve(size uint64, kind Kind) (*buffer, error) {
	account := &w.held
	if size >= largeObject || w.large || account.Load()+int64(size) > w.share.small {
		w.lockLarge()
		account = &w.share.held
		if size > uint64(w.walk.Memory) || account.Load()+int64(size) > w.walk.Memory {
			return nil, &TooLargeError{Size: size, Limit: w.walk.Memory}
		}
	}
	account.Add(int64(size))
	b := w.newBuffer(w.buffers.get(int(size)), kind, account)
	w.unfinished = append(w.unfinished, b)
	return b, nil
}

// settle ends the building of an object: of what was reserved for it, only the result is kept.
func (w *worker) settle(result *buffer) {
	for _, b := range w.unfinished {
		if b != result {
			w.release(b)
		}
	}
	w.unfinished = w.unfinished[:0]
}

// lockLarge makes this worker the one that may hold large objects, until it has drained what it is at.
func (w *worker) lockLarge() {
	if !w.large {
		w.share.large.Lock()
		w.large = true
	}
}

func (w *worker) unlockLarge() {
	if w.large {
		w.large = false
		w.share.large.Unlock()
	}
}

// TooLargeError says that an object would need more memory than the walk may take.
type TooLargeError struct {
	Size  uint64
	Limit int64
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("the object takes %d bytes, more than the %d MB of memory that large objects may hold at once",
		e.Size, e.Limit>>20)
}
