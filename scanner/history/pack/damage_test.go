package pack

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"skleak/scanner/history/oid"
)

// small is a pack of every kind of entry, in families that a damage can hit alone.
func small(f oid.Format) *maker {
	m := &maker{format: f}
	text := strings.Repeat("a text of some length. ", 4)
	n := uint64(len(text))
	longer := delta(n, n+1, copyOf(0, int(n)), insert("!"))
	base := m.object(Blob, []byte(text))
	one := m.ofs(m.id(Blob, []byte(text+"!")), base, longer)
	m.ofs(m.id(Blob, []byte(text+"!?")), one, delta(n+1, n+2, copyOf(0, int(n+1)), insert("?")))
	m.object(Commit, []byte("tree and message"))
	m.object(Tag, []byte("object and message"))
	far := m.object(Blob, []byte("far"+text))
	m.ref(m.id(Blob, []byte("far")), m.entries[far].id, delta(n+3, 3, copyOf(0, 3)))
	m.object(Tree, []byte("100644 name\x00aaaaaaaaaaaaaaaaaaaa"))
	m.object(Blob, nil)
	return m
}

// outcome is what a walk over a damaged pack said about each object, by id.
type outcome struct {
	opened  bool
	noticed bool // something was said of the pack as a whole
	content map[oid.ID][]byte
	failed  map[oid.ID][]error
}

// survey opens and walks a pack of these bytes, in memory.
func survey(t *testing.T, packed, idx []byte, f oid.Format) (o outcome) {
	t.Helper()
	p := &Pack{data: packed, format: f}
	var err error
	if p.Index, err = ParseIndex(idx, f); err == nil {
		err = p.checkHeader()
	}
	if err != nil {
		return outcome{noticed: true}
	}
	o = outcome{opened: true, content: map[oid.ID][]byte{}, failed: map[oid.ID][]error{}}
	l, err := NewLayout(p, 1)
	if err != nil {
		o.noticed = true
		return o
	}
	r := newRecord()
	walkInto(t, p, Walk{Layout: l, Workers: 1, Resolve: missing}, r)
	o.noticed = p.Damage != nil || p.Index.VerifyChecksum() != nil
	for i := range p.Index.Len() {
		id := oid.FromBytes(p.Index.ID(i))
		if got := r.visits[i] + len(r.failed[i]); got != 1 {
			t.Fatalf("object %x: %d visits, failures %v", id, r.visits[i], r.failed[i])
		}
		if r.failed[i] != nil {
			o.failed[id] = r.failed[i]
		} else {
			o.content[id] = r.content[i]
		}
	}
	return o
}

// damaged runs try on copies of data with one byte changed in each of several ways.
func damaged(data []byte, at int, try func([]byte)) {
	for _, bits := range []byte{1, 0x80, 0xff} {
		changed := slices.Clone(data)
		changed[at] ^= bits
		try(changed)
	}
}

// hit returns the entries that a change at an offset of the pack damages: the one that stands there, and all on it.
func (m *maker) hit(at int) (hit []oid.ID) {
	below := map[int][]int{0: {1, 2}, 1: {2}, 5: {6}} // of small
	for i, e := range m.entries {
		if uint64(at) >= e.offset && uint64(at) < e.offset+uint64(len(e.bytes)) {
			hit = append(hit, e.id)
			for _, b := range below[i] {
				hit = append(hit, m.entries[b].id)
			}
		}
	}
	return hit
}

// Each byte of a pack matters to one entry and those built on it, and to no other. Idx v2 notices every change,
// v1 every change of content.
func TestEveryByteOfAPack(t *testing.T) {
	for _, f := range []oid.Format{oid.SHA1, oid.SHA256} {
		for _, version := range []int{1, 2} {
			m := small(f)
			packed := m.pack()
			idx := m.idx(version, packed)
			whole := survey(t, packed, idx, f)
			if len(whole.content) != len(m.entries) || whole.noticed {
				t.Fatalf("unharmed: %v", whole)
			}
			for at := range packed {
				damaged(packed, at, func(changed []byte) {
					got := survey(t, changed, idx, f)
					hit := m.hit(at)
					if !got.opened {
						t.Errorf("version %d, byte %d: it was not opened", version, at)
					}
					if isVersion3 := at == 7 && changed[7] == 3; len(hit) == 0 && !got.noticed && !isVersion3 {
						t.Errorf("version %d, byte %d: it was not noticed", version, at)
					}
					for _, e := range m.entries {
						_, failed := got.failed[e.id]
						isHit := slices.Contains(hit, e.id)
						same := bytes.Equal(got.content[e.id], whole.content[e.id])
						if failed && !isHit || !failed && !same || version == 2 && isHit && !failed {
							t.Errorf("version %d, byte %d: %x failed %v, hit %v, as before %v: %v", version, at, e.id[:4], failed, isHit, same, got.failed[e.id])
						}
					}
				})
			}
		}
	}
}

