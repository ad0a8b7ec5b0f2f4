package pack

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"testing"

	"skleak/scanner/git/oid"
)

// anyDelta is a delta of random copies and insertions, and what it makes of base.
func anyDelta(r *rand.Rand, base []byte) (d, result []byte) {
	var instructions [][]byte
	for range 1 + r.IntN(12) {
		if r.IntN(3) == 0 || len(base) == 0 {
			text := fmt.Sprintf("<%d>", r.Uint32())
			instructions, result = append(instructions, insert(text)), append(result, text...)
			continue
		}
		at := r.IntN(len(base))
		n := 1 + r.IntN(min(len(base)-at, 5000))
		instructions, result = append(instructions, copyOf(at, n)), append(result, base[at:at+n]...)
	}
	return delta(uint64(len(base)), uint64(len(result)), instructions...), result
}

// TestPatchwork reads chains of random deltas in windows of many sizes, from a source that is held and from one that
// is inflated.
func TestPatchwork(t *testing.T) {
	r := rand.New(rand.NewPCG(41, 42))
	for round := range 300 {
		content := make([]byte, r.IntN(20_000))
		for i := range content {
			content[i] = byte(r.Uint32())
		}
		work, data := wholeOf(uint64(len(content))), content
		for range r.IntN(6) {
			d, result := anyDelta(r, data)
			var err error
			if work, err = work.patched(d, 1<<30); err != nil {
				t.Fatal(err)
			}
			data = result
		}
		spent := uint64(0)
		packed := source{packed: deflate(content), spend: func(n uint64) error { spent += n; return nil }}
		for _, s := range []*source{{data: slices.Concat(content, []byte{0})}, &packed} {
			got, err := io.ReadAll(&patchReader{work: work, source: s, window: make([]byte, 1+r.IntN(3000))})
			if err != nil || !bytes.Equal(got, data) {
				t.Fatalf("round %d: %v, %d bytes of %d", round, err, len(got), len(data))
			}
		}
		packed.close()
		if work.size() != uint64(len(data)) || spent > 0 && len(content) == 0 {
			t.Fatalf("%d bytes, spent %d", work.size(), spent)
		}
	}
}

// TestPatchworkIsBounded: a delta of a delta that says the same bytes over and over makes spans without end.
func TestPatchworkIsBounded(t *testing.T) {
	work := wholeOf(1000)
	var all [][]byte
	for i := range 100 {
		all = append(all, copyOf(i*10, 7))
	}
	size := uint64(1000)
	var err error
	for range 40 {
		n := uint64(700)
		if size != 1000 {
			all, n = [][]byte{copyOf(0, int(size)), copyOf(0, int(size))}, 2*size
		}
		var next *patchwork
		if next, err = work.patched(delta(size, n, all...), 1<<20); err != nil {
			break
		}
		work, size = next, n
	}
	if err == nil || work.memory() > 1<<20 {
		t.Errorf("%v, %d bytes", err, work.memory())
	}
	for _, bad := range [][]byte{delta(size+1, 1, insert("x")), delta(size, 2, insert("x")), delta(size, 1, []byte{0}), delta(size, 5, copyOf(int(size), 5)), {0x80}} {
		if _, err := work.patched(bad, 1<<30); err == nil {
			t.Errorf("%x: no error", bad)
		}
	}
}

// TestHugeFamily walks blobs that do not fit into memory, with all that is built on them and on what grows beyond it.
func TestHugeFamily(t *testing.T) {
	const memory, size = 24 << 20, 30 << 20
	r := rand.New(rand.NewPCG(43, 44))
	big := make([]byte, size)
	for i := 0; i < size; i += 64 {
		big[i] = byte(r.Uint32())
	}
	m := &maker{}
	want := map[oid.ID][]byte{}
	add := func(n int, content []byte) int { want[m.entries[n].id] = content; return n }
	root := add(m.object(Blob, big), big)
	changed := slices.Concat(big[1<<20:9<<20], []byte("changed"), big[:20<<20])
	child := add(m.ofs(anyID(1), root, delta(size, uint64(len(changed)), copyOf(1<<20, 8<<20), insert("changed"), copyOf(0, 10<<20), copyOf(10<<20, 10<<20))), changed)
	again := slices.Concat(changed[8<<20-3:8<<20+20], changed[:9<<20])
	add(m.ofs(anyID(2), child, delta(uint64(len(changed)), uint64(len(again)), copyOf(8<<20-3, 23), copyOf(0, 9<<20))), again)
	add(m.ofs(anyID(3), child, delta(uint64(len(changed)), 7, copyOf(8<<20, 7))), []byte("changed"))
	small := add(m.object(Blob, big[:5<<20]), big[:5<<20])
	grown := slices.Repeat(big[:5<<20], 7)
	var seven [][]byte
	for range 7 {
		seven = append(seven, copyOf(0, 5<<20))
	}
	tall := add(m.ofs(anyID(4), small, delta(5<<20, uint64(len(grown)), seven...)), grown)
	add(m.ofs(anyID(5), tall, delta(uint64(len(grown)), 10, copyOf(5<<20-5, 10))), grown[5<<20-5:5<<20+5])
	broken := m.ofs(anyID(6), root, delta(size, 9, insert("8 bytes.")))
	onBroken := m.ofs(anyID(7), broken, delta(9, 1, copyOf(0, 1)))
	tree := m.object(Tree, big)
	for _, version := range []int{1, 2} {
		p := m.open(t, version)
		rec := walked(t, p, Walk{Memory: memory, Workers: 2})
		expect(t, m, p, rec, broken, onBroken, tree)
		for id, content := range want {
			if got := rec.content[find(t, p, id)]; !bytes.Equal(got, content) {
				t.Errorf("version %d: %x has %d bytes, not the %d it should have", version, id[:4], len(got), len(content))
			}
		}
	}
}
