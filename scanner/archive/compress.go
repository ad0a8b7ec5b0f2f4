package archive

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

// walkCompressed looks into a compressed content. It has no members: what it holds is told at its own place.
func walkCompressed(w *walk, p Place, k Kind, r *bufio.Reader) error {
	from, done, err := w.decompress(k, r)
	if err != nil {
		return fmt.Errorf("opening it as %s: %w", k, err)
	}
	defer done()
	if p.depth > 0 {
		if err := w.gzipHeader(p, from); err != nil {
			return err
		}
	}
	return w.content(Place{p.Path, string(k), p.depth + 1, p.layer}, from)
}

// gzipHeader tells the texts in the header of a gzip file. Those of an outer one are found in its bytes, which are searched.
func (w *walk) gzipHeader(p Place, from io.Reader) error {
	d, ok := from.(reasoned).from.(safe).from.(*kgzip.Reader)
	if !ok || d.Name == "" && d.Comment == "" && len(d.Extra) == 0 {
		return nil
	}
	return w.fatal(w.Name(p, d.Name+"\n"+d.Comment+"\n"+string(d.Extra)))
}

// decompress undoes one kind of compression. Contents that follow one another are read as one. The memory that the
// decoder takes is reserved until done is called.
func (w *walk) decompress(k Kind, r *bufio.Reader) (from io.Reader, done func(), err error) {
	memory, err := decoderMemory(k, r)
	if err == nil {
		err = w.budget.reserve(memory)
	}
	if err != nil {
		return nil, nil, err
	}
	err = guarded(string(k), func() (err error) {
		from, err = newDecoder(k, r, memory)
		return err
	})
	if err != nil {
		w.budget.release(memory)
		return nil, nil, decoderReason(err)
	}
	done = func() {
		switch d := from.(type) {
		case *kzstd.Decoder:
			d.Close()
		case *kgzip.Reader:
			gzips.Put(d)
		}
		w.budget.release(memory)
	}
	return reasoned{safe{string(k), from}, decoderReason}, done, nil
}

// gzips are decoders that are not in use: each takes 40 kB.
var gzips = sync.Pool{New: func() any { return new(kgzip.Reader) }}

func newDecoder(k Kind, r *bufio.Reader, memory int64) (io.Reader, error) {
	switch k {
	case gzip:
		d := gzips.Get().(*kgzip.Reader)
		return d, d.Reset(r)
	case bzip2:
		return stdbzip2.NewReader(r), nil
	case xz:
		return rootxz.NewReader(r, uint32(memory))
	case lzmaAlone:
		return lzma.NewReader(r) // which takes no more than decoderMemory says
	case zstd:
		return kzstd.NewReader(r, kzstd.WithDecoderConcurrency(1), kzstd.WithDecoderMaxWindow(uint64(memory)),
			kzstd.WithDecoderLowmem(true))
	case lz4:
		return plz4.NewReader(r), nil
	}
	return nil, notRead(Unsupported, "%s is not read", k)
}

// decoderReason tells what asks for more than the decoder may take from what is damaged.
func decoderReason(err error) error {
	switch {
	case errors.Is(err, rootxz.ErrMemlimit), errors.Is(err, kzstd.ErrWindowSizeExceeded), errors.Is(err,
		kzstd.ErrDecoderSizeExceeded):
		return &unread{TooLarge, err}
	case errors.Is(err, rootxz.ErrUnsupportedCheck), errors.Is(err, rootxz.ErrOptions), errors.Is(err,
		kzstd.ErrUnknownDictionary):
		return &unread{Unsupported, err}
	}
	return err
}

// decoderMemory is what the decoder of a content takes, by what the content's beginning says.
func decoderMemory(k Kind, r *bufio.Reader) (int64, error) {
	memory := int64(0)
	switch k {
	case bzip2:
		memory = bzip2Memory
	case lz4:
		memory = lz4Memory
	case zstd:
		head, _ := r.Peek(sniffLength)
		head = behindSkippable(head)
		var h kzstd.Header
		if err := h.Decode(head); err == nil && !h.Skippable {
			memory = int64(min(h.WindowSize, 1<<40))
		}
		memory = max(memory, zstdMemory)
	case xz:
		head, _ := r.Peek(xzHead)
		memory = max(xzDictionary(head), xzMemory)
	case lzmaAlone:
		head, _ := r.Peek(lzmaHead)
		memory = lzmaDictionary(head, -1)
	}
	if memory > maxDictionary {
		return 0, notRead(TooLarge, "the decoder looks back at %d MB, more than %d", memory>>20, maxDictionary>>20)
	}
	return memory, nil
}

