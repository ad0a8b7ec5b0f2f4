package deltas

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"skleak/scanner/git/deltas/deltatest"
)

// plainDelta is a second reading of the format, with nothing in mind but being right.
func plainDelta(base, delta []byte) ([]byte, error) {
	r := bytes.NewReader(delta)
	bad := errors.New("bad delta")
	size := func() uint64 {
		n, err := binary.ReadUvarint(r)
		if err != nil {
			return 1 << 63
		}
		return n
	}
	from, to := size(), size()
	if from != uint64(len(base)) || to > 1<<32 {
		return nil, bad
	}
	var result []byte
	for r.Len() > 0 && uint64(len(result)) <= to {
		op, _ := r.ReadByte()
		if op == 0 || op < 0x80 && r.Len() < int(op) {
			return nil, bad
		}
		if op < 0x80 {
			text := make([]byte, op)
			r.Read(text)
			result = append(result, text...)
			continue
		}
		var number [8]byte // four bytes of offset, three of size
		for bit := range 7 {
			if op&(1<<bit) == 0 {
				continue
			}
			b, err := r.ReadByte()
			if err != nil {
				return nil, bad
			}
			number[bit] = b
		}
		offset, length := uint64(binary.LittleEndian.Uint32(number[:])), uint64(binary.LittleEndian.Uint32(number[4:]))
		if length == 0 {
			length = 1 << 16
		}
		if offset+length > from {
			return nil, bad
		}
		result = append(result, base[offset:offset+length]...)
	}
	if uint64(len(result)) != to {
		return nil, bad
	}
	return result, nil
}

// checkDirty holds the dirty ranges of a good delta against what they promise: in order, apart, inside; and whatever
// is no longer than margin+1 and lies in none was copied whole.
func checkDirty(base, result, instructions []byte, margin int, dirty []Range) error {
	for i, r := range dirty {
		if r.From < 0 || r.From >= r.To && len(result) > 0 && margin > 0 || r.To > len(result) || i > 0 && r.From <= dirty[i-1].To {
			return fmt.Errorf("range %d of %v, of a result of %d bytes", i, dirty, len(result))
		}
	}
	origin := originOf(instructions) // where in the base each byte comes from
	clean := func(from, to int) bool {
		i, _ := slices.BinarySearchFunc(dirty, from, func(r Range, at int) int {
			if r.To <= at {
				return -1
			}
			return 1
		})
		return i == len(dirty) || dirty[i].From > from || dirty[i].To < to
	}
	for length := 1; length <= margin+1; length++ {
		for from := 0; from+length <= len(result); from++ {
			if !clean(from, from+length) {
				continue
			}
			for at := from; at < from+length; at++ {
				if origin[at] < 0 || origin[at] != origin[from]+at-from {
					return fmt.Errorf("bytes %d to %d are not one copy of the base, and in no range of %v", from, from+length, dirty)
				}
			}
			if !bytes.Equal(result[from:from+length], base[origin[from]:origin[from]+length]) {
				return errors.New("a copy does not equal its origin")
			}
		}
	}
	return nil
}

// checkEdges holds what ApplyEdges makes against the result: it has what is inserted, and both ends of each copy.
func checkEdges(base, result, instructions []byte, edge int) error {
	got := bytes.Repeat([]byte{0xee}, len(result))
	ApplyEdges(got, base, instructions, edge)
	at := 0
	for len(instructions) > 0 {
		i, rest, _ := Cut(instructions)
		for n := range i.N {
			if isEdge := i.Inserts || n < edge || n >= i.N-edge; isEdge && got[at+n] != result[at+n] {
				return fmt.Errorf("byte %d of the edges is %x, wanted %x", at+n, got[at+n], result[at+n])
			}
		}
		at += i.N
		instructions = rest
	}
	return nil
}

// originOf tells for each byte of the result where it stands in the base; -1 for what is inserted.
func originOf(instructions []byte) (origin []int) {
	for len(instructions) > 0 {
		i, rest, _ := Cut(instructions)
		for at := range i.N {
			if i.Inserts {
				origin = append(origin, -1)
			} else {
				origin = append(origin, i.Offset+at)
			}
		}
		instructions = rest
	}
	return origin
}

// randomDelta makes instructions of all kinds: long and short copies, some right behind the one before,
// insertions, the whole base.
func randomDelta(r *rand.Rand, base []byte) (whole []byte) {
	var all [][]byte
	size, at := 0, 0
	for range r.IntN(12) {
		if r.IntN(3) == 0 || len(base) == 0 {
			text := string(bytes.Repeat([]byte{byte('A' + r.IntN(26))}, 1+r.IntN(20)))
			all, size = append(all, deltatest.Insert(text)), size+len(text)
			continue
		}
		if r.IntN(3) > 0 || at == len(base) {
			at = r.IntN(len(base))
		}
		n := 1 + r.IntN(min(40, len(base)-at))
		all, size, at = append(all, deltatest.CopyOf(at, n)), size+n, at+n
	}
	return deltatest.Make(uint64(len(base)), uint64(size), all...)
}

