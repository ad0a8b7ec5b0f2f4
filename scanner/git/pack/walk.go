package pack

import (
	"context"
	"fmt"
	"io"
	"iter"
	"math/bits"

	"github.com/sourcegraph/conc/pool"

	"skleak/scanner/git/deltas"
	"skleak/scanner/git/mapped"
	"skleak/scanner/git/oid"
)

// Object is one object on its way past a Visitor.
type Object struct {
	Pack     *Pack
	Position int // in the idx
	Kind     Kind
	Content  []byte         // valid during the call only
	Delta    bool           // it was built from a base, and Dirty says how it differs
	Dirty    []deltas.Range // of Content, in order; see deltas.Apply. Valid during the call only
	// BaseMark is what Visit returned for the base. Where it is 0, the visitor found nothing in the base, and
	// looking at the dirty ranges is enough.
	BaseMark Mark
	Leaf     bool // nothing is built on it: what is left in Keep is for nobody
	Base     any  // what the visitor left in Keep at the base
	Keep     any  // what those built on this object are to find, if the visitor leaves it; kept as long as the content is

	// SameHead and SameTail are, in a call of Skim, how many bytes at the beginning are sure to be those at the beginning
	// of the base, and at the end.
	SameHead, SameTail int

	instructions []byte
	base         []byte // the base's content
	ends         deltas.Ends
	edges        *[]byte // memory for Edges
}

// EachCopy tells, in order, which parts of a delta's content were copied from where in its base. It is for the call
// of Visit only.
func (o *Object) EachCopy(f func(to deltas.Range, from int)) {
	at := 0
	for rest := o.instructions; len(rest) > 0; {
		var i deltas.Instruction
		i, rest, _ = deltas.Cut(rest) // they were all read when the object was built
		if !i.Inserts {
			f(deltas.Range{From: at, To: at + i.N}, i.Offset)
		}
		at += i.N
	}
}

// EachRun is EachCopy with the copies in one that follow one another, here and in the base.
func (o *Object) EachRun(f func(to deltas.Range, from int)) {
	var run deltas.Range
	start := 0
	o.EachCopy(func(to deltas.Range, from int) {
		if to.From == run.To && from-start == to.From-run.From {
			run.To = to.To
			return
		}
		if run.To > run.From {
			f(run, start)
		}
		run, start = to, from
	})
	if run.To > run.From {
		f(run, start)
	}
}

// BaseContent is what a delta was built from. It is for the call of Visit only.
func (o *Object) BaseContent() []byte { return o.base }

// Mark is what a visitor remembers of an object for the sake of those built on it. 0 is nothing.
type Mark uint8

// Unseen is the mark of a base that lies outside the pack: no visitor has seen it.
const Unseen Mark = 1<<8 - 1

// ID is the object's name, as the idx has it.
func (o *Object) ID() oid.ID { return oid.FromBytes(o.Pack.Index.ID(o.Position)) }

// Visitor sees the objects of a walk. Each worker has one of its own.
type Visitor interface {
	// Visit sees an object. What it returns reaches the object's delta children as BaseMark.
	Visit(o *Object) Mark
	// Stream sees a blob too large to hold; Content is nil. Reading to the end verifies it;
	// an error while reading is reported by Failed, by the walk.
	Stream(o *Object, size uint64, content io.Reader) error
	// Failed learns of an object that could not be read, and for each object built on it once more.
	Failed(p *Pack, position int, err error)
}

// Skimmer is a Visitor that can do with less than the whole of an object; see Walk.Skim.
type Skimmer interface {
	Visitor
	// Skim sees, of an object of size bytes, only what is new in it, as deltas.AppendFresh tells; Content and Dirty
	// are nil, and the base is not marked. What Skim returns tells whether Visit is to see the object too.
	Skim(o *Object, size int, fresh []byte) (whole bool)
}

// Walk says how to go through a pack.
type Walk struct {
	Layout  *Layout
	Kinds   KindSet // families of other kinds are left out
	Need    Bitmap  // by rank, closed towards the bases (Layout.CloseUpward); nil: everything
	Margin  int     // bytes at the seams that count as dirty; see deltas.Apply
	Workers int
	// Skim are the kinds of objects that a Skimmer is shown before they are built, where nothing is built on them. An
	// empty set is the plain way.
	Skim    KindSet
	SkimRow int // of the margin that a Skimmer is shown of blobs; see deltas.Margin
	// Memory bounds the bytes of content held at once by large objects; 0: DefaultMemory. What is smaller
	// takes a quarter of it besides; with more than 4 workers 32 MB for each, up to as much again; and at least 16 MB for
	// each.
	Memory int64
	// Resolve finds the base of a delta whose base lies outside the pack.
	Resolve Resolve

	naming *naming // nil: the pack has its idx

	allowed int64 // in place of the usual allowance, for tests
}

// KindSet is a set of object kinds.
type KindSet uint8

// Kinds makes a set.
func Kinds(kinds ...Kind) (s KindSet) {
	for _, k := range kinds {
		s |= 1 << k
	}
	return s
}

