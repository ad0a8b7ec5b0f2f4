package pack

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"

	"skleak/scanner/git/deltas"
	"skleak/scanner/git/inflate"
	"skleak/scanner/git/mapped"
	"skleak/scanner/git/oid"
)

// Resolve finds an object anywhere: the base of a delta that lies outside its pack.
type Resolve = func(id oid.ID) (Kind, []byte, error)

// Reader reads single objects, in any order, where Walk reads all of them. One goroutine at a time.
type Reader struct {
	// Resolve finds the base of a delta whose base lies outside its pack.
	Resolve Resolve
	// Memory bounds the bytes of each object; 0: DefaultMemory.
	Memory int64

	allowance *allowance
	inflate   inflate.Decoder
	bases     bases
	delta     []byte // memory for the delta that is applied
}

// maxChain bounds the deltas in one chain; git itself makes at most 4095.
const maxChain = 1 << 20

var errCircle = errors.New("the chain of deltas runs in a circle, or does not end")

// Read returns the object at a position of the pack's idx. The content may be shared: do not write to it.
func (r *Reader) Read(p *Pack, position int) (kind Kind, data []byte, err error) {
	defer mapped.PanicOnFault()()
	defer mapped.CatchFault(&err)
	c, err := r.read(p, position)
	if err != nil {
		return 0, nil, err
	}
	c.lent++ // for good
	return c.kind, c.data, nil
}

// Loan is the content of an object that is to be given back: its memory is then used for others.
type Loan struct {
	Kind    Kind
	Content []byte
	Place   Place    // zero for what lies in no pack
	from    *content // nil for memory of its own
}

// GiveBack says that nobody reads the content any more. Where it is never said, the memory is not used again.
func (l *Loan) GiveBack() {
	if l.from != nil {
		l.from.lent--
	}
	*l = Loan{}
}

// Borrow is Read for who says when the content is not needed any more, in the same goroutine.
func (r *Reader) Borrow(p *Pack, position int) (loan Loan, err error) {
	defer mapped.PanicOnFault()()
	defer mapped.CatchFault(&err)
	c, err := r.read(p, position)
	if err != nil {
		return Loan{}, err
	}
	c.lent++
	return Loan{c.kind, c.data, Place{p, p.Index.Offset(position)}, c}, nil
}

func (r *Reader) read(p *Pack, position int) (*content, error) {
	at := p.Index.Offset(position)
	c, err := r.readAt(p, at)
	if err != nil {
		return nil, err
	}
	// The stream's own Adler-32 has vouched for the bytes; the CRC-32 tells whether they are those that the idx means.
	_, err = p.vouch(position, at, c.end)
	r.bases.asked += len(c.data)
	return c, err
}

// readAt is read for the entry at an offset, whatever an idx says of it.
func (r *Reader) readAt(p *Pack, at uint64) (base *content, err error) {
	var chain []uint64   // offsets of the deltas to apply, the last one first
	var milestone uint64 // a place on the way; who comes by it again runs in a circle
	for base == nil {
		if base = r.bases.get(Place{p, at}); base != nil {
			break
		}
		e, err := p.entryAt(at)
		if err != nil {
			return nil, err
		}
		switch e.kind {
		case ofsDelta, refDelta:
			if at == milestone || len(chain) >= maxChain {
				return nil, errCircle
			}
			chain = append(chain, at)
			if len(chain)&(len(chain)-1) == 0 { // at 1, 2, 4, …: any circle is as short as one of these steps
				milestone = at
			}
			if at, base, err = r.baseOf(p, e); err != nil {
				return nil, err
			}
		default:
			base = &content{kind: e.kind}
			if base.data, base.end, err = r.inflateAt(p, e, r.bases.make); err != nil {
				return nil, err
			}
			r.bases.keep(Place{p, at}, base)
		}
	}
	return r.applyChain(p, base, chain)
}

// Visit passes the object at a position of the pack's idx to whole, or to large where it is too large to be held for
// nothing and stands by itself. The content is valid during the call only.
func (r *Reader) Visit(p *Pack, position int, whole func(Kind, []byte),
	large func(Kind, uint64, io.Reader) error) (err error) {
	defer mapped.PanicOnFault()()
	defer mapped.CatchFault(&err)
	e, err := p.entryAt(p.Index.Offset(position))
	if err != nil {
		return err
	}
	if e.size < streamObject || e.kind == ofsDelta || e.kind == refDelta {
		return r.visitWhole(p, position, whole)
	}
	return r.visitLarge(p, position, e, large)
}

