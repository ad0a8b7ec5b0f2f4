package inflate

import (
	"bytes"
	"hash/adler32"
	"math/rand/v2"
	"testing"
)

func TestAdler(t *testing.T) {
	full := bytes.Repeat([]byte{0xff}, 1<<20+7) // the largest sums that there can be
	mixed := make([]byte, 5000)
	r := rand.New(rand.NewPCG(5, 6))
	for i := range mixed {
		mixed[i] = byte(r.Uint32())
	}
	for n := range mixed {
		for _, content := range [][]byte{full[:n], mixed[:n], mixed[n:]} {
			if got, want := adler(content), adler32.Checksum(content); got != want {
				t.Fatalf("%d bytes: %08x, wanted %08x", len(content), got, want)
			}
		}
	}
	if got, want := adler(full), adler32.Checksum(full); got != want {
		t.Errorf("%d bytes: %08x, wanted %08x", len(full), got, want)
	}
}

func BenchmarkAdler(b *testing.B) {
	content := make([]byte, 16<<10)
	for _, c := range []struct {
		name string
		sum  func([]byte) uint32
	}{{"ours", adler}, {"standard", adler32.Checksum}} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(content)))
			for b.Loop() {
				c.sum(content)
			}
		})
	}
}