// A change of an idx is noticed, and costs the object it is about and those built on it.
func TestEveryByteOfAnIdx(t *testing.T) {
	for _, version := range []int{1, 2} {
		m := small(oid.SHA1)
		packed := m.pack()
		idx := m.idx(version, packed)
		whole := survey(t, packed, idx, oid.SHA1)
		var contents [][]byte
		for _, c := range whole.content {
			contents = append(contents, c)
		}
		for at := range idx {
			damaged(idx, at, func(changed []byte) {
				got := survey(t, packed, changed, oid.SHA1)
				if !got.noticed {
					t.Errorf("version %d, byte %d: it was not noticed", version, at)
				}
				if fatal := at < 8 && version == 2 || !got.opened && bytes.Equal(changed[:4], []byte(idxMagic)); !got.opened && !fatal && !isLastCount(at, version) {
					t.Errorf("version %d, byte %d: it was not opened", version, at)
				}
				lost := 0
				for _, want := range contents {
					if !slices.ContainsFunc(slices.Collect(maps.Values(got.content)), func(c []byte) bool { return bytes.Equal(c, want) }) {
						lost++
					}
				}
				if got.opened && lost > 3 { // the largest family
					t.Errorf("version %d, byte %d: %d contents are lost: %v", version, at, lost, got.failed)
				}
				for _, c := range got.content {
					if !slices.ContainsFunc(contents, func(want []byte) bool { return bytes.Equal(c, want) }) {
						t.Errorf("version %d, byte %d: %q is no content of the pack", version, at, c)
					}
				}
			})
		}
	}
}

// isLastCount is true for the bytes that say how many objects there are: nothing else in an idx says where its parts begin.
func isLastCount(at, version int) bool {
	if version == 2 {
		at -= 8
	}
	return at >= idxFanout-4 && at < idxFanout
}

// Wherever a pack is cut off, what stands before the cut is still read.
func TestCutPack(t *testing.T) {
	m := small(oid.SHA1)
	packed := m.pack()
	for _, version := range []int{1, 2} {
		idx := m.idx(version, packed)
		for size := range packed {
			got := survey(t, packed[:size], idx, oid.SHA1)
			if !got.noticed || got.opened != (size >= packHeader+20) {
				t.Errorf("cut to %d: noticed %v, opened %v", size, got.noticed, got.opened)
			}
			for i, e := range m.entries {
				if _, ok := got.content[e.id]; got.opened && ok != (e.offset+uint64(len(e.bytes)) <= uint64(size)) {
					t.Errorf("version %d, cut to %d: entry %d, up to %d, read: %v, %v", version, size, i, e.offset+uint64(len(e.bytes)), ok, got.failed[e.id])
				}
			}
		}
	}
}

func TestCutIdx(t *testing.T) {
	for _, f := range []oid.Format{oid.SHA1, oid.SHA256} {
		m := small(f)
		packed := m.pack()
		for _, version := range []int{1, 2} {
			idx := m.idx(version, packed)
			for size := range idx {
				if got := survey(t, packed, idx[:size], f); !got.noticed {
					t.Errorf("version %d, cut to %d: it was not noticed", version, size)
				}
			}
		}
	}
}

