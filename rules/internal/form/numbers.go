package form

import (
	"bytes"

	"skleak/rules/internal/ascii"
)

// decodeHexBytes reads a list of hex numbers: 0x73, 0x6b of C and Go, 73:6b, 73 6b, the groups of
// hexdump and xxd with what they write beside them.
func decodeHexBytes(d *Decoding) { decodeNumbers(d, hexNumber) }

// decodeDecimalBytes reads a list of decimal numbers, as Node and Java print a buffer.
func decodeDecimalBytes(d *Decoding) { decodeNumbers(d, decimalNumber) }

// decodeNumbers reads the list of numbers that holds the candidate. Whatever is neither a number nor
// between two of them ends it.
func decodeNumbers(d *Decoding, number func(d *Decoding, i int) int) {
	text := d.src.Text
	onLine := 0 // numbers read on this line
	for i := startOfLine(text, d.first); i < d.last; {
		if n := beside(text, i, onLine); n > 0 {
			i += n
			continue
		}
		if n := number(d, i); n > 0 && (i == 0 || !ascii.IsAlnum(text[i-1])) && (i+n == len(text) || !ascii.IsAlnum(text[i+n])) {
			onLine += n
			i += n
			continue
		}
		if c := text[i]; bytes.IndexByte([]byte(" ,:;-\t\r\n\\"), c) < 0 {
			if i > d.At+CandidateLength {
				d.stop(i)
				return
			}
			d.reset()
		} else if c == '\n' {
			onLine = 0
		}
		i++
	}
	d.stop(d.last)
}

// hexNumber reads 0x73, 73 or a group of several bytes, 736b.
func hexNumber(d *Decoding, i int) int {
	text := d.src.Text
	n := i
	if ascii.HasPrefix(text[i:], "0x", "0X", `\x`) {
		n += 2
	}
	digits := n
	for n < len(text) && n-digits < 16 && ascii.IsHex(text[n]) {
		n++
	}
	if n-digits < 2 || (n-digits)&1 != 0 {
		return 0
	}
	for k := digits; k < n; k += 2 {
		from := k
		if k == digits {
			from = i
		}
		d.put(byte(ascii.HexValue(text[k])<<4|ascii.HexValue(text[k+1])), from, k+2)
	}
	return n - i
}

func decimalNumber(d *Decoding, i int) int {
	text := d.src.Text
	value, n := 0, i
	for n < len(text) && n-i < 3 && ascii.IsDigit(text[n]) {
		value = value*10 + int(text[n]-'0')
		n++
	}
	if n == i || value > 255 {
		return 0
	}
	d.put(byte(value), i, n)
	return n - i
}

// beside is the length of what a dump writes beside its bytes: the text column behind them, and
// behind a line end the offset of the next line.
func beside(text []byte, i, onLine int) int {
	if i == 0 || text[i-1] == '\n' {
		if n := offsetLength(text[i:]); n > 0 {
			return n
		}
	}
	if onLine >= 32 && ascii.HasPrefix(text[i:], "  ", " |") || onLine > 0 && ascii.HasPrefix(text[i:], "    ", "  |", "|") {
		end := bytes.IndexByte(text[i:min(len(text), i+40)], '\n')
		return max(0, end)
	}
	return 0
}

// offsetLength is the length of what a dump writes at the start of a line: 00000010, 00000010:, or 0x0010: behind a
// tab.
func offsetLength(text []byte) int {
	start := 0
	if ascii.HasPrefix(text, "\t") {
		start++
	}
	if ascii.HasPrefix(text[start:], "0x") {
		start += 2
	}
	n := start
	for n < len(text) && n-start < 16 && ascii.IsHex(text[n]) {
		n++
	}
	if ascii.HasPrefix(text[n:], ":") && n-start >= 4 || ascii.HasPrefix(text[n:], " ") && n-start >= 7 {
		return n + 1
	}
	return 0
}

// startOfLine is where the line starts that holds text[at], if that is near: a dump's line tells what is what from
// its start.
func startOfLine(text []byte, at int) int {
	for start := at; at-start < longestWidth; start-- {
		if start == 0 || text[start-1] == '\n' {
			return start
		}
	}
	return at
}

// decodeColumns reads what od -c writes: behind an offset, each character in four columns, with \n and the like, and
// octal numbers for what cannot be shown, which stand for the end of a key here.
func decodeColumns(d *Decoding) {
	text := d.src.Text
	i := startOfLine(text, d.first)
	for i < d.last {
		if n := offsetLength(text[i:]); n > 0 && (i == 0 || text[i-1] == '\n') {
			i += n - 1
		}
		field := text[i:min(len(text), i+4)]
		switch {
		case lineEnd(field) > 0:
			i += lineEnd(field)
			continue
		case len(field) == 4 && ascii.HasPrefix(field, "   "):
			d.put(field[3], i+3, i+4)
		default:
			d.put('\n', i, i+len(field))
		}
		i += len(field)
	}
	d.stop(i)
}