func TestDirtyRanges(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		base := make([]byte, r.IntN(100))
		for i := range base {
			base[i] = byte('a' + r.IntN(26))
		}
		whole := randomDelta(r, base)
		want, err := plainDelta(base, whole)
		if err != nil {
			t.Fatal(err)
		}
		_, size, instructions, err := Sizes(whole)
		if err != nil {
			t.Fatal(err)
		}
		result, margin := make([]byte, size), r.IntN(12)
		dirty, err := Apply(result, base, instructions, margin, nil)
		if err != nil || !bytes.Equal(result, want) {
			t.Fatalf("delta %x: %q, wanted %q, %v", whole, result, want, err)
		}
		if err := checkDirty(base, result, instructions, margin, dirty); err != nil {
			t.Fatalf("delta %x, margin %d: %v", whole, margin, err)
		}
		if err := checkFresh(base, result, instructions, margin, dirty); err != nil {
			t.Fatalf("delta %x, margin %d: %v", whole, margin, err)
		}
	}
}

// checkFresh holds what AppendFresh finds without the result against what the result holds in its dirty ranges.
func checkFresh(base, result, instructions []byte, margin int, dirty []Range) error {
	want := []byte("kept")
	for _, r := range dirty {
		want = append(want, result[r.From:r.To]...)
	}
	got, ends, err := AppendFresh([]byte("kept"), base, instructions, len(result), Margin{Bytes: margin})
	if err != nil || !bytes.Equal(got, want) {
		return fmt.Errorf("fresh is %q, wanted %q, %v", got, want, err)
	}
	if !bytes.HasPrefix(base, result[:ends.Head]) || !bytes.HasSuffix(base, result[len(result)-ends.Tail:]) {
		return fmt.Errorf("the first %d bytes are not those of the base, or the last %d", ends.Head, ends.Tail)
	}
	if err := checkEdges(base, result, instructions, margin); err != nil {
		return err
	}
	for _, part := range []Range{{0, 5}, {0, len(result)}, {len(result) / 2, len(result)}, {len(result) / 3, len(result) / 2}, {0, 0}} {
		part.To = min(part.To, len(result))
		if got := AppendPart([]byte("kept"), base, instructions, ends, part.From, part.To); string(got) != "kept"+string(result[part.From:part.To]) {
			return fmt.Errorf("the part from %d to %d is %q", part.From, part.To, got)
		}
	}
	return nil
}

// The end of a result is read from where AppendFresh found it to begin, all else from the first instruction on.
func TestPartsOfALongResult(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	base := make([]byte, 4<<10)
	for i := range base {
		base[i] = byte(r.Uint32())
	}
	for range 20 {
		var instructions []byte
		for range 40 + r.IntN(80) {
			if r.IntN(3) == 0 {
				instructions = append(instructions, deltatest.Insert(fmt.Sprint("new ", r.Uint64()))...)
			}
			from := r.IntN(len(base) - 200)
			instructions = append(instructions, deltatest.CopyOf(from, 1+r.IntN(199))...)
		}
		size, err := ResultSize(instructions)
		if err != nil {
			t.Fatal(err)
		}
		result := make([]byte, size)
		if _, err := Apply(result, base, instructions, 3, nil); err != nil {
			t.Fatal(err)
		}
		_, ends, err := AppendFresh(nil, base, instructions, len(result), Margin{Bytes: 3})
		if left := len(result) - ends.lateAt; err != nil || left < lateLength || left > lateLength+200 {
			t.Fatalf("the end begins %d bytes before the last one, %v", left, err)
		}
		for from := range result {
			to := from + r.IntN(len(result)-from+1)
			if got := AppendPart(nil, base, instructions, ends, from, to); !bytes.Equal(got, result[from:to]) {
				t.Fatalf("the part from %d to %d of %d is another", from, to, len(result))
			}
		}
	}
}

