package pack

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"skleak/scanner/git/deltas/deltatest"
	"skleak/scanner/git/oid"
)

// small is a pack of every kind of entry, in families that a damage can hit alone.
func small(f oid.Format) *maker {
	m := &maker{format: f}
	text := strings.Repeat("a text of some length. ", 4)
	n := uint64(len(text))
	longer := deltatest.Make(n, n+1, deltatest.CopyOf(0, int(n)), deltatest.Insert("!"))
	base := m.object(Blob, []byte(text))
	one := m.ofs(m.id(Blob, []byte(text+"!")), base, longer)
	m.ofs(m.id(Blob, []byte(text+"!?")), one, deltatest.Make(n+1, n+2, deltatest.CopyOf(0, int(n+1)), deltatest.Insert("?")))
	m.object(Commit, []byte("tree and message"))
	m.object(Tag, []byte("object and message"))
	far := m.object(Blob, []byte("far"+text))
	m.ref(m.id(Blob, []byte("far")), m.entries[far].id, deltatest.Make(n+3, 3, deltatest.CopyOf(0, 3)))
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

// isLastCount is true for the bytes that say how many objects there are: nothing else in an idx says where its parts
// begin.
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

// An idx that does not know what the pack begins with is not that of the pack, whatever both of them declare.
func TestIdxWithoutTheFirst(t *testing.T) {
	for leftOut := range 4 {
		for _, version := range []int{1, 2} {
			m := &maker{}
			for i := range 3 {
				m.object(Blob, []byte(fmt.Sprintf("text number %d", i)))
			}
			packed := m.pack()
			m.entries = m.entries[leftOut:]
			x, err := ParseIndex(m.idx(version, packed), oid.SHA1)
			if err != nil {
				t.Fatal(err)
			}
			p := &Pack{data: packed, Index: x}
			if err := p.checkHeader(); err != nil {
				t.Fatal(err)
			}
			if err := p.CheckIndex(); (err != nil) != (leftOut > 0) {
				t.Errorf("version %d, %d left out: %v", version, leftOut, err)
			}
		}
	}
}

// Where the idx has an id twice, git may take the other one for the base of a delta: that is told, and it is read all the same.
func TestRepeatedBase(t *testing.T) {
	for _, repeated := range []bool{false, true} {
		m := &maker{}
		base := m.id(Blob, []byte("a base"))
		m.object(Blob, []byte("a base"))
		if repeated {
			m.raw(base, slices.Concat(entryHead(Blob, 6), deflate([]byte("a lie!"))))
		}
		on := m.id(Blob, []byte("a"))
		m.ref(on, base, deltatest.Make(6, 1, deltatest.CopyOf(0, 1)))
		p := m.open(t, 2)
		l, err := NewLayout(p, 1)
		if err != nil {
			t.Fatal(err)
		}
		r := newRecord()
		walkInto(t, p, Walk{Layout: l, Workers: 1, Resolve: missing}, r)
		at, _ := p.Index.Find(on[:20])
		if r.visits[at] != 1 || len(r.failed[at]) > 0 != repeated {
			t.Errorf("repeated %v: %d visits, failures %v", repeated, r.visits[at], r.failed[at])
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
			on := m.ofs(anyID(1), last, deltatest.Make(13, 2, deltatest.Insert("on")))
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
		m.ofs(anyID(i), base, deltatest.Make(0, 0)) // sizes are put right below
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
		m.ofs(e.id, base, deltatest.Make(uint64(sizes[base]), uint64(sizes[i]), deltatest.CopyOf(0, sizes[base]), deltatest.Insert(more)))
	}
}

// fuzzed is a pack of any entries: body is cut into them at gaps, and the idx vouches for each.
func fuzzed(body, gaps []byte) *maker {
	m := &maker{}
	for i := 0; len(body) > 0; i++ {
		n := len(body)
		if i < len(gaps) {
			n = min(n, int(gaps[i])+1)
		}
		m.raw(anyID(i), body[:n])
		body = body[n:]
	}
	return m
}

// fuzzSeeds are bodies with gaps: entries of all kinds, chains, circles, and what is broken.
func fuzzSeeds() (seeds [][2][]byte) {
	same := deltatest.Make(5, 5, deltatest.CopyOf(0, 5))
	for _, build := range []func(m *maker){
		func(m *maker) { m.object(Blob, []byte("hello")) },
		func(m *maker) {
			m.ofs(anyID(1), m.object(Tree, []byte("hello")), deltatest.Make(5, 6, deltatest.CopyOf(1, 4), deltatest.Insert("no")))
		},
		func(m *maker) { m.ref(anyID(0), anyID(1), same); m.object(Commit, []byte("hello")) },
		func(m *maker) { m.ref(anyID(0), anyID(1), same); m.ref(anyID(1), anyID(0), same) },
		func(m *maker) { m.ref(anyID(0), anyID(9), same); m.ofs(anyID(1), 0, same) },
		func(m *maker) {
			at := m.object(Tag, []byte("hello"))
			for range 5 {
				at = m.ofs(anyID(1), at, same)
			}
		},
		func(m *maker) { m.raw(anyID(0), entryHead(Blob, 1<<60)); m.raw(anyID(1), []byte{0x70}) },
	} {
		m := &maker{}
		build(m)
		var body, gaps []byte
		for _, e := range m.entries {
			body, gaps = append(body, e.bytes...), append(gaps, byte(len(e.bytes)-1))
		}
		seeds = append(seeds, [2][]byte{body, gaps})
	}
	return seeds
}

func TestFuzzSeeds(t *testing.T) {
	visits, failures := 0, 0
	for _, seed := range fuzzSeeds() {
		r := walked(t, fuzzed(seed[0], seed[1]).open(t, 2), Walk{Resolve: missing})
		visits, failures = visits+len(r.visits), failures+len(r.failed)
	}
	if visits != 11 || failures != 6 {
		t.Errorf("%d visits and %d failures", visits, failures)
	}
}

// FuzzPack walks a pack of any entries, and reads each of them alone: both must agree.
func FuzzPack(f *testing.F) {
	for _, seed := range fuzzSeeds() {
		f.Add(seed[0], seed[1], false)
		f.Add(seed[0], seed[1], true)
	}
	f.Fuzz(func(t *testing.T, body, gaps []byte, one bool) {
		if len(body) > 1<<12 {
			return
		}
		version := 2
		if one {
			version = 1
		}
		m := fuzzed(body, gaps)
		packed := m.pack()
		x, err := ParseIndex(m.idx(version, packed), oid.SHA1)
		if err != nil {
			t.Fatal(err)
		}
		p := &Pack{Index: x, data: packed}
		if err := p.checkHeader(); err != nil {
			t.Fatal(err)
		}
		r := walked(t, p, Walk{Margin: 7, Workers: 2, Resolve: missing})
		reader := Reader{Resolve: missing}
		for i := range x.Len() {
			kind, data, err := reader.Read(p, i)
			switch {
			case err == nil && r.visits[i] > 0 && (kind != r.kinds[i] || !bytes.Equal(data, r.content[i])):
				t.Fatalf("object %d: %s %q in the walk, %s %q alone", i, r.kinds[i], r.content[i], kind, data)
			case err != nil && r.visits[i] > 0 && one:
				t.Fatalf("object %d was visited: %v", i, err)
			}
		}
	})
}

// The head of an entry is read as it was written, and never from outside the pack.
func FuzzEntry(f *testing.F) {
	for _, seed := range fuzzSeeds() {
		f.Add(seed[0])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p := &Pack{data: append(make([]byte, 100), data...), end: 100 + uint64(len(data))}
		e, err := p.entryAt(100)
		if err != nil {
			return
		}
		again := entryHead(e.kind, e.size)
		switch e.kind {
		case ofsDelta:
			again = append(again, distance(100-e.base)...)
		case refDelta:
			again = append(again, e.baseID...)
		}
		if e.stream > p.end || e.base != 0 && (e.base < packHeader || e.base >= 100) {
			t.Fatalf("%+v lies outside", e)
		}
		// A size may be spelled with more bytes than it takes.
		if got := data[:e.stream-100]; len(again) > len(got) || len(again) == len(got) && !bytes.Equal(again, got) {
			t.Fatalf("%x was read as %+v, which is %x", got, e, again)
		}
	})
}
