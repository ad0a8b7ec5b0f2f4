// Package decode undoes compression, within bounds: the memory that a decoder takes is reserved before it is allocated.
package decode

import (
	"bufio"
	stdbzip2 "compress/bzip2"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/klauspost/compress/flate"
	kgzip "github.com/klauspost/compress/gzip"
	kzstd "github.com/klauspost/compress/zstd"
	plz4 "github.com/pierrec/lz4/v4"
	rootxz "github.com/therootcompany/xz"
	"github.com/ulikunitz/xz/lzma"

	"skleak/scanner/archive/internal/bound"
)

// Method is a way to compress, by the name that reports have for it.
type Method string

const (
	Gzip  Method = "gzip"
	Bzip2 Method = "bzip2"
	XZ    Method = "xz"
	Zstd  Method = "zstd"
	LZMA  Method = "lzma"
	LZ4   Method = "lz4"
)

// What decoders look back at, in bytes, where the content does not ask for more.
const (
	bzip2Memory = 4 << 20 // four bytes for each of a block of 900 kB
	lz4Memory   = 12 << 20
	zstdMemory  = 2 << 20 // the window of the level that people use, which frames that follow may have
	xzMemory    = 8 << 20 // the same of xz
	// maxDictionary is how many bytes a decoder may look back at all.
	maxDictionary = 256 << 20
)

// zstdHead is how many bytes of a content may stand in front of its first frame, and tell of it.
const zstdHead = 512

// Reserve takes the memory of a decoder, until release is called.
func Reserve(b *bound.Budget, memory int64) (release func(), err error) {
	if memory > maxDictionary {
		return nil, bound.NotRead(bound.TooLarge, "the decoder looks back at %d MB, more than %d", memory>>20,
			maxDictionary>>20)
	}
	if err := b.Reserve(memory); err != nil {
		return nil, err
	}
	return func() { b.Release(memory) }, nil
}

// Open undoes one kind of compression. Contents that follow one another are read as one. The memory that the decoder
// takes is reserved until done is called.
func Open(m Method, r *bufio.Reader, b *bound.Budget) (from io.Reader, done func(), err error) {
	memory := memoryFor(m, r)
	release, err := Reserve(b, memory)
	if err != nil {
		return nil, nil, err
	}
	err = Guarded(string(m), func() (err error) {
		from, err = newDecoder(m, r, memory)
		return err
	})
	if err != nil {
		release()
		return nil, nil, Reason(err)
	}
	done = func() {
		switch d := from.(type) {
		case *kzstd.Decoder:
			d.Close()
		case *kgzip.Reader:
			gzips.Put(d)
		}
		release()
	}
	return Safe{string(m), from, Reason}, done, nil
}

// gzips are decoders that are not in use: each takes 40 kB.
var gzips = sync.Pool{New: func() any { return new(kgzip.Reader) }}

// FirstGzips reads gzip files that follow one another, up to what is none, until done is called.
func FirstGzips(r *bufio.Reader) (from io.Reader, done func(), err error) {
	d := gzips.Get().(*kgzip.Reader)
	if err := d.Reset(r); err != nil {
		gzips.Put(d)
		return nil, nil, err
	}
	d.Multistream(false)
	return &gzipRow{d, r}, func() { gzips.Put(d) }, nil
}

// gzipRow reads gzip files that follow one another.
type gzipRow struct {
	now  *kgzip.Reader
	from *bufio.Reader
}

func (g *gzipRow) Read(b []byte) (int, error) {
	n, err := g.now.Read(b)
	for err == io.EOF && n == 0 {
		if head, _ := g.from.Peek(len(GzipMagic)); string(head) != GzipMagic || g.now.Reset(g.from) != nil {
			break
		}
		g.now.Multistream(false)
		n, err = g.now.Read(b)
	}
	if n > 0 && err == io.EOF {
		err = nil // another may follow
	}
	return n, err
}

// GzipMagic is what gzip files begin with.
const GzipMagic = "\x1f\x8b\x08"

