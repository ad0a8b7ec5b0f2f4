package pack

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"skleak/scanner/git/deltas/deltatest"
	"skleak/scanner/git/oid"
)

// version is an object of a pack, and what it is to be.
type version struct {
	id      oid.ID
	content []byte
}

// writeVersions makes chains of deltas, more bytes than a Reader ever keeps: each version is the one before it
// with other bytes at its head and its end.
func writeVersions(m *maker, r *rand.Rand) (all []version) {
	const chains, links, size = 4, 40, mostBases / 64
	for range chains {
		content := make([]byte, size+r.IntN(size/4))
		for i := range content {
			content[i] = byte(r.Uint32())
		}
		last := m.object(Blob, content)
		all = append(all, version{m.entries[last].id, content})
		for range links {
			head, end := byte(r.Uint32()), bytes.Repeat([]byte{byte(r.Uint32())}, 1+r.IntN(100))
			base := len(content)
			delta := deltatest.Make(uint64(base), uint64(base+len(end)), deltatest.Insert(string([]byte{head})),
				deltatest.CopyOf(1, base-1), deltatest.Insert(string(end)))
			content = slices.Concat([]byte{head}, content[1:], end)
			last = m.ofs(m.id(Blob, content), last, delta)
			all = append(all, version{m.entries[last].id, content})
		}
	}
	return all
}

// borrow borrows objects, one of them twice, and gives them back one by one while others are read.
func borrow(t *testing.T, r *Reader, p *Pack, any func() version, readAnother func()) {
	t.Helper()
	var wanted []version
	var loans []Loan
	for range 4 {
		wanted = append(wanted, any())
	}
	wanted = append(wanted, wanted[0])
	for _, v := range wanted {
		loan, err := r.Borrow(p, find(t, p, v.id))
		if err != nil {
			t.Fatal(err)
		}
		loans = append(loans, loan)
	}
	for i := range loans {
		for range 30 {
			readAnother()
		}
		for j := i; j < len(loans); j++ {
			if !bytes.Equal(loans[j].Content, wanted[j].content) {
				t.Fatalf("borrowed: %x is not what it should be", wanted[j].id[:4])
			}
		}
		loans[i].GiveBack()
		loans[i].GiveBack() // which it was already
	}
}

// TestLoanIsUsedAgain: the memory of what was borrowed and given back is used for others.
func TestLoanIsUsedAgain(t *testing.T) {
	m := &maker{}
	all := writeVersions(m, rand.New(rand.NewPCG(3, 4)))
	p := m.open(t, 2)
	var r Reader
	pass := func(done func(*Loan)) (bytes uint64) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for _, v := range all {
			loan, err := r.Borrow(p, find(t, p, v.id))
			if err != nil {
				t.Fatal(err)
			}
			done(&loan)
		}
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	pass((*Loan).GiveBack) // a first time, to have memory that can be used again
	givenBack := pass((*Loan).GiveBack)
	for _, c := range r.bases.young {
		if c.lent != 0 {
			t.Fatalf("lent to %d", c.lent)
		}
	}
	if kept := pass(func(*Loan) {}); givenBack > kept/4 {
		t.Errorf("%d bytes were made for %d objects that were given back, and %d for those that were not", givenBack, len(all), kept)
	}
}

