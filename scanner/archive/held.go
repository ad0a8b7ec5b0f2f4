package archive

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// held is a content in memory, in pieces of one size: so it never takes more than was reserved for it.
type held struct {
	pieces [][]byte
	size   int64
}

// hold reads a content into memory. What is returned beside an error is its beginning. drop gives it back.
func (b *budget) hold(r io.Reader) (*held, error) {
	h := &held{}
	for {
		room := int(int64(len(h.pieces))*streamBuffer - h.size)
		if room == 0 {
			if err := b.reserve(streamBuffer); err != nil {
				return h, notRead(TooLarge, "what lies in another container must be held to be read: %w", err)
			}
			h.pieces = append(h.pieces, make([]byte, streamBuffer))
			room = streamBuffer
		}
		n, err := r.Read(h.pieces[len(h.pieces)-1][streamBuffer-room:])
		h.size += int64(n)
		if errors.Is(err, io.EOF) {
			return h, nil
		}
		if err != nil {
			return h, fmt.Errorf("reading it: %w", err)
		}
	}
}

func (b *budget) drop(h *held) { b.release(int64(len(h.pieces)) * streamBuffer) }

func (h *held) ReadAt(b []byte, at int64) (n int, err error) {
	for n < len(b) {
		if at < 0 || at >= h.size {
			return n, io.EOF
		}
		piece := h.pieces[at/streamBuffer]
		piece = piece[at%streamBuffer : min(streamBuffer, h.size-at/streamBuffer*streamBuffer)]
		m := copy(b[n:], piece)
		n += m
		at += int64(m)
	}
	return n, nil
}

func (h *held) content() Content  { return Content{h, h.size} }
func (h *held) reader() io.Reader { return io.NewSectionReader(h, 0, h.size) }

// Sparse is what the reader of a Content may offer besides: Data returns where the next bytes that are stored begin,
// from an offset on, and where they end. What lies between is a hole, and reads as zeros.
type Sparse interface {
	Data(from, size int64) (start, end int64)
}

// maxHoles is how many bytes of holes are read of one content. A file of a few bytes can have a hole of exabytes.
const maxHoles = 128 << 20

// solid reads an outer content, and of its holes not more than maxHoles.
type solid struct {
	io.ReaderAt
	sparse     Sparse // nil: no holes are known of
	size       int64
	start, end int64 // the stored bytes that were asked for last; what lies before start is a hole, from asked on
	asked      int64
	holes      int64
}

func newSolid(c Content) *solid {
	s := &solid{ReaderAt: c.ReaderAt, size: c.Size, asked: -1}
	s.sparse, _ = c.ReaderAt.(Sparse)
	return s
}

// maxExtents is how many stored parts of a content are counted.
const maxExtents = 1000

// stored is how many bytes of the content are no holes.
func (s *solid) stored() (n int64) {
	if s.sparse == nil {
		return s.size
	}
	at := int64(0)
	for range maxExtents {
		start, end := s.sparse.Data(at, s.size)
		if start >= s.size || end <= at {
			break
		}
		n += end - start
		at = end
	}
	return n
}

// next is the first stored byte from an offset on.
func (s *solid) next(at int64) int64 {
	if s.sparse == nil || at >= s.size {
		return at
	}
	if s.asked < 0 || at < s.asked || at >= s.end {
		s.start, s.end = s.sparse.Data(at, s.size)
		s.asked = at
	}
	return max(at, s.start)
}

func (s *solid) ReadAt(b []byte, at int64) (int, error) {
	if hole := min(s.next(at)-at, int64(len(b))); hole > 0 {
		if s.holes += hole; s.holes > maxHoles {
			return 0, notRead(TooLarge,
				"the file has holes of more than %d MB, which stand for zeros; what comes behind them was not read", maxHoles>>20)
		}
	}
	return s.ReaderAt.ReadAt(b, at)
}

// find returns the offset of a word in a part of a content, -1 where it is not. Holes are passed over.
func (w *walk) find(c Content, word string, from, to int64) (int64, error) {
	to = min(to, c.Size)
	buf := w.scratch()
	for step := int64(512); from < to; step = min(4*step, streamBuffer) { // what is looked for is near, as a rule
		if err := w.ctx.Err(); err != nil {
			return -1, err
		}
		if s, ok := c.ReaderAt.(*solid); ok {
			from = max(from, s.next(from)-int64(len(word))+1) // a word begins with no zero
		}
		n, err := c.ReadAt(buf[:min(step, int64(len(buf)), to-from)], from)
		if i := bytes.Index(buf[:n], []byte(word)); i >= 0 {
			return from + int64(i), nil
		}
		if from+int64(n) >= to {
			return -1, nil
		}
		if err != nil {
			return -1, noEOF(err)
		}
		from += int64(n - len(word) + 1)
	}
	return -1, nil
}

// scratch is a buffer that is in use until find is called again.
func (w *walk) scratch() []byte {
	if w.buffer == nil {
		w.buffer = make([]byte, streamBuffer)
	}
	return w.buffer
}