// AllKinds holds every kind of object.
var AllKinds = Kinds(Commit, Tree, Blob, Tag)

// Has tells whether the set holds a kind.
func (s KindSet) Has(k Kind) bool { return s>>k&1 != 0 }

// Bitmap is a set of small numbers.
type Bitmap []uint64

// NewBitmap makes an empty set for the numbers below n.
func NewBitmap(n int) Bitmap { return make(Bitmap, (n+63)/64) }

func (b Bitmap) Has(i uint32) bool { return b[i/64]>>(i%64)&1 != 0 }
func (b Bitmap) Add(i uint32)      { b[i/64] |= 1 << (i % 64) }

// All yields the numbers in the set, in order.
func (b Bitmap) All() iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		for i, word := range b {
			for ; word != 0; word &= word - 1 {
				if !yield(uint32(i*64 + bits.TrailingZeros64(word))) {
					return
				}
			}
		}
	}
}

// Ranked is a Bitmap that knows the rank of each number: how many smaller ones it has. That makes a map of a slice in a
// bit and a half for each number there could be.
type Ranked struct {
	Bitmap
	below []uint32 // by word: how many numbers are in those before it
}

// NewRanked ranks the numbers of a set, which is not to be changed any more.
func NewRanked(set Bitmap) Ranked {
	r := Ranked{set, make([]uint32, len(set)+1)}
	for i, word := range set {
		r.below[i+1] = r.below[i] + uint32(bits.OnesCount64(word))
	}
	return r
}

// Len is how many numbers there are.
func (r Ranked) Len() int {
	if len(r.below) == 0 {
		return 0
	}
	return int(r.below[len(r.below)-1])
}

// Rank returns the rank of a number, if it is in the set.
func (r Ranked) Rank(number uint32) (rank int, ok bool) {
	i := int(number / 64)
	if i >= len(r.Bitmap) || !r.Has(number) {
		return 0, false
	}
	before := r.Bitmap[i] & (1<<(number%64) - 1)
	return int(r.below[i]) + bits.OnesCount64(before), true
}

// CloseUpward adds to a set of ranks all that is needed to build them: their bases, and theirs.
func (l *Layout) CloseUpward(ranks Bitmap) {
	base := l.bases()
	for r := range base {
		if !ranks.Has(uint32(r)) {
			continue
		}
		for b := base[r]; b != none && !ranks.Has(b); b = base[b] {
			ranks.Add(b)
		}
	}
}

// DefaultMemory is what large objects may hold at once.
const DefaultMemory = 512 << 20

const (
	// largeObject and above are held by one worker at a time, so that the bound on memory is not
	// shared by lot. Below it a worker holds at most a few (see worker.push); one that comes to hold many
	// goes on as if they were large.
	largeObject = 16 << 20
	// streamObject and above are streamed if nothing is built on them.
	streamObject = 8 << 20
)

// Run shows every object of the chosen kinds to one of the visitors that newVisitor makes, one for
// each worker. It returns early when ctx ends, with its error, and with mapped.ErrFault when the idx cannot be read
// any more, or a visitor's own read of a map faults; objects that cannot be read are no error of the walk.
func (w *Walk) Run(ctx context.Context, newVisitor func() Visitor) (err error) {
	defer mapped.PanicOnFault()()
	defer mapped.CatchFault(&err)
	if w.Memory <= 0 {
		w.Memory = DefaultMemory
	}
	s := newShare(w)
	defer context.AfterFunc(ctx, func() { s.stop(nil) })()
	first := newVisitor()
	if !w.Layout.toldFailed { // by an earlier walk
		w.Layout.toldFailed = true
		w.reportFailed(first)
	}
	group := pool.New()
	for i := range max(w.Workers, 1) {
		v := first
		if i > 0 {
			v = newVisitor()
		}
		group.Go(func() { newWorker(s, v).run() })
	}
	group.Wait()
	if s.err != nil {
		return s.err
	}
	return ctx.Err()
}

// reportFailed names what the layout could not place, and all that hangs on it.
func (w *Walk) reportFailed(v Visitor) {
	l := w.Layout
	for _, r := range l.doubtful {
		v.Failed(l.pack, l.Position(r), l.doubt(r))
	}
	for _, r := range l.circles {
		v.Failed(l.pack, l.Position(r), errCircle)
	}
	for r, k := range l.kind {
		if k == broken {
			v.Failed(l.pack, l.Position(uint32(r)), l.fault(uint32(r)))
			w.failBelow(v, uint32(r))
		}
	}
}

// failBelow names the objects built on one that could not be read.
func (w *Walk) failBelow(v Visitor, rank uint32) {
	l := w.Layout
	l.EachBelow(rank, func(r uint32) {
		if r != rank {
			v.Failed(l.pack, l.Position(r), w.baseError(l.pack.Index.ID(l.Position(rank))))
		}
	})
}

func (w *Walk) baseError(id []byte) error {
	return fmt.Errorf("the delta's base %x could not be read", id)
}
