// Package content has what can be read at any offset: files, and what is held in memory.
package content

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"skleak/scanner/archive/internal/bound"
)

// Content is something that can be read at any offset.
type Content struct {
	io.ReaderAt
	Size int64
}

// Section reads a part of the content.
func (c Content) Section(from, to int64) *io.SectionReader {
	return io.NewSectionReader(c, from, max(to-from, 0))
}

// Full fills b from an offset on. A content that ends before is an error.
func (c Content) Full(b []byte, at int64) error {
	n, err := c.ReadAt(b, at)
	if n == len(b) {
		return nil
	}
	if err == nil {
		err = io.EOF
	}
	return bound.NoEOF(err)
}

// Upto fills as much of b as there is from an offset on.
func (c Content) Upto(b []byte, at int64) ([]byte, error) {
	n, err := c.ReadAt(b[:max(0, min(int64(len(b)), c.Size-at))], at)
	if err == io.EOF {
		err = nil
	}
	return b[:n], err
}

// pieceLength is how many bytes of a held content lie in one piece, and how many are read at once.
const pieceLength = 64 << 10

// Held is a content in memory, in pieces of one size: so it never takes more than was reserved for it.
type Held struct {
	pieces [][]byte
	size   int64
}

// Hold reads a content into memory. What is returned beside an error is its beginning. Drop gives it back.
func Hold(r io.Reader, b *bound.Budget) (*Held, error) {
	h := &Held{}
	for {
		room := int(int64(len(h.pieces))*pieceLength - h.size)
		if room == 0 {
			if err := b.Reserve(pieceLength); err != nil {
				return h, bound.NotRead(bound.TooLarge, "what lies in another container must be held to be read: %w", err)
			}
			h.pieces = append(h.pieces, make([]byte, pieceLength))
			room = pieceLength
		}
		n, err := r.Read(h.pieces[len(h.pieces)-1][pieceLength-room:])
		h.size += int64(n)
		if err == io.EOF {
			return h, nil
		}
		if err != nil {
			return h, fmt.Errorf("reading what lies in another container: %w", err)
		}
	}
}

// Drop gives the memory back.
func (h *Held) Drop(b *bound.Budget) { b.Release(int64(len(h.pieces)) * pieceLength) }

func (h *Held) ReadAt(b []byte, at int64) (n int, err error) {
	for n < len(b) {
		if at < 0 || at >= h.size {
			return n, io.EOF
		}
		piece := h.pieces[at/pieceLength]
		piece = piece[at%pieceLength : min(pieceLength, h.size-at/pieceLength*pieceLength)]
		m := copy(b[n:], piece)
		n += m
		at += int64(m)
	}
	return n, nil
}

// Content is what is held, and Reader reads all of it.
func (h *Held) Content() Content  { return Content{h, h.size} }
func (h *Held) Reader() io.Reader { return h.Content().Section(0, h.size) }

// Finder looks for words in contents. Its zero value is ready but for the Context.
type Finder struct {
	Context context.Context
	buffer  []byte
}

// Find returns the offset of a word in a part of a content, -1 where it is not. Holes are passed over.
func (f *Finder) Find(c Content, word string, from, to int64) (int64, error) {
	to = min(to, c.Size)
	if f.buffer == nil {
		f.buffer = make([]byte, pieceLength)
	}
	for step := int64(512); from < to; step = min(4*step, pieceLength) { // what is looked for is near, as a rule
		if err := f.Context.Err(); err != nil {
			return -1, err
		}
		from = max(from, Stored(c, from)-int64(len(word))+1) // a word begins with no zero
		n, err := c.ReadAt(f.buffer[:max(0, min(step, to-from))], from)
		if i := bytes.Index(f.buffer[:n], []byte(word)); i >= 0 {
			return from + int64(i), nil
		}
		if from+int64(n) >= to {
			return -1, nil
		}
		if err != nil {
			return -1, bound.NoEOF(err)
		}
		from += int64(n - len(word) + 1)
	}
	return -1, nil
}
