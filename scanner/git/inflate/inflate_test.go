package inflate

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
	"testing/iotest"
)

// deflated is content as compress/zlib writes it at a level.
func deflated(t testing.TB, content []byte, level int) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := zlib.NewWriterLevel(&out, level)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// levels are stored, fast, best, and Huffman codes without matches.
var levels = []int{zlib.NoCompression, zlib.BestSpeed, zlib.DefaultCompression, zlib.BestCompression, zlib.HuffmanOnly}

// contents are texts of one size and different nature, the same in every run.
func contents(size int) map[string][]byte {
	random := rand.New(rand.NewPCG(1, uint64(size)))
	all := map[string][]byte{
		"zeros": make([]byte, size), "noise": make([]byte, size), "skewed": make([]byte, size), "words": make([]byte, 0, size+16),
	}
	for i := range size {
		all["noise"][i] = byte(random.Uint32())
		all["skewed"][i] = byte(1 << uint(random.ExpFloat64()*2)) // long codes for what is rare
	}
	words := []string{"if ", "err ", "!= ", "nil ", "{\n", "\treturn ", "}\n", "0x", "----"}
	for len(all["words"]) < size {
		all["words"] = append(all["words"], words[random.IntN(len(words))]...)
		if random.IntN(8) == 0 {
			all["words"] = append(all["words"], byte(random.Uint32()))
		}
	}
	all["words"] = all["words"][:size]
	for _, period := range []int{2, 3, 5, 7, 8, 15, 16, 33} {
		text := make([]byte, size)
		for i := range text {
			text[i] = byte(i%period*7) ^ byte(i/(period*40))
		}
		all[fmt.Sprintf("period %d", period)] = text
	}
	return all
}

// edges are sizes around every buffer, word and window there is.
var edges = []int{0, 1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 255, 256, 257, 258, 259, 260, 261, 273,
	274, 275, 276, 290, 291, 511, 512, 513, 1024, 4096, 32768, 65535, 65536, 70000}

// guarded is a slice of size bytes with untouchable ones before and behind; check fails the test when they changed.
func guarded(size int) (dst []byte, check func(t testing.TB)) {
	const margin = 64
	whole := bytes.Repeat([]byte{0xA5}, margin+size+margin)
	return whole[margin : margin+size : margin+size], func(t testing.TB) {
		t.Helper()
		for i, b := range whole {
			if b != 0xA5 && (i < margin || i >= margin+size) {
				t.Fatalf("wrote outside dst, at %d of %d bytes", i-margin, size)
			}
		}
	}
}

func TestZlibEqualsContent(t *testing.T) {
	d := new(Decoder)
	for _, size := range edges {
		for name, content := range contents(size) {
			for _, level := range levels {
				stream := deflated(t, content, level)
				checkWhole(t, d, fmt.Sprintf("%s, %d bytes, level %d", name, size, level), content, stream)
			}
		}
	}
}

// checkWhole inflates stream with nothing behind it, with a few bytes, and with many.
func checkWhole(t *testing.T, d *Decoder, what string, content, stream []byte) {
	t.Helper()
	for _, behind := range []int{0, 1, 7, 64} {
		src := append(bytes.Clone(stream), bytes.Repeat([]byte{0xFF}, behind)...)
		dst, check := guarded(len(content))
		n, err := d.Zlib(dst, src[:len(src):len(src)], true)
		if err != nil || n != len(stream) || !bytes.Equal(dst, content) {
			t.Fatalf("%s, %d bytes behind: took %d of %d bytes, equal %t, error %v", what, behind, n, len(stream), bytes.Equal(dst, content), err)
		}
		check(t)
	}
}

func TestPrefixOfEveryLength(t *testing.T) {
	d := new(Decoder)
	for name, content := range contents(700) {
		for _, level := range levels {
			stream := deflated(t, content, level)
			for size := range 720 {
				dst, check := guarded(size)
				n, err := d.Prefix(dst, stream)
				want := min(size, len(content))
				if err != nil || n != want || !bytes.Equal(dst[:n], content[:want]) {
					t.Fatalf("%s, level %d, first %d: %d bytes, error %v", name, level, size, n, err)
				}
				check(t)
			}
		}
	}
}

// TestPrefixReadsNoFurther: what stands behind the wanted bytes may be missing or broken.
func TestPrefixReadsNoFurther(t *testing.T) {
	d := new(Decoder)
	content := contents(60000)["words"]
	stream := deflated(t, content, zlib.DefaultCompression)
	dst := make([]byte, 32)
	if n, err := d.Prefix(dst, stream[:1000]); err != nil || n != 32 || !bytes.Equal(dst, content[:32]) {
		t.Errorf("first 32 bytes of a cut stream: %d bytes, %v", n, err)
	}
	dst = make([]byte, len(content))
	n, err := d.Prefix(dst, stream[:1000])
	if !errors.Is(err, ErrTruncated) || n == 0 || !bytes.Equal(dst[:n], content[:n]) {
		t.Errorf("whole of a cut stream: %d bytes, %v", n, err)
	}
}

// TestEveryTruncation cuts streams after each byte.
func TestEveryTruncation(t *testing.T) {
	d := new(Decoder)
	for name, content := range contents(400) {
		for _, level := range levels {
			stream := deflated(t, content, level)
			for cut := range len(stream) {
				dst, check := guarded(len(content))
				_, err := d.Zlib(dst, stream[:cut:cut], cut%2 == 0)
				if !errors.Is(err, ErrTruncated) {
					t.Fatalf("%s, level %d, cut at %d of %d: %v", name, level, cut, len(stream), err)
				}
				check(t)
			}
		}
	}
}

