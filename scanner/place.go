package scanner

import (
	"bytes"
	"unicode/utf8"
)

// PlaceOf works out where the bytes start to end of text lie. It reads text from its beginning, so
// it is for hits only.
func PlaceOf(text []byte, start, end int) Place {
	var c Cursor
	c.Advance(text[:start])
	p := Place{Line: c.Line(), Column: c.Column()}
	c.Advance(text[start:end])
	p.EndLine, p.EndColumn = c.Line(), c.Column()
	return p
}

// Cursor counts lines and columns over a text that comes in pieces. Its zero value stands at the
// first character of the text.
type Cursor struct {
	lines   int
	columns int
}

// Line and Column say where the next byte stands, counted from 1.
func (c *Cursor) Line() int   { return c.lines + 1 }
func (c *Cursor) Column() int { return c.columns + 1 }

// Advance moves over piece. Bytes that are no UTF-8 count as one column each; a character split
// over two pieces counts once, at its first byte.
func (c *Cursor) Advance(piece []byte) {
	if n := bytes.Count(piece, []byte{'\n'}); n > 0 {
		c.lines += n
		c.columns = 0
		piece = piece[bytes.LastIndexByte(piece, '\n')+1:]
	}
	c.columns += utf8.RuneCount(piece)
}
