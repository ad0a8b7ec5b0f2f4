package deltas

import (
	"errors"
	"fmt"
	"sort"
)

// Patchwork describes a content that is too large to be held: of which parts of another one, its source, and of which
// bytes from deltas it is put together. A delta of a patchwork is a patchwork of the same source.
type Patchwork struct {
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

// Whole is the patchwork that is its source.
func Whole(size uint64) *Patchwork {
	return &Patchwork{spans: []span{{n: size}}, ends: []uint64{size}}
}

// Size is that of the content.
func (p *Patchwork) Size() uint64 {
	if len(p.ends) == 0 {
		return 0
	}
	return p.ends[len(p.ends)-1]
}

// Memory is what it takes, the deltas included.
func (p *Patchwork) Memory() uint64 { return uint64(len(p.spans))*spanBytes + p.bytes }

func (p *Patchwork) add(s span) {
	end := p.Size() + s.n
	if last := len(p.spans) - 1; last >= 0 && s.text == nil && p.spans[last].text == nil &&
		p.spans[last].at+p.spans[last].n == s.at {
		p.spans[last].n += s.n
		p.ends[last] = end
		return
	}
	p.spans, p.ends = append(p.spans, s), append(p.ends, end)
}

// ErrMemory: what a delta makes would take more memory than it may.
var ErrMemory = errors.New("putting the object together would take more memory than it may")

// Patched is what a delta makes of p. It uses the delta's bytes. limit bounds its memory; what needs more is ErrMemory.
func (p *Patchwork) Patched(delta []byte, limit uint64) (*Patchwork, error) {
	size, instructions, err := Head(delta, p.Size())
	if err != nil {
		return nil, err
	}
	made := &Patchwork{bytes: p.bytes + uint64(len(delta))}
	for len(instructions) > 0 {
		if made.Memory() > limit {
			return nil, ErrMemory
		}
		i, rest, ok := Cut(instructions)
		if !ok {
			return nil, ErrInstruction
		}
		if i.Inserts {
			made.add(span{n: uint64(i.N), text: i.Text(instructions)})
		} else if err := made.copyFrom(p, uint64(i.Offset), uint64(i.N), limit); err != nil {
			return nil, err
		}
		instructions = rest
	}
	return made, checkMade(made.Size(), size)
}

// copyFrom appends n bytes of another patchwork from at on.
func (p *Patchwork) copyFrom(from *Patchwork, at, n, limit uint64) error {
	if at > from.Size() || n > from.Size()-at {
		return fmt.Errorf("the delta copies %d bytes at %d from a base of %d", n, at, from.Size())
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
		if p.Memory() > limit {
			return ErrMemory
		}
	}
	return nil
}
