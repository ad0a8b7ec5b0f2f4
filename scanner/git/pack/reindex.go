package pack

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/sourcegraph/conc"

	"skleak/scanner/git/bundle"
	"skleak/scanner/git/mapped"
	"skleak/scanner/git/oid"
	"skleak/scanner/wholefile"
)

// Mending says how to make an idx anew.
type Mending struct {
	Memory  int64   // bytes that it may take; 0: DefaultMemory
	Workers int     // below 1: one
	Resolve Resolve // finds bases that lie outside the pack; may be nil
	Margin  int     // that of a Walk
	// Screen, which may be nil, makes ready for a pack. Visitors see each object that can be built, as in a Walk, but
	// that positions are those in the order of the pack: what they are in the idx is told by seen, once it is made.
	// Failed is told of nothing that counts: a walk by the idx names what cannot be read.
	Screen func() (newVisitor func() Visitor, seen func(p *Pack, positions []uint32))

	ahead uint64 // in place of aheadBytes, for tests
}

// OpenWithoutIndex maps a pack alone and makes its idx anew from its entries. What of the pack could not be read is
// listed in words; an error says that nothing could.
func OpenWithoutIndex(ctx context.Context, path string, f oid.Format, m Mending) (p *Pack, losses []string, err error) {
	p = &Pack{Path: path, format: f}
	if p.data, err = p.mapped(path); err == nil {
		if err = p.unbundle(); err != nil {
			return nil, nil, errors.Join(err, p.Close())
		}
		losses, err = p.Reindex(ctx, m)
	}
	if err != nil {
		return nil, nil, errors.Join(err, p.Close())
	}
	return p, losses, nil
}

// unbundle leaves out the head of a bundle, which is a pack with refs in front.
func (p *Pack) unbundle() (err error) {
	defer mapped.PanicOnFault()()
	defer mapped.CatchFault(&err)
	if !bundle.Is(p.data) {
		return nil
	}
	head, err := bundle.Parse(p.data)
	if err == nil {
		p.data = p.data[head.Pack:]
	}
	return err
}

// Reindex replaces the idx of a pack by one made from its entries: each id computed from the content, each CRC-32
// from bytes that their stream's Adler-32 has vouched for. What cannot be identified, because its base is not there,
// goes by a number in the place of an id: NamelessID. Nothing else may use p meanwhile, nor a Layout from before
// afterwards. Where there is an error, p is as it was.
func (p *Pack) Reindex(ctx context.Context, m Mending) (losses []string, err error) {
	defer mapped.PanicOnFault()()
	defer mapped.CatchFault(&err)
	m.Memory, m.Workers = cmp.Or(m.Memory, DefaultMemory), max(m.Workers, 1)
	if len(p.data) < packHeader+p.format.Size() {
		return nil, errors.New("this is no pack file, or it is cut off")
	}
	end, index, damage := p.end, p.Index, p.Damage
	defer func() {
		if err != nil {
			p.end, p.Index, p.Damage = end, index, damage
		}
	}()
	p.end = uint64(len(p.data))
	var checking conc.WaitGroup // which hands on a panic
	var trailer, fault error
	checking.Go(func() { fault = mapped.Guard(func() error { trailer = p.checkTrailer(); return nil }) })
	newVisitor, seen := func() Visitor { return Onlooker{} }, func(*Pack, []uint32) {}
	if m.Screen != nil {
		newVisitor, seen = m.Screen()
	}
	var order []uint32
	s, err := p.findPieces(ctx, m)
	if err == nil {
		order, err = s.identify(ctx, m, newVisitor)
	}
	checking.Wait()
	if err := cmp.Or(err, fault); err != nil {
		return nil, err
	}
	positions := make([]uint32, len(order))
	for position, i := range order {
		positions[i] = uint32(position)
	}
	seen(p, positions)
	p.Damage = cmp.Or(p.checkHead(), trailer)
	for _, g := range s.gaps {
		losses = append(losses, g.String())
	}
	return losses, nil
}

// Lacking are the bases of deltas that Reindex did not find.
func (p *Pack) Lacking() []oid.ID { return p.lacking }

