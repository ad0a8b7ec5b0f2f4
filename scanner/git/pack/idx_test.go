package pack

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"skleak/scanner/git/oid"
)

// index parses the idx of a pack that need not exist.
func (m *maker) index(t testing.TB, version int) *Index {
	t.Helper()
	x, err := ParseIndex(m.idx(version, make([]byte, 64)), m.format)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func TestIndexSaysWhatWasWritten(t *testing.T) {
	for _, f := range []oid.Format{oid.SHA1, oid.SHA256} {
		for _, version := range []int{1, 2} {
			for _, n := range []int{0, 1, 2, 255, 1000} {
				m := &maker{format: f}
				for i := range n {
					id := anyID(i)
					if f == oid.SHA256 {
						copy(id[20:], id[:])
					}
					m.entries = append(m.entries, made{id: id, offset: uint64(i*7 + 12), crc: uint32(i * 11)})
				}
				x := m.index(t, version)
				if x.Len() != n {
					t.Fatalf("%d objects, not %d", x.Len(), n)
				}
				if err := x.VerifyChecksum(); err != nil {
					t.Error(err)
				}
				for i, e := range m.entries {
					position, ok := x.Find(e.id[:f.Size()])
					if !ok || !bytes.Equal(x.ID(position), e.id[:f.Size()]) || x.Offset(position) != e.offset {
						t.Fatalf("version %d, %s: found %v at %d, offset %d", version, e.id.Hex(f), ok, position, x.Offset(position))
					}
					if crc, ok := x.CRC(position); ok != (version == 2) || ok && crc != e.crc {
						t.Errorf("entry %d: CRC %d, %v", i, crc, ok)
					}
				}
			}
		}
	}
}

// Offsets from 2 GB on stand in a table of their own; one that points outside that table is no place at all.
func TestLargeOffsets(t *testing.T) {
	offsets := []uint64{12, 1<<31 - 1, 1 << 31, 1<<32 - 1, 1 << 32, 1<<40 + 5}
	m := &maker{}
	for i, off := range offsets {
		m.entries = append(m.entries, made{id: anyID(i), offset: off})
	}
	x := m.index(t, 2)
	at := func(x *Index, i int) uint64 {
		id := anyID(i)
		position, ok := x.Find(id[:20])
		if !ok {
			t.Fatal("not found")
		}
		return x.Offset(position)
	}
	for i, want := range offsets {
		if got := at(x, i); got != want {
			t.Errorf("%d, not %d", got, want)
		}
	}
	x.large = x.large[:len(x.large)-8]
	beyond := 0
	for i, want := range offsets {
		if got := at(x, i); got == 1<<63-1 {
			beyond++
		} else if got != want {
			t.Errorf("%d, not %d", got, want)
		}
	}
	if beyond != 1 {
		t.Errorf("%d offsets are nowhere, not 1", beyond)
	}
	v1 := &maker{entries: []made{{id: anyID(0), offset: 1<<32 - 1}}}
	if got := v1.index(t, 1).Offset(0); got != 1<<32-1 {
		t.Errorf("version 1: %d", got)
	}
}

// unevenIDs are ids as no hash makes them: crowded, with long common beginnings, at both ends.
func unevenIDs(r *rand.Rand, n int) (ids []oid.ID) {
	for range n {
		var id oid.ID
		for i := range id[:20] {
			id[i] = byte(r.UintN(256))
		}
		switch r.IntN(4) {
		case 0:
			copy(id[:], make([]byte, r.IntN(20)))
		case 1:
			copy(id[:], bytes.Repeat([]byte{0xff}, r.IntN(20)))
		case 2:
			copy(id[:], "one beginning for all"[:r.IntN(20)])
		}
		ids = append(ids, id)
	}
	slices.SortFunc(ids, oid.ID.Compare)
	return slices.Compact(ids)
}

func TestFind(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 60 {
		ids := unevenIDs(r, r.IntN(2000))
		var asked []oid.ID
		m := &maker{}
		for _, id := range ids {
			asked = append(asked, id)
			if r.IntN(3) > 0 {
				m.entries = append(m.entries, made{id: id})
			}
			id[19]++
			asked = append(asked, id)
		}
		for _, version := range []int{1, 2} {
			x := m.index(t, version)
			for _, id := range asked {
				want, wantOK := slices.BinarySearchFunc(m.entries, id, func(e made, id oid.ID) int { return e.id.Compare(id) })
				if got, ok := x.Find(id[:20]); ok != wantOK || ok && got != want {
					t.Fatalf("%x: %d, %v; wanted %d, %v", id[:20], got, ok, want, wantOK)
				}
			}
		}
	}
}

// A wrong fan-out table is made anew, whether it falls or only lies.
func TestFanoutIsMended(t *testing.T) {
	m := &maker{}
	for i := range 300 {
		m.entries = append(m.entries, made{id: anyID(i)})
	}
	idx := m.idx(2, make([]byte, 64))
	r := rand.New(rand.NewPCG(9, 10))
	for range 200 {
		changed := slices.Clone(idx)
		first := r.IntN(255)
		binary.BigEndian.PutUint32(changed[8+4*first:], r.Uint32()>>r.IntN(32))
		x, err := ParseIndex(changed, oid.SHA1)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range m.entries {
			if position, ok := x.Find(e.id[:20]); !ok || !bytes.Equal(x.ID(position), e.id[:20]) {
				t.Fatalf("fan-out changed at %d: %x is not found", first, e.id[:20])
			}
		}
	}
}

// A refined idx finds what it holds, refuses what it does not, and both as before.
func TestRefine(t *testing.T) {
	const n = refinedFrom + 1000
	for _, ids := range []struct {
		name string
		id   func(i int) oid.ID
	}{
		{"even", anyID},
		{"one prefix", func(i int) oid.ID { id := anyID(i); copy(id[:], "\xff\xff\xff\xff\xff\xff\xff"); return id }},
		{"two ends", func(i int) oid.ID { id := anyID(i); copy(id[:], bytes.Repeat([]byte{byte(-(i & 1))}, 7)); return id }},
		{"low", func(i int) oid.ID { id := anyID(i); copy(id[:], []byte{0, 0, 0}); return id }},
	} {
		m := &maker{}
		for i := range n {
			m.entries = append(m.entries, made{id: ids.id(i)})
		}
		for _, version := range []int{1, 2} {
			x, err := ParseIndex(m.idx(version, make([]byte, 64)), oid.SHA1)
			if err != nil {
				t.Fatal(err)
			}
			if x.Refine(); x.refined == nil {
				t.Fatal("it is not refined")
			}
			for i := range n {
				absent := ids.id(n + i)
				x.Prefetch(absent[:20])
				if _, ok := x.Find(absent[:20]); ok {
					t.Fatalf("%s: %x is found", ids.name, absent)
				}
				if position, ok := x.Find(x.ID(i)); !ok || position != i {
					t.Fatalf("%s: the id at %d is found at %d, %t", ids.name, i, position, ok)
				}
			}
		}
	}
}

// An idx that is not in order finds no less for being refined.
func TestRefineOutOfOrder(t *testing.T) {
	m := &maker{}
	for i := range refinedFrom {
		m.entries = append(m.entries, made{id: anyID(i)})
	}
	idx := m.idx(2, make([]byte, 64))
	names := idx[8+idxFanout:]
	for _, at := range []int{0, 1000, refinedFrom - 1} { // into the middle of another byte's
		id := anyID(-1 - at)
		copy(names[20*at:], id[:20])
	}
	plain, err := ParseIndex(idx, oid.SHA1)
	if err != nil {
		t.Fatal(err)
	}
	x, err := ParseIndex(idx, oid.SHA1)
	if err != nil {
		t.Fatal(err)
	}
	x.Refine()
	found := 0
	for i := range x.Len() {
		position, ok := x.Find(x.ID(i))
		plainPosition, plainOK := plain.Find(x.ID(i))
		if plainOK && (!ok || position != plainPosition) {
			t.Fatalf("the id at %d is found at %d, %t; before at %d", i, position, ok, plainPosition)
		}
		if ok {
			found++
		}
	}
	if found < refinedFrom*9/10 {
		t.Errorf("only %d of %d ids are found", found, refinedFrom)
	}
}

// Numbers that an idx declares are held against its size before anything is made of them.
func TestIndexDeclaresTooMuch(t *testing.T) {
	m := &maker{}
	m.object(Blob, nil)
	for _, version := range []int{1, 2} {
		idx := m.idx(version, m.pack())
		head := 8 * (version - 1)
		for _, count := range []uint32{2, 3, 40, 1 << 16, 1 << 31, 1<<32 - 1} {
			changed := slices.Clone(idx)
			for first := int(m.entries[0].id[0]); first < 256; first++ {
				binary.BigEndian.PutUint32(changed[head+4*first:], count)
			}
			bounded(t, 1<<20, func() {
				if _, err := ParseIndex(changed, oid.SHA1); err == nil {
					t.Errorf("version %d, %d objects: no error", version, count)
				}
			})
		}
	}
	if _, err := ParseIndex(append([]byte(idxMagic), 0, 0, 0, 3), oid.SHA1); err == nil {
		t.Error("version 3: no error")
	}
}

func idxSeeds() (seeds [][]byte) {
	m := small(oid.SHA1)
	m.entries = append(m.entries, made{id: anyID(1), offset: 1 << 33}, made{id: anyID(2), offset: 1 << 34})
	for _, version := range []int{1, 2} {
		idx := m.idx(version, make([]byte, 64))
		seeds = append(seeds, idx, idx[:len(idx)-8], idx[:1100], (&maker{}).idx(version, make([]byte, 64)))
	}
	return seeds
}

func TestIdxSeeds(t *testing.T) {
	good := 0
	for _, seed := range idxSeeds() {
		if x, err := ParseIndex(seed, oid.SHA1); err == nil && x.VerifyChecksum() == nil {
			good++
		}
	}
	if good != 4 || len(idxSeeds()) != 8 {
		t.Errorf("%d of %d seeds are good", good, len(idxSeeds()))
	}
}

func FuzzIndex(f *testing.F) {
	for _, seed := range idxSeeds() {
		f.Add(seed, false)
		f.Add(seed, true)
	}
	f.Fuzz(func(t *testing.T, data []byte, sha256 bool) {
		format := oid.SHA1
		if sha256 {
			format = oid.SHA256
		}
		x, err := ParseIndex(data, format)
		if err != nil {
			return
		}
		_ = x.VerifyChecksum()
		_ = x.packChecksum()
		sorted := true
		for i := range x.Len() {
			x.CRC(i)
			x.Offset(i)
			sorted = sorted && (i == 0 || bytes.Compare(x.ID(i-1), x.ID(i)) < 0)
		}
		for i := range x.Len() {
			position, ok := x.Find(x.ID(i))
			if sorted && (!ok || position != i) {
				t.Fatalf("the id at %d was found at %d, %v", i, position, ok)
			}
			if ok && !bytes.Equal(x.ID(position), x.ID(i)) {
				t.Fatalf("the id at %d was found at %d, which has another", i, position)
			}
		}
		x.Find(make([]byte, format.Size()))
		x.Find(bytes.Repeat([]byte{0xff}, format.Size()))
	})
}

func TestByOffset(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	for _, most := range []uint64{1, 2, 1 << 11, 1<<11 + 1, 1 << 22, 1 << 32, 1 << 40, 1<<63 - 1} {
		for _, n := range []int{0, 1, 2, 3000} {
			type pair struct {
				key   uint64
				value uint32
			}
			var pairs []pair
			var keys []uint64
			var values []uint32
			for i := range n {
				p := pair{r.Uint64N(most), uint32(i)}
				pairs, keys, values = append(pairs, p), append(keys, p.key), append(values, p.value)
			}
			slices.SortStableFunc(pairs, func(a, b pair) int { return cmp.Compare(a.key, b.key) })
			keys, values = byOffset(keys, values)
			for i, p := range pairs {
				if keys[i] != p.key || values[i] != p.value {
					t.Fatalf("rank %d of %d below %d: %d, %d, not %v", i, n, most, keys[i], values[i], p)
				}
			}
		}
	}
}

func BenchmarkFind(b *testing.B) {
	for _, n := range []int{10_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			m := &maker{}
			for i := range n {
				m.entries = append(m.entries, made{id: anyID(i)})
			}
			x, err := ParseIndex(m.idx(2, make([]byte, 64)), oid.SHA1)
			if err != nil {
				b.Fatal(err)
			}
			for _, how := range []string{"plain", "refined"} {
				if how == "refined" {
					x.Refine()
				}
				b.Run(how, func(b *testing.B) {
					b.ReportAllocs()
					b.SetBytes(20)
					at := 0
					for b.Loop() {
						id := m.entries[at].id
						if _, ok := x.Find(id[:20]); !ok {
							b.Fatal("not found")
						}
						at = (at + 7919) % n
					}
				})
			}
		})
	}
}
