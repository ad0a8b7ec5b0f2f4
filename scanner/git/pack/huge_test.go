package pack

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"skleak/scanner/git/deltas/deltatest"
	"skleak/scanner/git/oid"
)

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
	child := add(m.ofs(anyID(1), root, deltatest.Make(size, uint64(len(changed)), deltatest.CopyOf(1<<20, 8<<20), deltatest.Insert("changed"), deltatest.CopyOf(0, 10<<20), deltatest.CopyOf(10<<20, 10<<20))), changed)
	again := slices.Concat(changed[8<<20-3:8<<20+20], changed[:9<<20])
	add(m.ofs(anyID(2), child, deltatest.Make(uint64(len(changed)), uint64(len(again)), deltatest.CopyOf(8<<20-3, 23), deltatest.CopyOf(0, 9<<20))), again)
	add(m.ofs(anyID(3), child, deltatest.Make(uint64(len(changed)), 7, deltatest.CopyOf(8<<20, 7))), []byte("changed"))
	small := add(m.object(Blob, big[:5<<20]), big[:5<<20])
	grown := slices.Repeat(big[:5<<20], 7)
	var seven [][]byte
	for range 7 {
		seven = append(seven, deltatest.CopyOf(0, 5<<20))
	}
	tall := add(m.ofs(anyID(4), small, deltatest.Make(5<<20, uint64(len(grown)), seven...)), grown)
	add(m.ofs(anyID(5), tall, deltatest.Make(uint64(len(grown)), 10, deltatest.CopyOf(5<<20-5, 10))), grown[5<<20-5:5<<20+5])
	broken := m.ofs(anyID(6), root, deltatest.Make(size, 9, deltatest.Insert("8 bytes.")))
	onBroken := m.ofs(anyID(7), broken, deltatest.Make(9, 1, deltatest.CopyOf(0, 1)))
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