func (r *Reader) visitWhole(p *Pack, position int, whole func(Kind, []byte)) error {
	c, err := r.read(p, position)
	if err != nil {
		return err
	}
	c.lent++ // whole may read others
	whole(c.kind, c.data)
	c.lent--
	return nil
}

func (r *Reader) visitLarge(p *Pack, position int, e entry, large func(Kind, uint64, io.Reader) error) error {
	packed := p.data[e.stream:p.end]
	if err := plausible(e.size, uint64(len(packed))); err != nil {
		return err
	}
	taken, err := inflateExactly(packed, e.size, func(content io.Reader) error { return large(e.kind, e.size, content) })
	if err == nil {
		_, err = p.vouch(position, p.Index.Offset(position), e.stream+taken)
	}
	return err
}

// baseOf finds a delta's base: at an offset of the same pack, or as content from elsewhere.
func (r *Reader) baseOf(p *Pack, e entry) (at uint64, elsewhere *content, err error) {
	if e.kind == ofsDelta {
		return e.base, nil, nil
	}
	if position, ok := p.Index.Find(e.baseID); ok {
		return p.Index.Offset(position), nil, nil
	}
	if r.Resolve == nil {
		return 0, nil, fmt.Errorf("the delta's base %x is not in its pack", e.baseID)
	}
	kind, data, err := r.Resolve(oid.FromBytes(e.baseID))
	return 0, &content{kind: kind, data: data, lent: 1}, err
}

// limit is how large an object may be.
func (r *Reader) limit() uint64 { return uint64(cmp.Or(r.Memory, DefaultMemory)) }

func (r *Reader) applyChain(p *Pack, base *content, chain []uint64) (*content, error) {
	for i := len(chain) - 1; i >= 0; i-- {
		e, err := p.entryAt(chain[i])
		if err != nil {
			return nil, err
		}
		delta, end, err := r.inflateAt(p, e, r.deltaMemory)
		if err != nil {
			return nil, err
		}
		if err := r.charge(delta, int(end-e.stream)); err != nil {
			return nil, err
		}
		made, err := r.patch(base.data, delta)
		if err != nil {
			return nil, err
		}
		base = &content{kind: base.kind, data: made, end: end}
		r.bases.keep(Place{p, chain[i]}, base)
	}
	return base, nil
}

// deltaMemory returns memory for the next delta: that of the last one.
func (r *Reader) deltaMemory(n int) []byte {
	if n > largestBase {
		return make([]byte, n)
	}
	r.delta = slices.Grow(r.delta[:0], n)
	return r.delta[:n]
}

func (r *Reader) patch(base, delta []byte) ([]byte, error) {
	made, err := deltas.Patch(base, delta, r.limit(), r.bases.make)
	if errors.Is(err, deltas.ErrMemory) {
		_, size, _, _ := deltas.Sizes(delta) // they were read
		err = &TooLargeError{Size: size, Limit: int64(r.limit())}
	}
	return made, err
}

// charge charges what a delta makes to the allowance of this Reader: for chains that end in bombs.
func (r *Reader) charge(delta []byte, packed int) error {
	if r.allowance == nil {
		r.allowance = &allowance{}
		r.allowance.allow(0)
	}
	return r.allowance.chargeDelta(delta, packed)
}

// inflateAt inflates an entry, whose bytes are vouched for by the stream's own Adler-32, into memory that it is handed,
// and returns where it ends.
func (r *Reader) inflateAt(p *Pack, e entry, memory func(n int) []byte) (data []byte, end uint64, err error) {
	packed := p.data[e.stream:p.end]
	if err := plausible(e.size, uint64(len(packed))); err != nil {
		return nil, 0, err
	}
	if limit := r.limit(); e.size > limit {
		return nil, 0, &TooLargeError{Size: e.size, Limit: int64(limit)}
	}
	if e.size <= streamObject {
		data = memory(int(e.size))
		n, err := r.inflate.Zlib(data, packed, true)
		return data, e.stream + uint64(n), err
	}
	// The bytes behind the stream belong to other entries, so a large size says nothing yet: it is allocated only once a
	// stream has proved to be that long.
	taken, err := inflateExactly(packed, e.size, func(content io.Reader) (err error) {
		data, err = io.ReadAll(content)
		return err
	})
	return data, e.stream + taken, err
}