// isSkippable tells whether a frame begins that decoders of Zstandard and LZ4 pass over. pzstd writes one in front.
func isSkippable(head []byte) bool {
	return len(head) >= 8 && head[0]&0xf0 == 0x50 && string(head[1:4]) == "\x2a\x4d\x18"
}

// behindSkippable is what comes behind such frames, empty where that is not at hand.
func behindSkippable(head []byte) []byte {
	for isSkippable(head) {
		head = head[min(8+int64(binary.LittleEndian.Uint32(head[4:])), int64(len(head))):]
	}
	return head
}

// xzHead is how many bytes of an xz file are looked at: its header, and the one of the first block.
const xzHead = 12 + 1024

// xzDictionary reads how far back the first block of an xz file looks, 0 where nothing tells. The layout is that of
// the .xz file format 1.2, sections 2.1.1 and 3.1.
func xzDictionary(head []byte) int64 {
	if len(head) < 14 || head[12] == 0 {
		return 0
	}
	filters, flags := head[14:], head[13]
	for _, present := range []bool{flags&0x40 != 0, flags&0x80 != 0} {
		if present {
			_, n := binary.Uvarint(filters)
			filters = filters[max(n, 0):]
		}
	}
	for range flags&3 + 1 {
		id, n := binary.Uvarint(filters)
		size, m := binary.Uvarint(filters[max(n, 0):])
		if n <= 0 || m <= 0 || uint64(len(filters)-n-m) < size {
			return 0
		}
		properties := filters[n+m:][:size]
		filters = filters[n+m+int(size):]
		if id == 0x21 && size == 1 {
			return lzma2Dictionary(properties[0])
		}
	}
	return 0
}

// lzma2Dictionary is what the one byte of properties says: 2 or 3 times a power of two.
func lzma2Dictionary(property byte) int64 {
	if property > 40 {
		return 1 << 40 // which nothing has
	}
	return (2 | int64(property)&1) << (property/2 + 11)
}

// lzmaHead is the length of what stands in front of an LZMA stream: properties, dictionary, size.
const lzmaHead = 13

// lzmaDictionary is how far back an LZMA stream looks: no further than it is long.
func lzmaDictionary(head []byte, size int64) int64 {
	if len(head) < 5 {
		return 0
	}
	dictionary := int64(binary.LittleEndian.Uint32(head[1:]))
	if len(head) >= lzmaHead && size < 0 {
		size = int64(binary.LittleEndian.Uint64(head[5:]))
	}
	if size >= 0 {
		dictionary = min(dictionary, size)
	}
	return max(dictionary, lzma.MinDictCap)
}

// isLZMA tells whether a content begins as the program lzma writes it, which has no magic: with its usual properties,
// a dictionary of a power of two, and a size that is open or sensible.
func isLZMA(head []byte) bool {
	if len(head) < lzmaHead+5 || head[0] != 0x5d || head[lzmaHead] != 0 {
		return false
	}
	dictionary, size := binary.LittleEndian.Uint32(head[1:]), binary.LittleEndian.Uint64(head[5:])
	return dictionary >= 1<<16 && dictionary&(dictionary-1) == 0 && (size == 1<<64-1 || size < 1<<38)
}

// flates are inflaters that are not in use.
var flates = sync.Pool{New: func() any { return flate.NewReader(nil) }}

// inflate reads a deflated content, until done is called.
func inflate(r io.Reader) (from io.Reader, done func()) {
	d := flates.Get().(io.ReadCloser)
	_ = d.(flate.Resetter).Reset(r, nil) // there is no dictionary that could be wrong
	return d, func() { flates.Put(d) }
}

// buffers are those of contents that are not in use.
var buffers = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, streamBuffer) }}

// buffer reads through one of them, until done is called.
func buffer(r io.Reader) (b *bufio.Reader, done func()) {
	b = buffers.Get().(*bufio.Reader)
	b.Reset(r)
	return b, func() {
		b.Reset(nil)
		buffers.Put(b)
	}
}