// TestReaderUsesMemoryAgain reads more objects than a Reader keeps, in any order, from within one another too. What
// was read stays as it was, whoever holds it.
func TestReaderUsesMemoryAgain(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	m := &maker{}
	all := writeVersions(m, random)
	p := m.open(t, 2)
	var r Reader
	var held []version // as it was read
	visit := func(v version, inside func()) {
		err := r.Visit(p, find(t, p, v.id), func(_ Kind, content []byte) {
			inside()
			if !bytes.Equal(content, v.content) {
				t.Fatalf("visited: %x is not what it should be", v.id[:4])
			}
		}, func(Kind, uint64, io.Reader) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
	}
	any := func() version { return all[random.IntN(len(all))] }
	for round := range 300 {
		switch round % 10 {
		case 0:
			v := any()
			_, content, err := r.Read(p, find(t, p, v.id))
			if err != nil || !bytes.Equal(content, v.content) {
				t.Fatalf("read: %x is not what it should be (%v)", v.id[:4], err)
			}
			held = append(held, version{v.id, content})
		case 1:
			visit(any(), func() {
				for range 60 {
					visit(any(), func() {})
				}
			})
		case 2:
			borrow(t, &r, p, any, func() { visit(any(), func() {}) })
		default:
			visit(any(), func() {})
		}
	}
	for _, h := range held {
		if i := slices.IndexFunc(all, func(v version) bool { return v.id == h.id }); !bytes.Equal(h.content, all[i].content) {
			t.Errorf("%x was written over", h.id[:4])
		}
	}
	if r.bases.most != mostBases {
		t.Errorf("%d bytes are kept of chains that are read in no order, want %d", r.bases.most, mostBases)
	}
	memory, kept := 0, r.bases.memory.kept
	for _, pieces := range r.bases.memory.free {
		for _, piece := range pieces {
			memory += cap(piece)
		}
	}
	if memory == 0 || memory > mostBases || memory != kept[0]+kept[1] {
		t.Errorf("%d bytes of memory wait to be used again", memory)
	}
}

// damage changes the last byte of an entry.
func (m *maker) damage(entry int) {
	packed := m.entries[entry].bytes
	packed[len(packed)-1] ^= 1
}

// TestCopiesOfBases has a chain of deltas whose beginning is damaged. What hangs on an object that can be had elsewhere
// is built on that, and all else is named, once.
func TestCopiesOfBases(t *testing.T) {
	text := [][]byte{[]byte("the base"), []byte("the base, one"), []byte("the base, one, two"), []byte("the base, one, two, three")}
	m := &maker{}
	chain := []int{m.object(Blob, text[0])}
	for i := range 3 {
		more := string(text[i+1][len(text[i]):])
		delta := deltatest.Make(uint64(len(text[i])), uint64(len(text[i+1])), deltatest.CopyOf(0, len(text[i])), deltatest.Insert(more))
		chain = append(chain, m.ofs(m.id(Blob, text[i+1]), chain[i], delta))
	}
	m.damage(chain[0])
	p := m.open(t, 2)
	for name, c := range map[string]struct {
		copies []int // in the chain
		kind   Kind
		failed int // of the chain, from its beginning
	}{
		"none": {nil, Blob, 4}, "of the first": {[]int{0}, Blob, 1}, "of the second": {[]int{1}, Blob, 2},
		"of the last": {[]int{3}, Blob, 4}, "of another kind": {[]int{0, 1, 2}, Tree, 4},
	} {
		for _, workers := range []int{1, 3} {
			resolve := func(id oid.ID) (Kind, []byte, error) {
				for _, i := range c.copies {
					if id == m.entries[chain[i]].id {
						return c.kind, text[i], nil
					}
				}
				return 0, nil, errors.New("no copy")
			}
			r := walked(t, p, Walk{Resolve: resolve, Workers: workers, Kinds: Kinds(Blob)})
			for i, entry := range chain {
				at := find(t, p, m.entries[entry].id)
				if failed := len(r.failed[at]) > 0; failed != (i < c.failed) {
					t.Errorf("a copy %s: object %d: failed %v", name, i, r.failed[at])
				} else if !failed && !slices.Equal(r.content[at], text[i]) {
					t.Errorf("a copy %s: object %d is %q", name, i, r.content[at])
				}
			}
		}
	}
}

// TestManyDamagedBases: other copies are looked for a limited number of times, and what is beyond that is named.
func TestManyDamagedBases(t *testing.T) {
	m := &maker{}
	for i := range mostCopies + 100 {
		base := m.object(Blob, fmt.Append(nil, "base ", i))
		size := len(fmt.Append(nil, "base ", i))
		m.ofs(anyID(i), base, deltatest.Make(uint64(size), uint64(size+1), deltatest.CopyOf(0, size), deltatest.Insert("!")))
		m.damage(base)
	}
	p, asked := m.open(t, 2), 0
	resolve := func(oid.ID) (Kind, []byte, error) { asked++; return 0, nil, errors.New("no copy") }
	if r := walked(t, p, Walk{Resolve: resolve}); len(r.failed) != p.Index.Len() || asked != mostCopies {
		t.Errorf("%d failed of %d, %d copies asked for", len(r.failed), p.Index.Len(), asked)
	}
}
