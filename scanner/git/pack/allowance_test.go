package pack

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"time"

	"skleak/scanner/git/deltas/deltatest"
	"skleak/scanner/scantest"
)

// bombPack is a base of zeros, and so many deltas that each copy all of it, with a child that makes it small again;
// and a few honest objects. It returns the bombs and the children.
func bombPack(size, bombs int) (m *maker, made, children []int) {
	m = &maker{}
	m.object(Blob, []byte("before the bombs"))
	base := m.raw(anyID(-1), slices.Concat(entryHead(Blob, uint64(size)), zeros(int64(size))))
	var all [][]byte
	for at := 0; at < size; at += 1 << 23 {
		all = append(all, deltatest.CopyOf(at, min(1<<23, size-at)))
	}
	grow := slices.Concat(append([][]byte{deltatest.Make(uint64(size), uint64(size))}, all...)...)
	for i := range bombs {
		bomb := m.ofs(anyID(2*i), base, grow)
		made = append(made, bomb)
		children = append(children, m.ofs(anyID(2*i+1), bomb, deltatest.Make(uint64(size), 2, deltatest.CopyOf(7, 2))))
	}
	m.object(Blob, []byte("behind the bombs"))
	return m, made, children
}

// TestAllowance: what is out of proportion is made until the allowance is gone, and then named; the rest is read.
func TestAllowance(t *testing.T) {
	const size, bombs, allowed = 1 << 20, 40, 10 << 20
	m, made, children := bombPack(size, bombs)
	p := m.open(t, 2)
	r := newRecord()
	r.forget = true
	walkInto(t, p, Walk{Workers: 1, allowed: allowed}, r)
	named := 0
	for i, bomb := range made {
		failed := r.failed[find(t, p, m.entries[bomb].id)]
		var is *BombError
		if len(failed) > 0 && errors.As(failed[0], &is) {
			named++
		}
		if child := r.failed[find(t, p, m.entries[children[i]].id)]; len(failed) != len(child) {
			t.Errorf("bomb %d: %v, its child: %v", i, failed, child)
		}
	}
	if named < bombs-allowed/size || named > bombs-allowed/size+2 {
		t.Errorf("%d bombs of %d are named", named, bombs)
	}
	if got := len(r.visits); got != len(m.entries)-2*named {
		t.Errorf("%d objects of %d were visited", got, len(m.entries))
	}
}

// TestAllowanceOfReader is the same for a chain that is read alone, and for a pack without an idx.
func TestAllowanceOfReader(t *testing.T) {
	const size = 1 << 20
	m := &maker{}
	last := m.object(Blob, make([]byte, size))
	for i := range 40 {
		last = m.ofs(anyID(i), last, deltatest.Make(size, size, deltatest.CopyOf(0, size)))
	}
	p := m.open(t, 2)
	r := Reader{allowance: &allowance{}}
	r.allowance.left.Store(10 << 20)
	var bomb *BombError
	if _, _, err := r.Read(p, find(t, p, m.entries[last].id)); !errors.As(err, &bomb) {
		t.Errorf("reading the end of the chain: %v", err)
	}
	s := &salvage{pack: &Pack{data: slices.Concat([]byte("PACK........"), bytes.Repeat(slices.Concat(entryHead(Blob, size), zeros(size)), 40))}, tries: triesBytes, allowed: &allowance{}}
	s.pack.end = uint64(len(s.pack.data))
	s.allowed.left.Store(10 << 20)
	if err := s.find(t.Context(), 1000); err != nil || len(s.pieces.from) != 10 || len(s.gaps) != 1 {
		t.Errorf("%d pieces, gaps %v, %v", len(s.pieces.from), s.gaps, err)
	}
}

// TestHostileBombs walks a pack that makes terabytes of some hundred kilobytes, each object small enough to be held,
// and one that inflates to gigabytes: bounded in time and memory, and the honest objects are read.
func TestHostileBombs(t *testing.T) {
	const memory = 64 << 20
	m, _, _ := bombPack(12<<20, scantest.Sample(40, 30_000))
	inflated := scantest.Sample[int64](64<<20, 2<<30)
	m.raw(anyID(-2), slices.Concat(entryHead(Blob, uint64(inflated)), zeros(inflated)))
	p := m.open(t, 2)
	r := &discard{record: newRecord()}
	start := time.Now()
	got := peak(func() { walkPast(t, p, Walk{Memory: memory, Workers: 2}, r) })
	t.Logf("%d bytes of pack, %d objects: %d read, %d named, in %v, %d MB of memory",
		len(p.data), len(m.entries), len(r.visits), len(r.failed), time.Since(start).Round(time.Millisecond), got>>20)
	if got > 2*memory {
		t.Errorf("%d MB of memory", got>>20)
	}
	for _, honest := range []int{0, len(m.entries) - 2} {
		if r.visits[find(t, p, m.entries[honest].id)] != 1 {
			t.Errorf("object %d was not read", honest)
		}
	}
}

// walkPast shows all objects of a pack to a visitor.
func walkPast(t *testing.T, p *Pack, w Walk, v Visitor) {
	t.Helper()
	l, err := NewLayout(p, 1)
	if err != nil {
		t.Fatal(err)
	}
	w.Layout, w.Kinds = l, AllKinds
	if err := w.Run(t.Context(), func() Visitor { return v }); err != nil {
		t.Fatal(err)
	}
}
