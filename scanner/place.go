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
	return c.PlaceOf(text[start:end])
}

// Cursor counts lines and columns over a text that comes in pieces. Its zero value stands at the
// first character of the text.
type Cursor struct {
	lines   int
	columns int // characters of the line, but for the bytes that are held back

	// held are the last bytes of what came so far, if they could be the beginning of a character
	// that the next piece completes.
	held  [utf8.UTFMax - 1]byte
	nHeld int
}

// Line and Column say where the next byte stands, counted from 1. A character that is not complete
// yet counts as the bytes that came of it: what follows may not belong to it.
func (c *Cursor) Line() int   { return c.lines + 1 }
func (c *Cursor) Column() int { return c.columns + c.nHeld + 1 }

// PlaceOf says where piece lies, which comes next. It does not move the cursor.
func (c Cursor) PlaceOf(piece []byte) Place {
	p := Place{Line: c.Line(), Column: c.Column()}
	c.Advance(piece)
	p.EndLine, p.EndColumn = c.Line(), c.Column()
	return p
}

// Advance moves over piece. Bytes that are no UTF-8 count as one column each; a character split
// over several pieces counts once.
func (c *Cursor) Advance(piece []byte) {
	if n := bytes.Count(piece, []byte{'\n'}); n > 0 {
		c.lines += n
		c.columns, c.nHeld = 0, 0
		piece = piece[bytes.LastIndexByte(piece, '\n')+1:]
	}
	piece = c.release(piece)
	for i := max(0, len(piece)-len(c.held)); i < len(piece); i++ {
		if !utf8.FullRune(piece[i:]) {
			c.nHeld = copy(c.held[:], piece[i:])
			piece = piece[:i]
		}
	}
	c.columns += utf8.RuneCount(piece)
}

// Skip moves over n bytes that are zero, each of them a character.
func (c *Cursor) Skip(n int64) {
	if n > 0 {
		c.Advance([]byte{0})
		c.columns += int(n - 1)
	}
}

// release counts the bytes held back, now that piece follows them, and returns what of piece is not
// counted yet. A piece too short to settle the matter is held back as well.
func (c *Cursor) release(piece []byte) (rest []byte) {
	for c.nHeld > 0 {
		var text [2 * utf8.UTFMax]byte
		n := copy(text[:], c.held[:c.nHeld])
		n += copy(text[n:], piece)
		if !utf8.FullRune(text[:n]) {
			c.nHeld = copy(c.held[:], text[:n])
			return nil
		}
		_, size := utf8.DecodeRune(text[:n])
		c.columns++
		if size > c.nHeld {
			piece = piece[size-c.nHeld:]
			c.nHeld = 0
		} else {
			c.nHeld = copy(c.held[:], c.held[size:c.nHeld])
		}
	}
	return piece
}
