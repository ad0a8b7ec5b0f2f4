package pack

import (
	"fmt"
	"sort"
)

// patchwork describes a content that is too large to be held: of which parts of another one, its source, and of which
// bytes from deltas it is put together. A delta of a patchwork is a patchwork of the same source.
type patchwork struct {
	spans []span
	ends  []uint64 // of each span, in the content
	bytes uint64   // of the deltas whose text it uses
}

// span is n bytes of the source from at on, or text.
type span struct {
	at, n uint64
	text  []byte
}

// spanBytes is what a span and its end take.
const spanBytes = 48

// wholeOf is the patchwork that is its source.
func wholeOf(size uint64) *patchwork {
	return &patchwork{spans: []span{{n: size}}, ends: []uint64{size}}
}

func (p *patchwork) size() uint64 {
	if len(p.ends) == 0 {
		return 0
	}
	return p.ends[len(p.ends)-1]
}

// memory is what it takes, the deltas included.
func (p *patchwork) memory() uint64 { return uint64(len(p.spans))*spanBytes + p.bytes }

func (p *patchwork) add(s span) {
	end := p.size() + s.n
	if last := len(p.spans) - 1; last >= 0 && s.text == nil && p.spans[last].text == nil && p.spans[last].at+p.spans[last].n == s.at {
		p.spans[last].n += s.n
		p.ends[last] = end
		return
	}
	p.spans, p.ends = append(p.spans, s), append(p.ends, end)
}

// patched is what a delta makes of p. It uses the delta's bytes. limit bounds its memory.
func (p *patchwork) patched(delta []byte, limit uint64) (*patchwork, error) {
	baseSize, size, instructions, err := deltaSizes(delta)
	if err != nil {
		return nil, err
	}
	if baseSize != p.size() {
		return nil, fmt.Errorf("the delta is for a base of %d bytes, not %d", baseSize, p.size())
	}
	made := &patchwork{bytes: p.bytes + uint64(len(delta))}
	for len(instructions) > 0 {
		if made.memory() > limit {
			return nil, &TooLargeError{Size: size, Limit: int64(limit)}
		}
		i, rest, ok := cutInstruction(instructions)
		if !ok {
			return nil, errBadInstruction
		}
		instructions = rest
		if i.text != nil {
			made.add(span{n: uint64(i.n), text: i.text})
		} else if err := made.copyFrom(p, uint64(i.offset), uint64(i.n), limit); err != nil {
			return nil, err
		}
	}
	if made.size() != size {
		return nil, fmt.Errorf("the delta makes %d bytes where it declares %d", made.size(), size)
	}
	return made, nil
}

// copyFrom appends n bytes of another patchwork from at on.
func (p *patchwork) copyFrom(from *patchwork, at, n, limit uint64) error {
	if at > from.size() || n > from.size()-at {
		return fmt.Errorf("the delta copies %d bytes at %d from a base of %d", n, at, from.size())
	}
	i := sort.Search(len(from.ends), func(i int) bool { return from.ends[i] > at })
	for ; n > 0; i++ {
		s := from.spans[i]
		skip := at - (from.ends[i] - s.n)
		take := min(s.n-skip, n)
		if s.text != nil {
			s.text = s.text[skip : skip+take]
		}
		p.add(span{at: s.at + skip, n: take, text: s.text})
		at, n = at+take, n-take
		if p.memory() > limit {
			return &TooLargeError{Size: from.size(), Limit: int64(limit)}
		}
	}
	return nil
}
