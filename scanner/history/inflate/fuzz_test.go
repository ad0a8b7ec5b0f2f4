package inflate

import (
	"bytes"
	"compress/zlib"
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
		if content, _, ok := standard(seed, fuzzLimit); ok {
			whole++
			checkEverySize(t, seed, len(content))
		}
	}
	if whole < 100 {
		t.Errorf("only %d seeds are whole streams", whole)
	}
}

// FuzzZlib holds both paths against compress/flate: the same content or no acceptance by any, for the right size and for
// wrong ones.
func FuzzZlib(f *testing.F) {
	for _, seed := range fuzzSeeds(f) {
		f.Add(seed, uint16(0))
	}
	f.Fuzz(func(t *testing.T, data []byte, off uint16) {
		// Any header would do as well, but most changes to it would end the trial there.
		src := append([]byte{0x78, 0x01}, data[min(len(data), headerSize):]...)
		content, _, _ := standard(src, fuzzLimit)
		checkEverySize(t, src, len(content))
		checkEverySize(t, src, min(int(off), fuzzLimit))
		checkPrefix(t, src, content, min(int(off), fuzzLimit))
	})
}

// decoders are kept between trials, so that what one stream leaves behind meets the next.
var decoders = []*Decoder{{}, {Plain: true}}

// checkEverySize declares the size, one fewer and one more.
func checkEverySize(t testing.TB, src []byte, size int) {
	t.Helper()
	for _, d := range decoders {
		for declared := max(0, size-1); declared <= size+1; declared++ {
			dst, check := guarded(declared)
			_, err := d.Zlib(dst, src[:len(src):len(src)], false)
			checkKind(t, err)
			checkAgainstStandard(t, src, declared, dst, err)
			check(t)
		}
	}
}

// checkPrefix: what is there of the content comes out, whatever is wrong behind it.
func checkPrefix(t testing.TB, src, content []byte, size int) {
	t.Helper()
	for _, d := range decoders {
		dst, check := guarded(size)
		n, err := d.Prefix(dst, src)
		checkKind(t, err)
		check(t)
		if n > len(content) && len(content) <= fuzzLimit || !bytes.Equal(dst[:n], content[:n]) {
			t.Fatalf("plain %t: %d bytes of a prefix that compress/flate does not have", d.Plain, n)
		}
		if n < size && n < len(content) && err == nil {
			t.Fatalf("plain %t: %d bytes without an error, compress/flate has %d", d.Plain, n, len(content))
		}
	}
}