// What has pieces shorter than the margin on both sides, or one instruction behind the other, comes out whole.
func TestFresh(t *testing.T) {
	base := []byte("abcdefghijklmnopqrstuvwxyz0123456789")
	for _, c := range []struct {
		instructions [][]byte
		want         string
	}{
		{[][]byte{deltatest.CopyOf(0, 36)}, ""},
		{[][]byte{deltatest.CopyOf(0, 10), deltatest.CopyOf(10, 26)}, ""},
		{[][]byte{deltatest.CopyOf(0, 10), deltatest.Insert("X"), deltatest.CopyOf(10, 10)}, "hijXklm"},
		{[][]byte{deltatest.CopyOf(0, 10), deltatest.Insert("X"), deltatest.CopyOf(10, 2), deltatest.CopyOf(20, 2), deltatest.Insert("Y"), deltatest.CopyOf(30, 5)}, "hijXkluvY456"},
		{[][]byte{deltatest.CopyOf(0, 10), deltatest.Insert("X"), deltatest.Insert("Y"), deltatest.Insert("Z"), deltatest.CopyOf(0, 10)}, "hijXYZabc"},
		{[][]byte{deltatest.CopyOf(0, 1), deltatest.CopyOf(5, 1), deltatest.CopyOf(9, 1), deltatest.CopyOf(13, 1), deltatest.CopyOf(20, 10)}, "afjnuvw"},
		{[][]byte{deltatest.CopyOf(0, 10), deltatest.CopyOf(20, 7), deltatest.CopyOf(0, 10)}, "hijuvwy" + "z0abc"},
		{[][]byte{deltatest.CopyOf(8, 2), deltatest.CopyOf(10, 2), deltatest.Insert("X"), deltatest.CopyOf(0, 1), deltatest.CopyOf(1, 1), deltatest.CopyOf(2, 1), deltatest.CopyOf(3, 9)}, "jklXabc"},
		{[][]byte{deltatest.Insert("X")}, "X"},
	} {
		instructions := slices.Concat(c.instructions...)
		size, err := ResultSize(instructions)
		if err != nil {
			t.Fatal(err)
		}
		if got, _, err := AppendFresh(nil, base, instructions, int(size), Margin{Bytes: 3}); err != nil || string(got) != c.want {
			t.Errorf("%x: %q, wanted %q, %v", instructions, got, c.want, err)
		}
	}
}

// Both readings of a copy instruction agree, wherever the data ends.
func TestCutCopy(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for op := 0x80; op <= 0xff; op++ {
		for length := 1; length <= 12; length++ {
			data := make([]byte, length)
			for i := range data {
				data[i] = byte(r.IntN(256) * r.IntN(2))
			}
			data[0] = byte(op)
			i, rest, ok := Cut(data)
			plain, plainRest, plainOK := cutCopy(data)
			if i != plain || len(rest) != len(plainRest) || ok != plainOK {
				t.Errorf("%x: %+v, %d bytes left, %v; byte by byte %+v, %d, %v", data, i, len(rest), ok, plain, len(plainRest), plainOK)
			}
		}
	}
}

// What is dirty is worth its name: a delta that copies in order has no ranges, and one inserted byte makes one.
func TestCleanRanges(t *testing.T) {
	base := make([]byte, 1000)
	for _, c := range []struct {
		instructions [][]byte
		want         []Range
	}{
		{[][]byte{deltatest.CopyOf(0, 1000)}, nil},
		{[][]byte{deltatest.CopyOf(0, 500), deltatest.CopyOf(500, 500)}, nil},
		{[][]byte{deltatest.CopyOf(500, 500)}, nil},
		{[][]byte{deltatest.CopyOf(0, 500), deltatest.CopyOf(501, 499)}, []Range{{490, 510}}},
		{[][]byte{deltatest.CopyOf(0, 500), deltatest.Insert("x"), deltatest.CopyOf(500, 500)}, []Range{{490, 511}}},
		{[][]byte{deltatest.Insert("x"), deltatest.CopyOf(0, 1000)}, []Range{{0, 11}}},
		{[][]byte{deltatest.CopyOf(0, 1000), deltatest.Insert("x")}, []Range{{990, 1001}}},
		{[][]byte{deltatest.CopyOf(0, 100), deltatest.CopyOf(0, 5), deltatest.CopyOf(0, 100)}, []Range{{90, 115}}},
		{[][]byte{deltatest.CopyOf(0, 100), deltatest.CopyOf(0, 21), deltatest.CopyOf(0, 100)}, []Range{{90, 110}, {111, 131}}},
	} {
		instructions := slices.Concat(c.instructions...)
		size, err := ResultSize(instructions)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Apply(make([]byte, size), base, instructions, 10, nil)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%x: %v, wanted %v, %v", instructions, got, c.want, err)
		}
	}
}