// WriteIndex writes an idx that Reindex has made beside its pack, in place of any that is there: all of it or, should the
// process be killed or the disk be full, nothing. Of a pack in which objects have no name, git could make nothing.
func (p *Pack) WriteIndex() error {
	if p.Damage != nil || len(p.lacking) > 0 {
		return nil // the report says so
	}
	// As git calls them; who makes a mirror removes those that were left.
	way := wholefile.Way{Beside: "tmp_idx_", Mode: 0o400}
	if err := wholefile.Replace(strings.TrimSuffix(p.Path, ".pack")+".idx", p.Index.data, way); err != nil {
		return fmt.Errorf("writing the idx: %w", err)
	}
	return nil
}

// findPieces finds the entries of the pack.
func (p *Pack) findPieces(ctx context.Context, m Mending) (*salvage, error) {
	// An honest pack has a hundred bytes and more for an entry, so a large one may take more than a small one: one
	// byte for each of its own, no more.
	most := int(min(max(m.Memory, int64(len(p.data)))/pieceMemory, math.MaxUint32-1))
	s := &salvage{pack: p, tries: triesBytes, allowed: &allowance{}}
	s.allowed.allow(uint64(len(p.data)))
	if err := s.lookAhead(m.Workers, most, cmp.Or(m.ahead, aheadBytes),
		func() bool { return ctx.Err() != nil }); err != nil {
		return nil, err
	}
	if err := s.find(ctx, most); err != nil {
		return nil, err
	}
	s.known = nil
	if len(s.pieces.from) == 0 && len(s.gaps) > 0 {
		return nil, errors.New("no entry of the pack can be read")
	}
	return s, nil
}

// identify computes the ids of the pieces, in a walk that others look on, and gives the pack its idx. order tells for
// each position in that which piece stands there.
func (s *salvage) identify(ctx context.Context, m Mending, newVisitor func() Visitor) (order []uint32, err error) {
	p := s.pack
	if _, err := s.index(); err != nil {
		return nil, err
	}
	layout, err := NewLayout(p, m.Workers)
	if err != nil {
		return nil, err
	}
	walk := &Walk{Layout: layout, Kinds: AllKinds, Margin: m.Margin, Workers: m.Workers, Memory: m.Memory,
		Resolve: m.Resolve}
	n := &naming{format: p.format}
	if err := n.run(ctx, walk, newVisitor); err != nil {
		return nil, err
	}
	s.pieces.ids, p.lacking = n.ids, nil
	for id := range n.waiting {
		p.lacking = append(p.lacking, oid.FromBytes([]byte(id)))
	}
	return s.index()
}

// index gives the pack an idx of its pieces, as far as they have ids.
func (s *salvage) index() (order []uint32, err error) {
	p := s.pack
	s.pieces.nameless(p.format)
	data, order := s.pieces.idx(p.format, p.data[len(p.data)-p.format.Size():])
	if p.Index, err = ParseIndex(data, p.format); err != nil {
		err = fmt.Errorf("internal error: the idx made anew: %w", err)
	}
	return order, err
}

// Onlooker is a visitor for whom the walk alone counts.
type Onlooker struct{}

func (Onlooker) Visit(*Object) Mark                      { return 0 }
func (Onlooker) Stream(*Object, uint64, io.Reader) error { return nil }
func (Onlooker) Failed(*Pack, int, error)                {}

// checkTrailer recomputes the checksum that ends a pack. With a sound idx nobody asks for it: the CRC-32s in there
// tell which object is damaged.
func (p *Pack) checkTrailer() error {
	h := p.format.Hash()
	end := len(p.data) - h.Size()
	h.Write(p.data[:end])
	if !bytes.Equal(h.Sum(nil), p.data[end:]) {
		return errors.New("the checksum at the end of the pack does not match")
	}
	return nil
}

// NamelessID stands for the id of an entry that could not be identified: zeros, and where it begins in its pack.
func NamelessID(offset uint64, f oid.Format) (id oid.ID) {
	binary.BigEndian.PutUint64(id[f.Size()-8:], offset)
	return id
}

// IsNameless tells whether an id is one of those.
func IsNameless(id oid.ID, f oid.Format) bool {
	return bytes.Equal(id[:f.Size()-8], make([]byte, f.Size()-8))
}
