package pack

import (
	"cmp"
	"errors"
	"fmt"
	"io"

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
	bases     map[place]content
	held      int // bytes in bases
}

type place struct {
	pack *Pack
	at   uint64
}

type content struct {
	kind Kind
	data []byte
	end  uint64 // of the entry it came from
}

const (
	basesBytes = 32 << 20 // what a Reader keeps of objects that others may be built on
	maxChain   = 1 << 20  // deltas in one chain; git itself makes at most 4095
)

var errCircle = errors.New("the chain of deltas runs in a circle, or does not end")

// Read returns the object at a position of the pack's idx. The content may be shared: do not write to it.
func (r *Reader) Read(p *Pack, position int) (kind Kind, data []byte, err error) {
	defer mapped.PanicOnFault()()
	defer mapped.CatchFault(&err)
	at := p.Index.Offset(position)
	c, err := r.readAt(p, at)
	if err != nil {
		return 0, nil, err
	}
	// The stream's own Adler-32 has vouched for the bytes; the CRC-32 tells whether they are those that the idx means.
	if _, err := p.vouch(position, at, c.end); err != nil {
		return 0, nil, err
	}
	return c.kind, c.data, nil
}

// readAt is Read for the entry at an offset, whatever an idx says of it.
func (r *Reader) readAt(p *Pack, at uint64) (c content, err error) {
	var chain []uint64   // offsets of the deltas to apply, the last one first
	var milestone uint64 // a place on the way; who comes by it again runs in a circle
	base, found := content{}, false
	for !found {
		if base, found = r.bases[place{p, at}]; found {
			break
		}
		e, err := p.entryAt(at)
		if err != nil {
			return c, err
		}
		switch e.kind {
		case ofsDelta, refDelta:
			if at == milestone || len(chain) >= maxChain {
				return c, errCircle
			}
			chain = append(chain, at)
			if len(chain)&(len(chain)-1) == 0 { // at 1, 2, 4, …: any circle is as short as one of these steps
				milestone = at
			}
			if at, base, found, err = r.baseOf(p, e); err != nil {
				return c, err
			}
		default:
			if base.data, base.end, err = r.inflateAt(p, e); err != nil {
				return c, err
			}
			base.kind, found = e.kind, true
			r.keep(place{p, at}, base)
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
		kind, data, err := r.Read(p, position)
		if err == nil {
			whole(kind, data)
		}
		return err
	}
	return r.visitLarge(p, position, e, large)
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
func (r *Reader) baseOf(p *Pack, e entry) (at uint64, base content, found bool, err error) {
	if e.kind == ofsDelta {
		return e.base, content{}, false, nil
	}
	if position, ok := p.Index.Find(e.baseID); ok {
		return p.Index.Offset(position), content{}, false, nil
	}
	if r.Resolve == nil {
		return 0, content{}, false, fmt.Errorf("the delta's base %x is not in its pack", e.baseID)
	}
	base.kind, base.data, err = r.Resolve(oid.FromBytes(e.baseID))
	return 0, base, true, err
}

// limit is how large an object may be.
func (r *Reader) limit() uint64 { return uint64(cmp.Or(r.Memory, DefaultMemory)) }

func (r *Reader) applyChain(p *Pack, base content, chain []uint64) (c content, err error) {
	for i := len(chain) - 1; i >= 0; i-- {
		e, err := p.entryAt(chain[i])
		if err != nil {
			return c, err
		}
		delta, end, err := r.inflateAt(p, e)
		if err != nil {
			return c, err
		}
		if err := r.charge(delta, int(end-e.stream)); err != nil {
			return c, err
		}
		if base.data, err = r.patch(base.data, delta); err != nil {
			return c, err
		}
		base.end = end
		r.keep(place{p, chain[i]}, base)
	}
	return base, nil
}

func (r *Reader) patch(base, delta []byte) ([]byte, error) {
	made, err := deltas.Patch(base, delta, r.limit())
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

// inflateAt inflates an entry, whose bytes are vouched for by the stream's own Adler-32, and returns where it ends.
func (r *Reader) inflateAt(p *Pack, e entry) (data []byte, end uint64, err error) {
	packed := p.data[e.stream:p.end]
	if err := plausible(e.size, uint64(len(packed))); err != nil {
		return nil, 0, err
	}
	if limit := r.limit(); e.size > limit {
		return nil, 0, &TooLargeError{Size: e.size, Limit: int64(limit)}
	}
	if e.size <= streamObject {
		data = make([]byte, e.size)
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

// keep holds on to a content that others may be built on. When there is too much, all of it goes: what is
// asked for together lies together, and the next few reads fill it again.
func (r *Reader) keep(at place, c content) {
	if len(c.data) > basesBytes/8 {
		return
	}
	if r.held+len(c.data) > basesBytes || r.bases == nil {
		r.bases, r.held = map[place]content{}, 0
	}
	r.bases[at] = c
	r.held += len(c.data)
}
