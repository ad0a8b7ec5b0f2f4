package pdf

import (
	"bufio"
	"bytes"
	"io"
	"sync"

	"skleak/scanner/archive/internal/decode"
)

// textReader reads the strings of a stream of operators. Those of one operator are one text, and so are those that
// nothing but a step to the right stands between. It goes over what is buffered, not from one byte to the next: there
// are many of them, and most are of numbers.
type textReader struct {
	from  *bufio.Reader
	out   []byte // text that was read and not handed over yet, from at on
	at    int
	err   error
	lastY bool // the operand at hand is not zero

	within place
	depth  int  // of the parentheses of the literal at hand
	half   bool // of the next byte of the hexadecimal string at hand the high digit was read
	high   byte // this
	word   [longestWord]byte
	length int // of the beginning of a word that goes on behind what is buffered; no more is kept than there is room for
}

// place is what the next byte stands in.
type place uint8

const (
	betweenTokens place = iota
	inComment
	inWord
	inLiteral // in parentheses
	inHex     // a string of hexadecimal digits, or the beginning of a dictionary
)

const (
	// maxPiece is about how much text is read at once.
	maxPiece = 4096
	// longestWord is how much of a word is kept: more than any operator has.
	longestWord = 16
	// longestEscape is a backslash and three digits.
	longestEscape = 4
)

// textReaders are those that are not in use.
var textReaders = sync.Pool{New: func() any { return new(textReader) }}

// NewText reads the strings of a stream, until done is called.
func NewText(r io.Reader) (text io.Reader, done func()) {
	from, free := decode.Buffer(r)
	t := textReaders.Get().(*textReader)
	*t = textReader{from: from, out: t.out[:0]}
	return t, func() {
		free()
		t.from = nil
		textReaders.Put(t)
	}
}

func (t *textReader) Read(b []byte) (int, error) {
	if t.at == len(t.out) {
		t.out, t.at = t.out[:0], 0
		for len(t.out) < maxPiece && t.err == nil {
			t.next()
		}
	}
	n := copy(b, t.out[t.at:])
	t.at += n
	if n == 0 && len(b) > 0 {
		return 0, t.err
	}
	return n, nil
}

// next goes over some of what is buffered.
func (t *textReader) next() {
	if t.from.Buffered() == 0 {
		if _, err := t.from.Peek(1); err != nil {
			t.end(err)
			return
		}
	}
	text, _ := t.from.Peek(t.from.Buffered()) // which is at hand
	n := 0
	switch t.within {
	case inComment:
		n = t.comment(text)
	case inWord:
		n = t.goOn(text)
	case inLiteral:
		n = t.literal(text)
	case inHex:
		n = t.hex(text)
	default:
		n = t.tokens(text)
	}
	_, _ = t.from.Discard(n) // it was peeked at
}

// end notes the end of the stream, which ends a word as well.
func (t *textReader) end(err error) {
	if t.within == inWord {
		t.operator(t.word[:t.length])
	}
	t.err = err
}

// tokens goes over tokens up to the beginning of a string, and returns how long that is.
func (t *textReader) tokens(text []byte) int {
	for i := 0; i < len(text); i++ {
		if isRegular(text[i]) {
			end := i + 1
			for end < len(text) && isRegular(text[end]) {
				end++
			}
			if end == len(text) { // it may go on
				t.within, t.length = inWord, copy(t.word[:], text[i:])
				return end
			}
			t.operator(text[i:end])
			i = end
		}
		switch text[i] {
		case '(':
			t.within, t.depth = inLiteral, 1
			return i + 1
		case '<':
			t.within = inHex
			return i + 1
		case '%':
			t.within = inComment
			return i + 1
		}
	}
	return len(text)
}

// comment goes over a comment, to the end of the line.
func (t *textReader) comment(text []byte) int {
	if end := bytes.IndexAny(text, "\n\r"); end >= 0 {
		t.within = betweenTokens
		return end + 1
	}
	return len(text)
}

