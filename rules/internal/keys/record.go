package keys

import (
	"bytes"
	"unicode/utf8"

	"skleak/rules/internal/ascii"
)

// Binary formats write in front of a text how long it is. Where that byte looks like a letter or a digit, it touches
// the key; and what follows the key may look like more of it. So the length is evidence of where a key starts and
// where it ends. It is believed where it is exact, or where what else a format writes is there too.

const (
	shortestRecord = PrefixLen + 16
	recordBefore   = 256 // how far in front of a key a row's header is looked for
)

// recordEnd is where the key at text[at:] ends, whose body characters go on to end, if what stands in front of it
// says so; else it is 0. other is where the key may end as well, or 0: then one character says so, which may be a quote
// behind a word in a text of another encoding.
func recordEnd(text []byte, at, end int) (recorded, other int) {
	if at == 0 || end-at < shortestRecord || wholeBody(text[at+PrefixLen:]) > 0 {
		return 0, 0
	}
	left := text[max(0, at-recordBefore):at]
	for _, n := range lengthsBefore(left) {
		if n == end-at {
			return end, 0
		}
		if n < shortestRecord || n > end-at || !isBinary(left) || !isTyped(left, text[at+n:end]) {
			continue
		}
		switch {
		case startsString(left, text[at+n:end]):
			return at + n, end
		case !hasControls(left[max(0, len(left)-typeReach):]):
			return end, at + n
		default:
			return at + n, 0
		}
	}
	if !isBinary(left) {
		return 0, 0
	}
	if n := chunkLength(left); n >= shortestRecord && n <= end-at {
		return at + n, 0
	}
	switch n := columnLength(left); {
	case n == end-at:
		return end, 0
	case n >= shortestRecord && n < end-at: // of 100 random texts one looks like a row
		return at + n, end
	}
	return 0, 0
}

// lengthsBefore are what the bytes at the end of left say of the length of what follows: one byte (most formats), one
// byte and five (Ruby's Marshal), or four bytes of a length that counts a NUL at the end (BSON).
func lengthsBefore(left []byte) []int {
	n := len(left)
	last := left[n-1]
	var lengths []int
	// A blank is far more often a blank than a length of 32, and a key that is cut there looks dead.
	isText := last == ' ' && !hasControls(left[max(0, n-6):]) && !(isBinary(left) && endsString(left[:n-1]))
	if !isText && (n == 1 || !ascii.IsBody(left[n-2]) || isBinary(left)) {
		lengths = append(lengths, int(last))
		if last&1 == 0 && n > 1 && isBinary(left) {
			lengths = append(lengths, int(last)/2) // Avro's
		}
		if n > 1 && left[n-2] == '"' {
			lengths = append(lengths, int(last)-5)
		}
	}
	if n >= 4 && left[n-1] == 0 && left[n-2] == 0 {
		lengths = append(lengths, int(left[n-4])|int(left[n-3])<<8, int(left[n-4])+int(left[n-3])<<8-1)
	}
	return lengths
}

const (
	// typesBefore is how far in front of a key what no text has is looked for.
	typesBefore = 48
	// typeReach is how near it must be for a character that may be a quote to be a length and nothing else.
	typeReach = 8
)

// isBinary says whether left holds something near its end that no text has: a control character, or what is no UTF-8.
// Texts in the encodings of one byte a character are taken for binary too.
func isBinary(left []byte) bool {
	if start := len(left) - typesBefore; start > 0 {
		left = left[start:]
		for len(left) > 0 && !utf8.RuneStart(left[0]) { // the rest of a character that starts further away
			left = left[1:]
		}
	}
	return hasControls(left) || !utf8.Valid(left)
}

// hasControls says whether text holds a control character that no text has.
func hasControls(text []byte) bool {
	for _, c := range text {
		if c < '\t' || c > '\r' && c < ' ' && c != 0x1b || c == 0x7f {
			return true
		}
	}
	return false
}

// isTyped says whether the mark of a type stands before the length, Python's, MessagePack's or CBOR's, or the text
// that is left over is short enough for the mark of the next one: behind a length of two or four bytes, or protobuf's.
func isTyped(left, rest []byte) bool {
	n := len(left)
	if n < 2 {
		return false
	}
	before := left[n-2]
	return bytes.IndexByte([]byte("zZx\xfa\xda\xd9\xa3\x8c\xc4"), before) >= 0 || before == 0 && len(rest) <= 2 ||
		before&7 == 2 && len(rest) == 1
}

// endsString says whether a text of CBOR's, which tells its length, stands in front of the mark of the next at the end
// of left.
func endsString(left []byte) bool {
	n := len(left) - 1
	for size := 1; size < 24 && size < n && left[n] == 'x'; size++ {
		if left[n-size-1] == 0x60+byte(size) {
			return true
		}
	}
	return false
}

// startsString says whether rest is the next texts of CBOR's, which tell their lengths, and one stands before as well.
func startsString(left, rest []byte) bool {
	if len(rest) == 0 || !endsString(left[:len(left)-1]) {
		return false
	}
	for len(rest) > 0 && rest[0] >= 0x60 && rest[0] < 0x78 && int(rest[0]-0x60) < len(rest) {
		rest = rest[1+rest[0]-0x60:]
	}
	return len(rest) == 0
}

// chunkLength is the length of a text in a PNG file: before its keyword stand four bytes of the length of both, and
// tEXt.
func chunkLength(left []byte) int {
	at := max(bytes.LastIndex(left, []byte("tEXt")), bytes.LastIndex(left, []byte("iTXt")))
	if at < 4 {
		return 0
	}
	return int(left[at-3])<<16 + int(left[at-2])<<8 + int(left[at-1]) - (len(left) - at - 4)
}

// columnLength is the length of a column of a row of SQLite's. In front of a row's columns stands a header: its own
// length, and for each column a number that tells its type, 13 and twice its length for a text.
func columnLength(left []byte) int {
	for start := max(0, len(left)-recordBefore); start < len(left); start++ {
		size := int(left[start])
		if size < 3 || size > 64 || start+size > len(left) {
			continue
		}
		header := left[start : start+size]
		if !bytes.ContainsAny(header, "\x00\x01\x02\x03\x04\x05\x06\x07\x08") {
			continue // a text, whose characters can pass for lengths; nearly all rows have a number or nothing in them
		}
		if n := columnAt(header[1:], len(left)-start-size); n > 0 {
			return n
		}
	}
	return 0
}

// columnAt is the length of the text column that starts at offset, by the types of a header.
func columnAt(types []byte, offset int) int {
	at, columns := 0, 0
	for i := 0; i < len(types); columns++ {
		value := int(types[i] & 0x7f)
		if types[i] >= 0x80 {
			if i++; i == len(types) || types[i] >= 0x80 {
				return 0
			}
			value = value<<7 | int(types[i])
		}
		i++
		size := [...]int{0, 1, 2, 3, 4, 6, 8, 8, 0, 0, -1, -1}
		switch {
		case value < len(size) && size[value] < 0:
			return 0
		case value < len(size):
			at += size[value]
		case at == offset && value&1 == 1 && value >= 13+2*shortestRecord && i <= len(types) &&
			(columns > 0 || i < len(types)):
			return (value - 13) / 2
		default:
			at += (value - 12) / 2
		}
		if at > offset {
			return 0
		}
	}
	return 0
}
