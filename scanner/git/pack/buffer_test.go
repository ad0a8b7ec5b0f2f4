package pack

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestSizeClasses(t *testing.T) {
	last, lastSize := 0, 64
	check := func(n int) {
		class, size := sizeClass(n)
		if size < n || n > 64 && size-n > n/4 {
			t.Fatalf("%d bytes get %d", n, size)
		}
		if class != last && (class < last || size <= lastSize || n <= lastSize) || class == last && size != lastSize {
			t.Fatalf("%d bytes: class %d of %d behind class %d of %d", n, class, size, last, lastSize)
		}
		if again, same := sizeClass(size); again != class || same != size {
			t.Fatalf("a buffer of class %d is taken back into %d", class, again)
		}
		last, lastSize = class, size
	}
	for n := range 1 << 13 {
		check(n)
	}
	for n := 1 << 13; n < min(1<<36, math.MaxInt/2); n += n / 7 {
		class, size := sizeClass(n)
		if class == last {
			continue
		}
		last, lastSize = class, size
		check(n)
	}
}

// Memory that is handed out belongs to one holder until it is put back, and what is kept has a bound.
func TestBuffersAreNotShared(t *testing.T) {
	for _, get := range []func(*buffers, int) []byte{(*buffers).get, (*buffers).getApart} {
		checkNotShared(t, &buffers{}, get)
	}
}

func checkNotShared(t *testing.T, b *buffers, get func(*buffers, int) []byte) {
	t.Helper()
	r := rand.New(rand.NewPCG(13, 14))
	var out [][]byte
	fill := func(data []byte, with byte) {
		for i := range data[:cap(data)] {
			data[:cap(data)][i] = with
		}
	}
	for step := range 20_000 {
		if len(out) < 20 && r.IntN(2) == 0 {
			n := r.IntN(1 << r.IntN(19))
			data := get(b, n)
			if len(data) != n {
				t.Fatalf("%d bytes, not %d", len(data), n)
			}
			fill(data, byte(step))
			out = append(out, append(data[:0:0], byte(step)), data)
			continue
		}
		if len(out) == 0 {
			continue
		}
		at := r.IntN(len(out)/2) * 2
		for _, c := range out[at+1][:cap(out[at+1])] {
			if c != out[at][0] {
				t.Fatal("somebody else wrote to it")
			}
		}
		b.put(out[at+1])
		out = slices.Delete(out, at, at+2)
	}
	var kept [2]int
	count := 0
	for _, list := range b.free {
		for _, data := range list {
			count++
			if cap(data) > smallBuffer {
				kept[1] += cap(data)
			} else {
				kept[0] += cap(data)
			}
		}
	}
	if kept[0] == 0 || kept[1] == 0 || kept != b.kept {
		t.Errorf("%d bytes are kept, %d counted", kept, b.kept)
	}
	b.put(make([]byte, 1000)) // of no class: nobody could tell where it ends
	for _, list := range b.free {
		count -= len(list)
	}
	if count != 0 {
		t.Error("memory of no class was kept")
	}
	for _, size := range []int{1 << 20, smallBuffer, 1 << 10} { // what other workers have made
		for range 100 << 20 / size {
			b.put(make([]byte, size))
		}
	}
	if max(b.kept[0], b.kept[1]) > keptBytes {
		t.Errorf("%d bytes are kept", b.kept)
	}
}