// regular are the bytes that names, numbers and operators are made of.
var regular = func() (is [256]bool) {
	for c := range is {
		is[c] = c > ' ' && bytes.IndexByte([]byte("()<>[]{}/%"), byte(c)) < 0
	}
	return is
}()

func isRegular(c byte) bool { return regular[c] }

// goOn goes over the rest of a word.
func (t *textReader) goOn(text []byte) int {
	end := 0
	for end < len(text) && isRegular(text[end]) {
		end++
	}
	t.length += copy(t.word[t.length:], text[:end])
	if end < len(text) {
		t.within = betweenTokens
		t.operator(t.word[:t.length])
	}
	return end
}

// operator takes a number or an operator. Operators that go to another line end one.
func (t *textReader) operator(word []byte) {
	switch string(word) {
	case "Td", "TD":
		if t.lastY {
			t.put('\n')
		}
	case "T*", "'", "\"", "BT", "ET", "Tm":
		t.put('\n')
	default:
		t.lastY = false
		for _, c := range word[:min(len(word), longestWord)] {
			t.lastY = t.lastY || c != '-' && c != '+' && c != '0' && c != '.'
		}
	}
}

func (t *textReader) put(c byte) { t.out = append(t.out, c) }

// literal goes over a string in parentheses, which may nest.
func (t *textReader) literal(text []byte) int {
	text = text[:min(len(text), maxPiece)]
	start := 0 // what stands before is done
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '(':
			t.depth++
		case ')':
			if t.depth--; t.depth == 0 {
				t.out = append(t.out, text[start:i]...)
				t.within = betweenTokens
				return i + 1
			}
		case '\\':
			t.out = append(t.out, text[start:i]...)
			if len(text)-i < longestEscape {
				return i + t.lastEscape(i)
			}
			start = i + t.escape(text[i:])
			i = start - 1
		}
	}
	t.out = append(t.out, text[start:]...)
	return len(text)
}

// lastEscape is escape for what stands behind the next n bytes, near the end of what is buffered.
func (t *textReader) lastEscape(n int) int {
	text, err := t.from.Peek(n + longestEscape)
	if len(text) == n+1 {
		t.err = err
		return 1
	}
	return t.escape(text[n:])
}

// escaped are the bytes behind a backslash that stand for others.
var escaped = map[byte]byte{'n': '\n', 'r': '\r', 't': '\t', 'b': ' ', 'f': ' '}

// escape reads what a backslash and what stands behind it stand for, and returns how long that is.
func (t *textReader) escape(text []byte) int {
	c := text[1]
	switch {
	case c == '\r' || c == '\n': // the line goes on
		return 2
	case c >= '0' && c <= '7':
		value, n := byte(0), 1
		for n < min(len(text), longestEscape) && text[n] >= '0' && text[n] <= '7' {
			value = value<<3 | (text[n] - '0')
			n++
		}
		t.put(value)
		return n
	}
	if other, ok := escaped[c]; ok {
		c = other
	}
	t.put(c)
	return 2
}

// hexDigits are the values of the digits of hexadecimal numbers, and one more, so that other bytes have 0.
var hexDigits = func() (values [256]byte) {
	for value := range byte(16) {
		values["0123456789abcdef"[value]] = value + 1
		values["0123456789ABCDEF"[value]] = value + 1
	}
	return values
}()

// hex goes over a string of hexadecimal digits.
func (t *textReader) hex(text []byte) int {
	text = text[:min(len(text), 2*maxPiece)]
	for i, c := range text {
		if c == '<' || c == '>' {
			if t.half {
				t.put(t.high << 4)
			}
			t.within, t.half = betweenTokens, false
			return i + 1
		}
		d := hexDigits[c]
		if d == 0 {
			continue
		}
		if d--; t.half {
			t.put(t.high<<4 | d)
		}
		t.high, t.half = d, !t.half
	}
	return len(text)
}
