package inflate

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
)

// benchRepo names a bare repository whose packs are the corpus of the benchmarks and of TestEveryStreamOfPacks.
const benchRepo = "SKLEAK_BENCH_REPO"

// stream is one zlib stream and the size of its content. src goes on to the end of the pack, as it does in real use.
type stream struct {
	src  []byte
	size int
}

// corpus are the streams of the repository's packs in the order of their offsets or, without one, made ones.
var corpus = sync.OnceValues(func() ([]stream, error) {
	if repo := os.Getenv(benchRepo); repo != "" {
		return repoStreams(repo)
	}
	return madeStreams()
})

func mustCorpus(t testing.TB) []stream {
	t.Helper()
	streams, err := corpus()
	if err != nil {
		t.Fatal(err)
	}
	if len(streams) == 0 {
		t.Fatal("the corpus is empty")
	}
	return streams
}

func repoStreams(repo string) (all []stream, err error) {
	names, err := filepath.Glob(filepath.Join(repo, "objects", "pack", "*.idx"))
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		idx, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		pack, err := os.ReadFile(name[:len(name)-len("idx")] + "pack")
		if err != nil {
			return nil, err
		}
		offsets, err := idxOffsets(idx)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		for _, offset := range offsets {
			all = append(all, entryStream(pack, offset))
		}
	}
	return all, nil
}

// idxOffsets reads the offsets of a version 2 idx of SHA-1 ids, ascending: header, fan-out, ids, CRC-32s, offsets,
// and the offsets beyond 31 bits.
func idxOffsets(idx []byte) ([]uint64, error) {
	if !bytes.HasPrefix(idx, []byte("\xfftOc\x00\x00\x00\x02")) {
		return nil, fmt.Errorf("no idx of version 2")
	}
	const fanout = 8
	ids := fanout + 256*4
	n := int(binary.BigEndian.Uint32(idx[ids-4:]))
	small := idx[ids+n*(20+4):]
	large := small[n*4:]
	offsets := make([]uint64, n)
	for i := range offsets {
		offset := binary.BigEndian.Uint32(small[i*4:])
		offsets[i] = uint64(offset)
		if offset>>31 == 1 {
			offsets[i] = binary.BigEndian.Uint64(large[8*(offset&0x7fffffff):])
		}
	}
	slices.Sort(offsets)
	return offsets, nil
}

// entryStream steps over a pack entry's header: type and size, then the base of a delta.
func entryStream(pack []byte, offset uint64) stream {
	const ofsDelta, refDelta = 6, 7
	at := int(offset)
	b := pack[at]
	at++
	kind, size, shift := b>>4&7, int(b&15), 4
	for b&0x80 != 0 {
		b = pack[at]
		at++
		size |= int(b&0x7f) << shift
		shift += 7
	}
	switch kind {
	case ofsDelta:
		for pack[at]&0x80 != 0 {
			at++
		}
		at++
	case refDelta:
		at += 20
	}
	return stream{src: pack[at:], size: size}
}

// madeStreams stand in for a pack's: mostly tiny, a few large.
func madeStreams() (all []stream, err error) {
	random := rand.New(rand.NewPCG(2, 3))
	text := contents(1 << 20)["words"]
	var packed bytes.Buffer
	var sizes, ends []int
	w := zlib.NewWriter(&packed)
	for range 4000 {
		size := int(min(170*1<<uint(max(0, random.NormFloat64()*2+1))/2, 200000)) + random.IntN(100)
		from := random.IntN(len(text) - size)
		w.Reset(&packed)
		if _, err := w.Write(text[from : from+size]); err != nil {
			return nil, err
		}
		if err := w.Close(); err != nil {
			return nil, err
		}
		sizes, ends = append(sizes, size), append(ends, packed.Len())
	}
	start := 0
	for i, size := range sizes {
		all = append(all, stream{src: packed.Bytes()[start:], size: size})
		start = ends[i]
	}
	return all, nil
}

// TestEveryStreamOfPacks holds every stream of a real repository against compress/zlib: content, size and end.
func TestEveryStreamOfPacks(t *testing.T) {
	streams := mustCorpus(t)
	var standard io.ReadCloser
	var dst, want []byte
	var fast Decoder
	for i, s := range streams {
		in := bytes.NewReader(s.src)
		if standard == nil {
			var err error
			if standard, err = zlib.NewReader(in); err != nil {
				t.Fatal(err)
			}
		} else if err := standard.(zlib.Resetter).Reset(in, nil); err != nil {
			t.Fatal(err)
		}
		want = slices.Grow(want[:0], s.size+1)[:s.size+1]
		if n, err := io.ReadFull(standard, want); err != io.ErrUnexpectedEOF && err != io.EOF || n != s.size {
			t.Fatalf("stream %d: compress/zlib reads %d of %d bytes, %v", i, n, s.size, err)
		}
		dst = slices.Grow(dst[:0], s.size)[:s.size]
		clear(dst)
		n, err := fast.Zlib(dst, s.src, i%2 == 0)
		if err != nil || n != len(s.src)-in.Len() || !bytes.Equal(dst, want[:s.size]) {
			t.Fatalf("stream %d: took %d of %d bytes, equal %t, error %v", i, n, len(s.src)-in.Len(), bytes.Equal(dst, want[:s.size]), err)
		}
		clear(dst)
		head := min(len(dst), 1+i%40)
		if n, err := fast.Prefix(dst[:head], s.src); err != nil || n != head || !bytes.Equal(dst[:head], want[:head]) {
			t.Fatalf("stream %d: first %d bytes: %d, error %v", i, head, n, err)
		}
	}
	t.Logf("%d streams", len(streams))
}
