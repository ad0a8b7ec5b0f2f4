package pdf

import (
	"bufio"
	"bytes"
	"io"
	"strings"
)

// textReader reads the strings of a stream of operators. Those of one operator are one text, and so are those that
// nothing but a step to the right stands between.
type textReader struct {
	from  *bufio.Reader
	out   bytes.Buffer
	err   error
	lastY bool // the operand at hand is not zero

	depth int  // of the parentheses of the literal at hand, 0: none
	inHex bool // a string of hexadecimal digits is at hand
	half  bool // of its next byte the high digit was read
	high  byte // this
}

// maxPiece is how much of a string is read at once: some are all of a stream.
const maxPiece = 4096

// NewText reads the strings of a stream.
func NewText(r io.Reader) io.Reader { return &textReader{from: bufio.NewReaderSize(r, 64<<10)} }

func (t *textReader) Read(b []byte) (int, error) {
	for t.out.Len() == 0 && t.err == nil {
		switch {
		case t.depth > 0:
			t.literal()
		case t.inHex:
			t.hex()
		default:
			t.token()
		}
	}
	if t.out.Len() > 0 {
		return t.out.Read(b)
	}
	return 0, t.err
}

// token reads one token, or the beginning of a string.
func (t *textReader) token() {
	c, err := t.from.ReadByte()
	if err != nil {
		t.err = err
		return
	}
	switch {
	case c == '(':
		t.depth = 1
	case c == '<':
		t.inHex = true
	case c == '%':
		for c != '\n' && c != '\r' && err == nil {
			c, err = t.from.ReadByte()
		}
	case isRegular(c):
		t.word(c)
	}
}

func isRegular(c byte) bool {
	return c > ' ' && bytes.IndexByte([]byte("()<>[]{}/%"), c) < 0
}

// word reads a number or an operator. Operators that go to another line end one.
func (t *textReader) word(c byte) {
	var word [16]byte
	n := 0
	for isRegular(c) {
		if n < len(word) {
			word[n] = c
			n++
		}
		var err error
		if c, err = t.from.ReadByte(); err != nil {
			t.err = err
			break
		}
	}
	if t.err == nil {
		_ = t.from.UnreadByte() // one was just read
	}
	switch string(word[:n]) {
	case "Td", "TD":
		if t.lastY {
			t.out.WriteByte('\n')
		}
	case "T*", "'", "\"", "BT", "ET", "Tm":
		t.out.WriteByte('\n')
	default:
		t.lastY = len(bytes.Trim(word[:n], "-+0.")) > 0
	}
}

// literal reads on in a string in parentheses, which may nest.
func (t *textReader) literal() {
	for t.depth > 0 && t.out.Len() < maxPiece {
		c, err := t.from.ReadByte()
		if err != nil {
			t.err = err
			return
		}
		switch c {
		case '(':
			t.depth++
		case ')':
			if t.depth--; t.depth == 0 {
				return
			}
		case '\\':
			t.escape()
			continue
		}
		t.out.WriteByte(c)
	}
}

// escape reads what stands behind a backslash.
func (t *textReader) escape() {
	c, err := t.from.ReadByte()
	if err != nil {
		t.err = err
		return
	}
	switch c {
	case 'n':
		c = '\n'
	case 'r':
		c = '\r'
	case 't':
		c = '\t'
	case 'b', 'f':
		c = ' '
	case '\r', '\n': // the line goes on
		return
	case '0', '1', '2', '3', '4', '5', '6', '7':
		value := c - '0'
		for range 2 {
			next, err := t.from.Peek(1)
			if err != nil || next[0] < '0' || next[0] > '7' {
				break
			}
			value = value<<3 | (next[0] - '0')
			_, _ = t.from.Discard(1) // it was peeked at
		}
		c = value
	}
	t.out.WriteByte(c)
}

const hexDigits = "0123456789abcdefABCDEF"

// hex reads on in a string of hexadecimal digits, or in the beginning of a dictionary.
func (t *textReader) hex() {
	for t.out.Len() < maxPiece {
		c, err := t.from.ReadByte()
		if err != nil {
			t.err = err
			return
		}
		if c == '<' || c == '>' {
			if t.half {
				t.out.WriteByte(t.high << 4)
			}
			t.inHex, t.half = false, false
			return
		}
		d := strings.IndexByte(hexDigits, c)
		if d < 0 {
			continue
		}
		if d > 15 { // a capital
			d -= 6
		}
		if t.half {
			t.out.WriteByte(t.high<<4 | byte(d))
		}
		t.high, t.half = byte(d), !t.half
	}
}