// The idx of another pack, with as many objects or not.
func TestSwappedIdx(t *testing.T) {
	one, two, three := &maker{}, &maker{}, small(oid.SHA1)
	for i := range 5 {
		one.object(Blob, []byte(fmt.Sprintf("text %d of the first", i)))
		two.object(Blob, []byte(fmt.Sprintf("another, %d of the second", i)))
	}
	for _, version := range []int{1, 2} {
		if got := survey(t, one.pack(), two.idx(version, two.pack()), oid.SHA1); !got.noticed || version == 2 && len(got.content) > 0 {
			t.Errorf("version %d: %v", version, got)
		}
		if got := survey(t, one.pack(), three.idx(version, three.pack()), oid.SHA1); got.opened {
			t.Errorf("version %d, another count: %v", version, got)
		}
		if got := survey(t, one.pack(), one.idx(version, one.pack()), oid.SHA256); got.opened && len(got.content) > 0 {
			t.Errorf("version %d, another format: %v", version, got)
		}
	}
}

// An offset that cannot be, or is said of two objects, is one object's trouble.
func TestBadOffsets(t *testing.T) {
	for name, off := range map[string]uint64{
		"in the header": 4, "at the end": 1 << 16, "beyond 4 GB": 1 << 40, "beyond everything": 1<<64 - 1,
		"of another": 0, "of the first": packHeader,
	} {
		for _, version := range []int{1, 2} {
			if version == 1 && off > 1<<32 {
				continue
			}
			m := &maker{}
			var last int
			for i := range 5 {
				last = m.object(Blob, []byte(fmt.Sprintf("text number %d", i)))
			}
			on := m.ofs(anyID(1), last, delta(13, 2, insert("on")))
			packed := m.pack()
			if off == 0 {
				off = m.entries[1].offset
			}
			bad := m.entries[3]
			m.entries[3].offset = off
			got := survey(t, packed, m.idx(version, packed), oid.SHA1)
			for i, e := range m.entries {
				_, failed := got.failed[e.id]
				if version == 2 && failed != (i == 3) || i == on && failed {
					t.Errorf("%s, version %d: entry %d: %v", name, version, i, got.failed[e.id])
				}
			}
			if version == 1 && len(got.failed) != 1 { // which of two is at one offset, only its content tells
				t.Errorf("%s, version 1: %v", name, got.failed)
			}
			m.entries[3] = bad
		}
	}
}

// Damage anywhere in a larger pack is always noticed, and what is not touched by it is read as before.
func TestRandomDamage(t *testing.T) {
	m := &maker{}
	r := rand.New(rand.NewPCG(5, 6))
	parents := map[int]int{}
	for i := range 400 {
		text := strings.Repeat(fmt.Sprintf("%d ", r.IntN(1000)), 5+r.IntN(40))
		if i < 10 || i%20 == 0 {
			m.object(Blob, []byte(text))
			continue
		}
		base := r.IntN(i)
		parents[i] = base
		m.ofs(anyID(i), base, delta(0, 0)) // sizes are put right below
	}
	rebuild(m, parents)
	packed := m.pack()
	idx := m.idx(2, packed)
	whole := survey(t, packed, idx, oid.SHA1)
	if len(whole.failed) > 0 {
		t.Fatal(whole.failed)
	}
	for range 60 {
		at := r.IntN(len(packed))
		changed := slices.Clone(packed)
		changed[at] ^= byte(1 + r.IntN(255))
		got := survey(t, changed, idx, oid.SHA1)
		hit := map[int]bool{}
		for i, e := range m.entries {
			base, isDelta := parents[i]
			hit[i] = uint64(at) >= e.offset && uint64(at) < e.offset+uint64(len(e.bytes)) || isDelta && hit[base]
			if _, failed := got.failed[e.id]; failed != hit[i] || !failed && !bytes.Equal(got.content[e.id], whole.content[e.id]) {
				t.Errorf("byte %d: entry %d failed: %v, wanted %v", at, i, got.failed[e.id], hit[i])
			}
		}
		if !got.noticed && len(got.failed) == 0 {
			t.Errorf("byte %d was not noticed", at)
		}
	}
}

