package scanner

import (
	"bytes"
	"testing"
	"unicode/utf8"
)

// texts hold characters of every length, whole, cut short, and broken by what follows.
var texts = []string{
	"",
	"plain",
	"two\nlines",
	"äß\n€uro",
	"a😀b\n😀😀",
	"\xf0\x9f\x98",             // the beginning of 😀
	"\xf0\x9f\x98key",          // cut short: three bytes, three columns
	"\xf0\x9f\xf0\x9f\x98\x80", // cut short, then whole
	"\xe2\x82\n\xacx",          // a line end within a character
	"\xff\xfe\x80\x80\x80",
	"\xc3\xc3\xc3\xa4\xe2\x82\xe2\x82\xac",
	"\xed\xa0\x80\xf4\x90\x80\x80\xc0\xaf", // a surrogate, beyond Unicode, overlong
}

// plainPlace is what Cursor must say, worked out the plain way.
func plainPlace(before string) (line, column int) {
	line = bytes.Count([]byte(before), []byte("\n")) + 1
	last := bytes.LastIndexByte([]byte(before), '\n') + 1
	return line, utf8.RuneCountInString(before[last:]) + 1
}

// TestCursorSplit splits each text into three pieces in every way, and into single bytes.
func TestCursorSplit(t *testing.T) {
	check := func(c *Cursor, before string) {
		t.Helper()
		line, column := plainPlace(before)
		if c.Line() != line || c.Column() != column {
			t.Errorf("behind %q: line %d, column %d; want %d, %d", before, c.Line(), c.Column(), line, column)
		}
	}
	for _, text := range texts {
		for i := range len(text) + 1 {
			for j := i; j <= len(text); j++ {
				var c Cursor
				for _, end := range []struct{ from, to int }{{0, i}, {i, j}, {j, len(text)}} {
					c.Advance([]byte(text[end.from:end.to]))
					check(&c, text[:end.to])
				}
			}
		}
		var c Cursor
		for i := range len(text) {
			c.Advance([]byte{text[i]})
			check(&c, text[:i+1])
		}
	}
}

func TestPlaceOf(t *testing.T) {
	tests := []struct {
		before, key string
		want        Place
	}{
		{"", "key", Place{1, 1, 1, 4}},
		{"ä€😀", "key", Place{1, 4, 1, 7}},
		{"one\ntwo ", "key", Place{2, 5, 2, 8}},
		{"one\n", "k\ney", Place{2, 1, 3, 3}},
		{"\xf0\x9f\x98", "key", Place{1, 4, 1, 7}},
	}
	for _, test := range tests {
		text := []byte(test.before + test.key + "\nbehind")
		got := PlaceOf(text, len(test.before), len(test.before)+len(test.key))
		if got != test.want {
			t.Errorf("%q behind %q: %v, want %v", test.key, test.before, got, test.want)
		}
	}
}

func BenchmarkCursor(b *testing.B) {
	text := bytes.Repeat([]byte("a line of source code, as long as most of them are\n"), 20000)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		var c Cursor
		c.Advance(text)
	}
}
