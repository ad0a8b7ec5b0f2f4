package inflate

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/adler32"
	"testing"
)

// fuzzLimit bounds the content that fuzzing asks for.
const fuzzLimit = 1 << 17

// fuzzSeeds are whole streams of each kind, and the odd ones of handmade.
func fuzzSeeds(t testing.TB) (seeds [][]byte) {
	for _, size := range []int{0, 1, 30, 300, 3000} {
		for _, content := range contents(size) {
			for _, level := range []int{zlib.NoCompression, zlib.DefaultCompression, zlib.HuffmanOnly} {
				seeds = append(seeds, deflated(t, content, level))
			}
		}
	}
	for _, c := range handmade() {
		seeds = append(seeds, c.stream)
	}
	return seeds
}

func TestFuzzSeeds(t *testing.T) {
	whole := 0
	for _, seed := range fuzzSeeds(t) {
		if content, taken, ok := standard(seed, fuzzLimit); ok {
			whole++
			checkEverySize(t, seed, len(content))
			for end := range min(len(seed), 400) + 1 {
				checkRoom(t, seed, end, len(content))
			}
			checkRoom(t, seed, taken+trailerSize, len(content))
			checkRoom(t, seed, taken+trailerSize, len(content)+1)
			checkWithin(t, seed, content, taken, ok, len(content)+1)
			checkWithin(t, seed, content, taken, ok, len(content)+40)
		}
	}
	if whole < 100 {
		t.Errorf("only %d seeds are whole streams", whole)
	}
}

// FuzzZlib holds ours against compress/flate: the same content or no acceptance by either, for the right size and
// for wrong ones.
func FuzzZlib(f *testing.F) {
	for _, seed := range fuzzSeeds(f) {
		f.Add(seed, uint16(0))
	}
	f.Fuzz(func(t *testing.T, data []byte, off uint16) {
		// Any header would do as well, but most changes to it would end the trial there.
		src := append([]byte{0x78, 0x01}, data[min(len(data), headerSize):]...)
		content, taken, whole := standard(src, fuzzLimit)
		checkEverySize(t, src, len(content))
		checkEverySize(t, src, min(int(off), fuzzLimit))
		for _, end := range []int{taken, taken - 1, int(off)} {
			checkRoom(t, src, min(end, len(src)), len(content))
			checkRoom(t, src, min(end, len(src)), min(int(off), fuzzLimit))
		}
		checkPrefix(t, src, content, whole, min(int(off), fuzzLimit))
		checkWithin(t, src, content, taken, whole, len(content))
		checkWithin(t, src, content, taken, whole, min(int(off), fuzzLimit))
	})
}

// checkWithin gives a stream its right Adler-32, and more room than it needs, or less; and then a wrong one.
func checkWithin(t testing.TB, src, content []byte, taken int, whole bool, room int) {
	t.Helper()
	if len(content) > fuzzLimit { // standard did not read to the end
		return
	}
	if whole {
		src = binary.BigEndian.AppendUint32(bytes.Clone(src[:taken]), adler32.Checksum(content))
	}
	dst, check := guarded(room)
	out, in, err := kept.Within(dst, src)
	checkKind(t, err)
	check(t)
	if accepted := whole && len(content) <= room; accepted != (err == nil) {
		t.Fatalf("%d bytes in %d, whole %t: error %v", len(content), room, whole, err)
	} else if accepted && (in != len(src) || !bytes.Equal(dst[:out], content)) {
		t.Fatalf("%d bytes of %d, took %d of %d", out, len(content), in, len(src))
	}
	if !whole {
		return
	}
	wrong := bytes.Clone(src)
	wrong[len(wrong)-1]++
	if _, _, err := kept.Within(dst, wrong); err == nil {
		t.Fatalf("a wrong Adler-32 is accepted")
	}
	if _, _, err := kept.Within(dst, src[:len(src)-1]); err == nil {
		t.Fatalf("a cut trailer is accepted")
	}
}

// kept is one decoder for all trials, so that what one stream leaves behind meets the next.
var kept Decoder

// checkEverySize declares the size, one fewer and one more.
func checkEverySize(t testing.TB, src []byte, size int) {
	t.Helper()
	for declared := max(0, size-1); declared <= size+1; declared++ {
		dst, check := guarded(declared)
		_, err := kept.Zlib(dst, src[:len(src):len(src)], false)
		checkKind(t, err)
		checkAgainstStandard(t, src, declared, dst, err)
		check(t)
	}
}

// checkRoom holds ZlibRoom against Zlib, for a stream that ends somewhere in src. What lies behind its room must stay.
func checkRoom(t testing.TB, src []byte, end, size int) {
	t.Helper()
	end = max(end, 0)
	want := make([]byte, size)
	wantN, wantErr := kept.Zlib(want, src[:end:end], false)
	for _, room := range []int{0, 1, copySlack, contentRoom, contentRoom + 9} {
		all, check := guarded(size + room)
		n, err := kept.ZlibRoom(all[:size], src[:end], false)
		check(t)
		if n != wantN || (err == nil) != (wantErr == nil) || err != nil && err.Error() != wantErr.Error() {
			t.Fatalf("room %d: took %d of %d, %v; without room %d, %v", room, n, end, err, wantN, wantErr)
		}
		if err == nil && !bytes.Equal(all[:size], want) {
			t.Fatalf("room %d: another content", room)
		}
	}
}

// checkPrefix: what is there of the content comes out, whatever is wrong behind it. Where src is cut, compress/flate
// may leave out the last literals, because it asks for as many bits as the end of the block takes; ours may then have
// more.
func checkPrefix(t testing.TB, src, content []byte, whole bool, size int) {
	t.Helper()
	dst, check := guarded(size)
	n, err := kept.Prefix(dst, src)
	checkKind(t, err)
	check(t)
	both := min(n, len(content))
	if !bytes.Equal(dst[:both], content[:both]) {
		t.Fatalf("other bytes than compress/flate's")
	}
	if want := min(size, len(content)); n < want || whole && (n > want || err != nil) {
		t.Fatalf("%d bytes of %d, error %v", n, want, err)
	}
}