// TestEveryBitFlipped: with the checksum the content is right or there is an error; without it the length is.
func TestEveryBitFlipped(t *testing.T) {
	d := new(Decoder)
	for name, content := range contents(300) {
		for _, level := range levels {
			stream := deflated(t, content, level)
			for bit := range 8 * len(stream) {
				broken := bytes.Clone(stream)
				broken[bit/8] ^= 1 << (bit % 8)
				dst, check := guarded(len(content))
				_, err := d.Zlib(dst, broken, true)
				if err == nil && !bytes.Equal(dst, content) {
					t.Fatalf("%s, level %d, bit %d: other content and no error", name, level, bit)
				}
				checkKind(t, err)
				_, err = d.Zlib(dst, broken, false)
				checkKind(t, err)
				checkAgainstStandard(t, broken, len(content), dst, err)
				check(t)
			}
		}
	}
}

func checkKind(t testing.TB, err error) {
	t.Helper()
	var typed *Error
	if err != nil && (!errors.As(err, &typed) || typed.Kind == nil || typed.What == "") {
		t.Fatalf("an error of no kind: %#v", err)
	}
}

func TestDeclaredSizeOffByOne(t *testing.T) {
	d := new(Decoder)
	for _, size := range edges {
		for name, content := range contents(size) {
			for _, level := range levels {
				stream := deflated(t, content, level)
				dst, check := guarded(size + 1)
				if _, err := d.Zlib(dst, stream, false); !errors.Is(err, ErrShort) {
					t.Fatalf("%s, %d bytes, level %d, declared one more: %v", name, size, level, err)
				}
				check(t)
				if size == 0 {
					continue
				}
				dst, check = guarded(size - 1)
				if _, err := d.Zlib(dst, stream, false); !errors.Is(err, ErrLong) {
					t.Fatalf("%s, %d bytes, level %d, declared one fewer: %v", name, size, level, err)
				}
				check(t)
			}
		}
	}
}

func TestHeader(t *testing.T) {
	good := deflated(t, []byte("content"), zlib.DefaultCompression)
	with := func(cmf, flg byte) []byte { return append([]byte{cmf, flg}, good[2:]...) }
	for _, c := range []struct {
		name   string
		stream []byte
		want   error
	}{
		{"largest window", with(0x78, 0x01), nil},
		{"smallest window", with(0x08, 0x1d), nil},
		{"other method", with(0x77, 0x0c), ErrCorrupt},
		{"window too large", with(0x88, 0x1c), ErrCorrupt},
		{"check fails", with(0x78, 0x02), ErrCorrupt},
		{"preset dictionary", with(0x78, 0x20), ErrDictionary},
		{"nothing", nil, ErrTruncated},
		{"one byte", []byte{0x78}, ErrTruncated},
		{"header alone", []byte{0x78, 0x01}, ErrTruncated},
	} {
		d := new(Decoder)
		if _, err := d.Zlib(make([]byte, 7), c.stream, true); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, not %v", c.name, err, c.want)
		}
		if _, err := d.Prefix(make([]byte, 7), c.stream); !errors.Is(err, c.want) {
			t.Errorf("%s, prefix: %v, not %v", c.name, err, c.want)
		}
	}
}

func TestChecksum(t *testing.T) {
	content := []byte("content")
	stream := deflated(t, content, zlib.DefaultCompression)
	stream[len(stream)-1] ^= 1
	d := new(Decoder)
	dst := make([]byte, len(content))
	if _, err := d.Zlib(dst, stream, true); !errors.Is(err, ErrCorrupt) {
		t.Errorf("verified: %v", err)
	}
	if n, err := d.Zlib(dst, stream, false); err != nil || n != len(stream) || !bytes.Equal(dst, content) {
		t.Errorf("not verified: %d bytes, %v", n, err)
	}
}

func TestReader(t *testing.T) {
	content := contents(70000)["words"]
	stream := deflated(t, content, zlib.DefaultCompression)
	flipped := bytes.Clone(stream)
	flipped[len(flipped)-1] ^= 1
	broken := bytes.Clone(stream)
	broken[2] |= 6 // the block type that does not exist
	failure := errors.New("the disk is gone")
	for _, c := range []struct {
		name string
		src  io.Reader
		want error
	}{
		{"whole", bytes.NewReader(stream), nil},
		{"byte by byte", iotest.OneByteReader(bytes.NewReader(stream)), nil},
		{"cut", bytes.NewReader(stream[:len(stream)-9]), ErrTruncated},
		{"no checksum", bytes.NewReader(stream[:len(stream)-4]), ErrTruncated},
		{"nothing", bytes.NewReader(nil), ErrTruncated},
		{"other checksum", bytes.NewReader(flipped), ErrCorrupt},
		{"broken", bytes.NewReader(broken), ErrCorrupt},
		{"no stream", bytes.NewReader([]byte("content")), ErrCorrupt},
		{"dictionary", bytes.NewReader([]byte{0x78, 0x20, 1, 2, 3, 4, 5}), ErrDictionary},
		{"failing", io.MultiReader(bytes.NewReader(stream[:100]), iotest.ErrReader(failure)), failure},
	} {
		got, err := readAll(c.src)
		if !errors.Is(err, c.want) || c.want == nil && !bytes.Equal(got, content) {
			t.Errorf("%s: %d bytes, error %v, not %v", c.name, len(got), err, c.want)
		}
		if c.want != failure {
			checkKind(t, err)
		}
	}
}

func readAll(src io.Reader) ([]byte, error) {
	r, err := NewReader(src)
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(r)
	return content, errors.Join(err, r.Close())
}