// GzipHeader returns the texts in the header of a gzip file that Open has opened, "" where there are none.
func GzipHeader(from io.Reader) string {
	if d, ok := from.(Safe).From.(*kgzip.Reader); ok && (d.Name != "" || d.Comment != "" || len(d.Extra) > 0) {
		return d.Name + "\n" + d.Comment + "\n" + string(d.Extra)
	}
	return ""
}

func newDecoder(m Method, r *bufio.Reader, memory int64) (io.Reader, error) {
	switch m {
	case Gzip:
		d := gzips.Get().(*kgzip.Reader)
		return d, d.Reset(r)
	case Bzip2:
		return stdbzip2.NewReader(r), nil
	case XZ:
		return rootxz.NewReader(smallXZ(r), uint32(memory))
	case LZMA:
		return lzma.NewReader(r) // which takes no more than memoryFor says
	case Zstd:
		return kzstd.NewReader(r, kzstd.WithDecoderConcurrency(1), kzstd.WithDecoderMaxWindow(uint64(memory)),
			kzstd.WithDecoderLowmem(true))
	case LZ4:
		return plz4.NewReader(r), nil
	}
	return nil, fmt.Errorf("there is no decoder for %s", m)
}

// Reason tells what asks for more than the decoder may take from what is damaged.
func Reason(err error) error {
	for reason, errs := range map[string][]error{
		bound.TooLarge:    {rootxz.ErrMemlimit, kzstd.ErrWindowSizeExceeded, kzstd.ErrDecoderSizeExceeded},
		bound.Unsupported: {rootxz.ErrUnsupportedCheck, rootxz.ErrOptions, kzstd.ErrUnknownDictionary},
	} {
		for _, one := range errs {
			if errors.Is(err, one) {
				return bound.NotRead(reason, "%w", err)
			}
		}
	}
	return err
}

// memoryFor is what the decoder of a content takes, by what the content's beginning says.
func memoryFor(m Method, r *bufio.Reader) int64 { // an error of Peek comes again
	switch m {
	case Bzip2:
		return bzip2Memory
	case LZ4:
		return lz4Memory
	case Zstd:
		head, _ := r.Peek(zstdHead)
		var h kzstd.Header
		if err := h.Decode(BehindSkippable(head)); err == nil && !h.Skippable {
			return max(int64(min(h.WindowSize, 1<<40)), zstdMemory)
		}
		return zstdMemory
	case XZ:
		head, _ := r.Peek(xzHead)
		return max(xzDictionary(head), xzMemory)
	case LZMA:
		head, _ := r.Peek(lzmaHead)
		return lzmaDictionary(head, -1)
	}
	return 0
}

// IsSkippable tells whether a frame begins that decoders of Zstandard and LZ4 pass over. pzstd writes one in front.
func IsSkippable(head []byte) bool {
	return len(head) >= 8 && head[0]&0xf0 == 0x50 && string(head[1:4]) == "\x2a\x4d\x18"
}

// BehindSkippable is what comes behind such frames, empty where that is not at hand.
func BehindSkippable(head []byte) []byte {
	for IsSkippable(head) {
		head = head[min(8+int64(binary.LittleEndian.Uint32(head[4:])), int64(len(head))):]
	}
	return head
}

// flates are inflaters that are not in use.
var flates = sync.Pool{New: func() any { return flate.NewReader(nil) }}

// Inflate reads a deflated content, until done is called.
func Inflate(r io.Reader) (from io.Reader, done func()) {
	d := flates.Get().(io.ReadCloser)
	_ = d.(flate.Resetter).Reset(r, nil) // there is no dictionary that could be wrong
	return d, func() { flates.Put(d) }
}

// bufferLength is that of Buffer.
const bufferLength = 64 << 10

// buffers are those of contents that are not in use.
var buffers = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, bufferLength) }}

// Buffer reads through one of them, until done is called.
func Buffer(r io.Reader) (b *bufio.Reader, done func()) {
	b = buffers.Get().(*bufio.Reader)
	b.Reset(r)
	return b, func() {
		b.Reset(nil)
		buffers.Put(b)
	}
}