// A delta of nothing but seams must not cost many times the memory of what it makes.
func TestRangesAreBounded(t *testing.T) {
	base := make([]byte, 100)
	instructions := slices.Repeat(slices.Concat(deltatest.CopyOf(0, 50), deltatest.CopyOf(10, 50)), 100_000)
	result := make([]byte, 100*100_000)
	dirty, err := Apply(result, base, instructions, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(dirty) != maxRanges {
		t.Errorf("%d ranges", len(dirty))
	}
	if last := dirty[len(dirty)-1]; last.To < len(result)-51 {
		t.Errorf("the last range %v does not reach the last seam of %d bytes", last, len(result))
	}
}

// Copies of 64 KB are written without a size.
func TestCopyOfNoSize(t *testing.T) {
	base := make([]byte, 1<<17)
	base[1<<16] = 1
	for _, size := range []int{1, 255, 256, 1<<16 - 1, 1 << 16, 1<<16 + 1, 1 << 17} {
		got, err := Patch(base, deltatest.Make(1<<17, uint64(size), deltatest.CopyOf(1<<17-size, size)), 1<<20, memory)
		if err != nil || !bytes.Equal(got, base[1<<17-size:]) {
			t.Errorf("%d: %v", size, err)
		}
	}
}

// deltaSeeds are bases with deltas, good and bad.
func deltaSeeds() (seeds [][2][]byte) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 20 {
		base := make([]byte, r.IntN(100))
		seeds = append(seeds, [2][]byte{base, randomDelta(r, base)})
	}
	base := []byte("some base text")
	n := uint64(len(base))
	for _, bad := range [][]byte{
		{}, {0x80}, deltatest.Make(n, 0), deltatest.Make(n, 5), deltatest.Make(n, 1, []byte{0}), deltatest.Make(n, 1<<40, deltatest.CopyOf(0, 1)),
		deltatest.Make(n, 20, deltatest.CopyOf(10, 20)), deltatest.Make(n, 5, []byte{5, 'h'}), deltatest.Make(n, 5, []byte{0xff, 1}), deltatest.Make(n+1, 1, deltatest.Insert("x")),
	} {
		seeds = append(seeds, [2][]byte{base, bad})
	}
	return seeds
}

func TestDeltaSeeds(t *testing.T) {
	good := 0
	for _, seed := range deltaSeeds() {
		if _, err := plainDelta(seed[0], seed[1]); err == nil {
			good++
		}
	}
	if bad := len(deltaSeeds()) - good; good < 10 || bad < 5 {
		t.Errorf("%d good seeds and %d bad ones", good, bad)
	}
}

func FuzzDelta(f *testing.F) {
	for _, seed := range deltaSeeds() {
		f.Add(seed[0], seed[1], byte(7))
	}
	f.Fuzz(func(t *testing.T, base, delta []byte, margin byte) {
		if len(base) > 1<<16 || len(delta) > 1<<10 {
			return
		}
		want, wantErr := plainDelta(base, delta)
		got, err := Patch(base, delta, 1<<20, memory)
		if _, size, instructions, headErr := Sizes(delta); headErr == nil && size < 1<<20 {
			fresh, _, freshErr := AppendFresh(nil, base, instructions, int(size), Margin{Bytes: int(margin % 16)})
			_, plainErr := Apply(make([]byte, size), base, instructions, 0, nil)
			if (freshErr != nil) != (plainErr != nil) || len(fresh) > int(size) {
				t.Fatalf("%d bytes without building, %v; %v", len(fresh), freshErr, plainErr)
			}
		}
		if (err != nil) != (wantErr != nil) || err == nil && !bytes.Equal(got, want) {
			t.Fatalf("%d bytes, %v; wanted %d, %v", len(got), err, len(want), wantErr)
		}
		if err != nil || len(got) > 1<<12 {
			return
		}
		_, _, instructions, _ := Sizes(delta)
		dirty, err := Apply(make([]byte, len(got)), base, instructions, int(margin%16), nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := checkDirty(base, got, instructions, int(margin%16), dirty); err != nil {
			t.Fatal(err)
		}
		if err := checkFresh(base, got, instructions, int(margin%16), dirty); err != nil {
			t.Fatal(err)
		}
	})
}

func BenchmarkApplyDelta(b *testing.B) {
	base := make([]byte, 64<<10)
	instructions := slices.Concat(deltatest.CopyOf(0, 20_000), deltatest.Insert("a line that was added"), deltatest.CopyOf(20_000, 12_000), deltatest.CopyOf(32_100, 33_000))
	size, err := ResultSize(instructions)
	if err != nil {
		b.Fatal(err)
	}
	result := make([]byte, size)
	var dirty []Range
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		if dirty, err = Apply(result, base, instructions, 7, dirty[:0]); err != nil {
			b.Fatal(err)
		}
	}
}

func memory(n int) []byte { return make([]byte, n) }
