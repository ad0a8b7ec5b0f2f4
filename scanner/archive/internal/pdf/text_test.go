package pdf

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// plainText reads the strings of a stream that is all at hand, one byte after the other.
type plainText struct {
	in, out []byte
	lastY   bool
}

func (p *plainText) read() []byte {
	for len(p.in) > 0 {
		c := p.take()
		switch {
		case c == '(':
			p.literal()
		case c == '<':
			p.hex()
		case c == '%':
			for c != '\n' && c != '\r' && len(p.in) > 0 {
				c = p.take()
			}
		case isRegular(c):
			word := []byte{c}
			for len(p.in) > 0 && isRegular(p.in[0]) {
				word = append(word, p.take())
			}
			p.operator(string(word))
		}
	}
	return p.out
}

func (p *plainText) take() byte {
	c := p.in[0]
	p.in = p.in[1:]
	return c
}

func (p *plainText) operator(word string) {
	switch word {
	case "Td", "TD":
		if p.lastY {
			p.out = append(p.out, '\n')
		}
	case "T*", "'", "\"", "BT", "ET", "Tm":
		p.out = append(p.out, '\n')
	default:
		p.lastY = strings.Trim(word[:min(len(word), 16)], "-+0.") != ""
	}
}

func (p *plainText) literal() {
	for depth := 1; len(p.in) > 0; {
		c := p.take()
		switch c {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return
			}
		case '\\':
			if len(p.in) == 0 {
				return
			}
			if c = p.take(); c == '\r' || c == '\n' {
				continue
			}
			if i := strings.IndexByte("nrtbf", c); i >= 0 {
				c = "\n\r\t  "[i]
			} else if c >= '0' && c <= '7' {
				c -= '0'
				for n := 1; n < 3 && len(p.in) > 0 && p.in[0] >= '0' && p.in[0] <= '7'; n++ {
					c = c<<3 | (p.take() - '0')
				}
			}
		}
		p.out = append(p.out, c)
	}
}

func (p *plainText) hex() {
	high, half := byte(0), false
	for len(p.in) > 0 {
		c := p.take()
		if c == '<' || c == '>' {
			if half {
				p.out = append(p.out, high<<4)
			}
			return
		}
		d := bytes.IndexByte([]byte("0123456789abcdef"), c|0x20)
		if c < '0' || d < 0 {
			continue
		}
		if half {
			p.out = append(p.out, high<<4|byte(d))
		}
		high, half = byte(d), !half
	}
}

// seeds hold what a reader may be in when the buffer ends, and a stream that is longer than one.
func seeds() []string {
	long := strings.Repeat("1 0 0 1 72.5 -700 Tm [(sk)-12(_)](li\\(ve\\)) TJ 0 -14 Td <41 4> ' % no (text)\r", 1700)
	return []string{
		"", "(", "(a", "(a\\", "(a\\1", "(a\\12", "(a\\1234)", "(a\\\n b)", "(((a)b)c)d(e)", "<4", "<41424>", "<<a>>(b)<4g1>",
		"BT", "ET ", "1 0 Td", "1 0.0 Td(a)", "1 2 TD(a)", "% (a)\n(b)%", "0000000000000000001 Td", "(\\n\\r\\t\\b\\f\\8)",
		long, "(" + strings.Repeat("a\\(", 30_000) + ")" + strings.Repeat("x", 70_000) + " ET(b)",
		strings.Repeat("-", 65_535) + "1 Td (a)", "<" + strings.Repeat("4", 70_001) + ">",
		"(" + strings.Repeat("a", 65_534) + "\\101)", "(" + strings.Repeat("a", 65_533) + "\\101)",
	}
}

func checkText(t *testing.T, stream string) {
	t.Helper()
	want := (&plainText{in: []byte(stream)}).read()
	for how, r := range map[string]io.Reader{
		"whole": strings.NewReader(stream), "a byte at a time": iotest.OneByteReader(strings.NewReader(stream)),
		"by halves": iotest.HalfReader(strings.NewReader(stream)), "with its end": iotest.DataErrReader(strings.NewReader(stream)),
	} {
		text, done := NewText(r)
		got, err := io.ReadAll(text)
		done()
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s, %.40q…: %.200q, %v, want %.200q", how, stream, got, err, want)
		}
	}
}

// What is read by the buffer is what is read byte by byte.
func TestTextIsThatOfEachByte(t *testing.T) {
	for _, stream := range seeds() {
		checkText(t, stream)
	}
}

func TestTextTellsItsError(t *testing.T) {
	for _, stream := range []string{"1 0 Td (a", "BT", "<4", "% a", "(a\\"} {
		text, done := NewText(io.MultiReader(strings.NewReader(stream), iotest.ErrReader(io.ErrUnexpectedEOF)))
		if _, err := io.ReadAll(text); err != io.ErrUnexpectedEOF {
			t.Errorf("%q: %v", stream, err)
		}
		done()
	}
}

func FuzzText(f *testing.F) {
	for _, stream := range seeds() {
		f.Add(stream)
	}
	f.Fuzz(func(t *testing.T, stream string) { checkText(t, stream) })
}

func BenchmarkText(b *testing.B) {
	stream := strings.Repeat("1 0 0 1 72.5 -700 Tm\n[(sk)-12(_)](live) TJ\n0 -14 Td\n123.4 456.7 m\n12.5 33.25 l\nS\n", 3000)
	b.SetBytes(int64(len(stream)))
	for b.Loop() {
		text, done := NewText(strings.NewReader(stream))
		if _, err := io.Copy(io.Discard, text); err != nil {
			b.Fatal(err)
		}
		done()
	}
}
