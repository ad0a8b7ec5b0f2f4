package deltas

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"testing"

	"skleak/scanner/git/deltas/deltatest"
)

// anyDelta is a delta of random copies and insertions, and what it makes of base.
func anyDelta(r *rand.Rand, base []byte) (d, result []byte) {
	var instructions [][]byte
	for range 1 + r.IntN(12) {
		if r.IntN(3) == 0 || len(base) == 0 {
			text := fmt.Sprintf("<%d>", r.Uint32())
			instructions, result = append(instructions, deltatest.Insert(text)), append(result, text...)
			continue
		}
		at := r.IntN(len(base))
		n := 1 + r.IntN(min(len(base)-at, 5000))
		instructions, result = append(instructions, deltatest.CopyOf(at, n)), append(result, base[at:at+n]...)
	}
	return deltatest.Make(uint64(len(base)), uint64(len(result)), instructions...), result
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
		work, data := Whole(uint64(len(content))), content
		for range r.IntN(6) {
			d, result := anyDelta(r, data)
			var err error
			if work, err = work.Patched(d, 1<<30); err != nil {
				t.Fatal(err)
			}
			data = result
		}
		spent := uint64(0)
		packed := Source{Packed: deflate(t, content), Spend: func(n uint64) error { spent += n; return nil }}
		for _, s := range []*Source{{Data: slices.Concat(content, []byte{0})}, &packed} {
			got, err := io.ReadAll(&PatchReader{Work: work, Source: s, Window: make([]byte, 1+r.IntN(3000))})
			if err != nil || !bytes.Equal(got, data) {
				t.Fatalf("round %d: %v, %d bytes of %d", round, err, len(got), len(data))
			}
		}
		packed.Close()
		if work.Size() != uint64(len(data)) || spent > 0 && len(content) == 0 {
			t.Fatalf("%d bytes, spent %d", work.Size(), spent)
		}
	}
}

// TestPatchworkIsBounded: a delta of a delta that says the same bytes over and over makes spans without end.
func TestPatchworkIsBounded(t *testing.T) {
	work := Whole(1000)
	var all [][]byte
	for i := range 100 {
		all = append(all, deltatest.CopyOf(i*10, 7))
	}
	size := uint64(1000)
	var err error
	for range 40 {
		n := uint64(700)
		if size != 1000 {
			all, n = [][]byte{deltatest.CopyOf(0, int(size)), deltatest.CopyOf(0, int(size))}, 2*size
		}
		var next *Patchwork
		if next, err = work.Patched(deltatest.Make(size, n, all...), 1<<20); err != nil {
			break
		}
		work, size = next, n
	}
	if err == nil || work.Memory() > 1<<20 {
		t.Errorf("%v, %d bytes", err, work.Memory())
	}
	for _, bad := range [][]byte{deltatest.Make(size+1, 1, deltatest.Insert("x")), deltatest.Make(size, 2, deltatest.Insert("x")), deltatest.Make(size, 1, []byte{0}), deltatest.Make(size, 5, deltatest.CopyOf(int(size), 5)), {0x80}} {
		if _, err := work.Patched(bad, 1<<30); err == nil {
			t.Errorf("%x: no error", bad)
		}
	}
}

func deflate(t *testing.T, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
