package inflate

import (
	"bytes"
	"compress/zlib"
	"io"
	"slices"
	"testing"

	kzlib "github.com/klauspost/compress/zlib"
)

// A decode inflates one stream into dst.
type decode func(dst []byte, src []byte) error

func ours() decode {
	var d Decoder
	return func(dst, src []byte) error { _, err := d.Zlib(dst, src, false); return err }
}

// klauspost is klauspost/compress/zlib, and standardLibrary is compress/zlib, both reused as their Resetter allows.
// They always check the Adler-32; ours does not, as packs do without: verified shows what it would cost.
func klauspost() decode       { return reused(kzlib.NewReader) }
func standardLibrary() decode { return reused(zlib.NewReader) }

func verified() decode {
	var d Decoder
	return func(dst, src []byte) error { _, err := d.Zlib(dst, src, true); return err }
}

func reused(open func(io.Reader) (io.ReadCloser, error)) decode {
	var in bytes.Reader
	var r io.ReadCloser
	return func(dst, src []byte) (err error) {
		in.Reset(src)
		if r == nil {
			r, err = open(&in)
		} else {
			err = r.(zlib.Resetter).Reset(&in, nil)
		}
		if err == nil {
			_, err = io.ReadFull(r, dst)
		}
		return err
	}
}

// benchmark times all streams as one operation, by each decoder.
func benchmark(b *testing.B, streams []stream) {
	if len(streams) == 0 {
		b.Skip("the corpus has no such stream")
	}
	var total int64
	largest := 0
	for _, s := range streams {
		total += int64(s.size)
		largest = max(largest, s.size)
	}
	dst := make([]byte, largest)
	for _, by := range []struct {
		name string
		decode
	}{{"ours", ours()}, {"verified", verified()}, {"klauspost", klauspost()}, {"standard", standardLibrary()}} {
		b.Run(by.name, func(b *testing.B) {
			b.SetBytes(total)
			b.ReportAllocs()
			for b.Loop() {
				for _, s := range streams {
					if err := by.decode(dst[:s.size], s.src); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(streams)), "ns/stream")
		})
	}
}

// BenchmarkPack is what a scan does: every stream, in the order of the pack.
func BenchmarkPack(b *testing.B) { benchmark(b, mustCorpus(b)) }

// BenchmarkLarge is the large blobs: what the decoding loop can do.
func BenchmarkLarge(b *testing.B) {
	benchmark(b, slices.DeleteFunc(slices.Clone(mustCorpus(b)), func(s stream) bool { return s.size < 100_000 }))
}

// BenchmarkTiny is up to 100,000 small deltas: what setting up and building tables costs.
func BenchmarkTiny(b *testing.B) {
	tiny := slices.DeleteFunc(slices.Clone(mustCorpus(b)), func(s stream) bool { return s.size > 300 })
	benchmark(b, tiny[:min(len(tiny), 100_000)])
}
