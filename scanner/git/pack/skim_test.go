package pack

import (
	"bytes"
	"slices"
	"testing"

	"skleak/scanner/git/deltas/deltatest"
	"skleak/scanner/git/oid"
)

// skims is a visitor that is shown leaves before they are built.
type skims struct {
	*record
	fresh map[int][]byte // by position
	sizes map[int]int
	whole func(position int) bool // asks for the whole object
}

// Skim implements Skimmer.
func (s *skims) Skim(o *Object, size int, fresh []byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fresh[o.Position], s.sizes[o.Position], s.kinds[o.Position] = bytes.Clone(fresh), size, o.Kind
	return s.whole(o.Position)
}

// A walk that skims leaves shows of each what the plain walk finds dirty in it, and everything else as the plain walk
// does.
func TestSkim(t *testing.T) {
	dir := history(t, oid.SHA1)
	git(t, dir, "", "repack", "-adfq", "--depth=3", "--window=50")
	p := onlyPack(t, dir, oid.SHA1)
	layout, err := NewLayout(p, 2)
	if err != nil {
		t.Fatal(err)
	}
	ranks := layout.Ranks()
	plain, dirty, marked := newRecord(), map[int][]byte{}, map[int]bool{}
	mark := func(position int) Mark {
		if position%5 == 0 {
			return 1
		}
		return 0
	}
	plain.onVisit = func(o *Object) Mark {
		if o.Delta {
			marked[o.Position] = o.BaseMark != 0
			for _, r := range o.Dirty {
				dirty[o.Position] = append(dirty[o.Position], o.Content[r.From:r.To]...)
			}
		}
		return mark(o.Position)
	}
	walkInto(t, p, Walk{Layout: layout, Margin: 7, Workers: 2}, plain)

	s := &skims{newRecord(), map[int][]byte{}, map[int]int{}, func(position int) bool { return position%3 == 0 }}
	s.onVisit = func(o *Object) Mark { return mark(o.Position) }
	w := Walk{Layout: layout, Kinds: AllKinds, Skim: Kinds(Blob, Tree), Margin: 7, Workers: 2}
	if err := w.Run(t.Context(), func() Visitor { return s }); err != nil {
		t.Fatal(err)
	}
	for i := range p.Index.Len() {
		fresh, skimmed := s.fresh[i]
		_, isDelta := marked[i]
		kind, content := plain.kinds[i], plain.content[i]
		wanted := isDelta && !marked[i] && layout.places[ranks[i]].child == none && (kind == Blob || kind == Tree) && len(content) >= skimObject
		if skimmed != wanted {
			t.Errorf("%s %d of %d bytes: skimmed %t", kind, i, len(content), skimmed)
		}
		if visits := s.visits[i]; visits != 1 && (!skimmed || s.whole(i)) || visits > 0 && !bytes.Equal(s.content[i], content) {
			t.Errorf("%s %d: %d visits, or other content", kind, i, visits)
		}
		if skimmed && (s.visits[i] > 0 != s.whole(i) || s.sizes[i] != len(content) || s.kinds[i] != kind || !bytes.Equal(fresh, dirty[i])) {
			t.Errorf("%s %d: %d visits, %d bytes, %q fresh, wanted %q", kind, i, s.visits[i], s.sizes[i], fresh, dirty[i])
		}
	}
	if len(s.fresh) < 20 {
		t.Errorf("only %d objects were skimmed", len(s.fresh))
	}
}

// A leaf whose delta is broken fails as it would when it is built.
func TestSkimBroken(t *testing.T) {
	base := bytes.Repeat([]byte("some text\n"), 200)
	n := uint64(len(base))
	m := &maker{}
	root := m.object(Blob, base)
	var broken []oid.ID
	for i, instructions := range [][]byte{
		{}, {0}, {0x80, 1}, deltatest.CopyOf(1900, 200), deltatest.CopyOf(0, 1000), slices.Concat(deltatest.CopyOf(0, 2000), deltatest.Insert("x")), {5, 'h'}, {0xff, 1},
	} {
		id := anyID(i)
		m.ofs(id, root, deltatest.Make(n, 2000, instructions))
		broken = append(broken, id)
	}
	p := m.open(t, 2)
	s := &skims{newRecord(), map[int][]byte{}, map[int]int{}, func(int) bool { return false }}
	layout, err := NewLayout(p, 1)
	if err != nil {
		t.Fatal(err)
	}
	w := Walk{Layout: layout, Kinds: AllKinds, Skim: AllKinds, Margin: 7}
	if err := w.Run(t.Context(), func() Visitor { return s }); err != nil {
		t.Fatal(err)
	}
	for _, id := range broken {
		position := find(t, p, id)
		if len(s.failed[position]) != 1 || s.fresh[position] != nil || s.visits[position] != 0 {
			t.Errorf("%s: failures %v", id.Hex(p.format), s.failed[position])
		}
	}
}

// TestSkimLarge: of a large tree all is made, within the memory that is allowed, where a blob of that size is skimmed.
func TestSkimLarge(t *testing.T) {
	for _, kind := range []Kind{Blob, Tree} {
		for _, size := range []int{skimTree - 1, skimTree} {
			base := bytes.Repeat([]byte("x"), size)
			m := &maker{}
			m.ofs(anyID(1), m.object(kind, base), deltatest.Make(uint64(size), uint64(size), deltatest.CopyOf(0, size-1), deltatest.Insert("y")))
			p := m.open(t, 2)
			s := &skims{newRecord(), map[int][]byte{}, map[int]int{}, func(int) bool { return false }}
			layout, err := NewLayout(p, 1)
			if err != nil {
				t.Fatal(err)
			}
			w := Walk{Layout: layout, Kinds: AllKinds, Skim: Kinds(Blob, Tree), Margin: 7}
			if err := w.Run(t.Context(), func() Visitor { return s }); err != nil {
				t.Fatal(err)
			}
			if skimmed := s.fresh[find(t, p, anyID(1))] != nil; skimmed != (kind == Blob || size < skimTree) {
				t.Errorf("%s of %d bytes: skimmed %t", kind, size, skimmed)
			}
		}
	}
}