// rebuild writes a maker's entries anew: the deltas append their number to their base.
func rebuild(m *maker, parents map[int]int) {
	old := m.entries
	sizes := make([]int, len(old))
	m.entries, m.end = nil, 0
	for i, e := range old {
		base, isDelta := parents[i]
		if !isDelta {
			m.raw(e.id, e.bytes)
			sizes[i] = int(e.bytes[0]&15) + int(e.bytes[1])<<4 // below 2 KB
			continue
		}
		more := fmt.Sprintf(" %d", i)
		sizes[i] = sizes[base] + len(more)
		m.ofs(e.id, base, delta(uint64(sizes[base]), uint64(sizes[i]), copyOf(0, sizes[base]), insert(more)))
	}
}

// damageSeeds are packs with their idx, whole and damaged.
func damageSeeds() (seeds [][2][]byte) {
	for _, version := range []int{1, 2} {
		m := small(oid.SHA1)
		packed := m.pack()
		idx := m.idx(version, packed)
		seeds = append(seeds, [2][]byte{packed, idx}, [2][]byte{packed[:len(packed)/2], idx}, [2][]byte{packed, idx[:len(idx)/2]})
		m.entries[2].offset = m.entries[1].offset
		seeds = append(seeds, [2][]byte{packed, m.idx(version, packed)})
		circle := &maker{}
		circle.ref(anyID(1), anyID(2), delta(0, 0))
		circle.ref(anyID(2), anyID(1), delta(0, 0))
		seeds = append(seeds, [2][]byte{circle.pack(), circle.idx(version, circle.pack())})
	}
	return seeds
}

// FuzzPack walks a pack of any bytes. Checksums and CRCs that only tell damage from the original are put right, so that the
// fuzzer comes past them.
func FuzzPack(f *testing.F) {
	for _, seed := range damageSeeds() {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, packed, idx []byte) {
		if len(packed) > 1<<16 || len(idx) > 1<<16 {
			return
		}
		x, err := ParseIndex(bytes.Clone(idx), oid.SHA1)
		if err != nil {
			return
		}
		p := &Pack{Index: x, data: packed, format: oid.SHA1}
		if len(packed) < packHeader+20 || x.Len() > 1000 {
			return
		}
		p.end = uint64(len(packed) - 20)
		mendCRCs(p)
		l, err := NewLayout(p, 2)
		if err != nil {
			t.Fatal(err)
		}
		r := newRecord()
		w := Walk{Layout: l, Kinds: AllKinds, Workers: 2, Margin: 7, Resolve: missing, Memory: 1 << 20}
		if err := w.Run(context.Background(), func() Visitor { return r }); err != nil {
			t.Fatal(err)
		}
		reader := Reader{Resolve: missing}
		for i := range x.Len() {
			if got := r.visits[i] + len(r.failed[i]); got != 1 {
				t.Fatalf("object %d: %d visits, failures %v", i, r.visits[i], r.failed[i])
			}
			if _, data, err := reader.Read(p, i); r.visits[i] > 0 && (err != nil || !bytes.Equal(data, r.content[i])) {
				if _, vouched := x.CRC(i); vouched && err != nil { // Read holds it against Adler-32 in place of the CRC-32
					continue
				}
				t.Fatalf("object %d: %q in the walk, %q alone, %v", i, r.content[i], data, err)
			}
		}
	})
}

// mendCRCs makes the idx vouch for whatever stands in the pack.
func mendCRCs(p *Pack) {
	if p.Index.crcs == nil {
		return
	}
	type place struct {
		offset   uint64
		position int
	}
	var places []place
	for i := range p.Index.Len() {
		places = append(places, place{min(p.Index.Offset(i), p.end), i})
	}
	slices.SortFunc(places, func(a, b place) int { return cmp.Compare(a.offset, b.offset) })
	for i, at := range places {
		end := p.end
		if i+1 < len(places) {
			end = places[i+1].offset
		}
		binary.BigEndian.PutUint32(p.Index.crcs[4*at.position:], crcOf(p.data[at.offset:end]))
	}
}

func TestDamageSeeds(t *testing.T) {
	whole := 0
	for _, seed := range damageSeeds() {
		if p, err := openBytes(t, seed[0], seed[1], oid.SHA1); err == nil && p.Damage == nil {
			whole++
		}
	}
	if whole < 4 || len(damageSeeds())-whole < 4 {
		t.Errorf("%d of %d seeds are whole", whole, len(damageSeeds()))
	}
}
