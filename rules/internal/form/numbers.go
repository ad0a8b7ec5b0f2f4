package form

import (
	"bytes"

	"skleak/rules/internal/ascii"
)

// decodeHexBytes reads a list of hex numbers: 0x73, 0x6b of C and Go, 73:6b, 73 6b, the groups of
// hexdump and xxd with what they write beside them.
func decodeHexBytes(d *Decoding) { decodeNumbers(d, hexNumber) }

// decodeDecimalBytes reads a list of decimal numbers, as Node and Java print a buffer, or calls with one each.
func decodeDecimalBytes(d *Decoding) {
	if bytes.ContainsAny(d.src.Text[d.At:min(len(d.src.Text), d.At+CandidateLength)], "()") {
		decodeCalls(d)
		return
	}
	decodeNumbers(d, decimalNumber)
}

// decodeNumbers reads the list of numbers that holds the candidate. Whatever is neither a number nor
// between two of them ends it.
func decodeNumbers(d *Decoding, number func(d *Decoding, i int) int) {
	text := d.src.Text
	onLine, last := 0, 0 // what the numbers of this line, and the last of them, take
	for i := startOfLine(text, d.first); i < d.last; {
		if n := beside(text, i, onLine, last); n > 0 {
			i += n
			continue
		}
		c := text[i]
		if ascii.IsHex(c) || c == '\\' {
			if n := number(d, i); n > 0 && (i == 0 || !ascii.IsAlnum(text[i-1])) &&
				(i+n == len(text) || !ascii.IsAlnum(text[i+n])) {
				onLine += n
				last = n
				i += n
				continue
			}
		}
		switch c {
		case '\n':
			onLine = 0
		case ' ', ',', ':', ';', '-', '\t', '\r', '\\':
		default:
			if i > d.At+CandidateLength {
				d.stop(i)
				return
			}
			d.reset()
		}
		i++
	}
	d.stop(d.last)
}

// hexNumber reads 0x73, 73 or a group of several bytes, 736b.
func hexNumber(d *Decoding, i int) int {
	text := d.src.Text
	n := i
	if n+1 < len(text) && (text[n+1]|0x20 == 'x' && text[n] == '0' || text[n+1] == 'x' && text[n] == '\\') {
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
func beside(text []byte, i, onLine, last int) int {
	if i == 0 || text[i-1] == '\n' {
		if n := offsetLength(text[i:]); n > 0 {
			return n
		}
	}
	if c := text[i]; c != '|' && (c != ' ' || i+1 == len(text) || text[i+1] != ' ' && text[i+1] != '|') {
		return 0 // as nearly everywhere
	}
	pairs := onLine >= 16 && last == 4 && ascii.HasPrefix(text[i:], "  ")
	if pairs || onLine >= 32 && ascii.HasPrefix(text[i:], "  ", " |") || onLine > 0 &&
		ascii.HasPrefix(text[i:], "    ", "  |", "  >", "|") {
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
	if ascii.HasPrefix(text[n:], ":") && n-start >= 4 || ascii.HasPrefix(text[n:], " ") &&
		(n-start >= 7 || n-start == 6 && startsBytes(text[n+1:])) {
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
// octal numbers for what cannot be shown, which stand for the end of a key here. In which columns the characters stand,
// the candidate tells.
func decodeColumns(d *Decoding) {
	text := d.src.Text
	at := d.At
	for at < len(text) && text[at] == ' ' {
		at++
	}
	column := (at - startOfLine(text, d.At)) & 3
	line := startOfLine(text, d.first)
	for line < d.last {
		start := line + max(1, offsetLength(text[line:])) - 1
		end := line
		for end < len(text) && end-line < longestWidth && lineEnd(text[end:]) == 0 {
			end++
		}
		for i := start + (column-(start-line))&3; i < end; i += 4 {
			if len(bytes.Trim(text[max(start, i-3):i], " ")) == 0 {
				d.put(text[i], i, i+1)
			} else {
				d.put('\n', i, i+1)
			}
		}
		line = end + max(1, lineEnd(text[end:]))
	}
	d.stop(min(line, d.last))
}

// callsBefore is how far in front of a candidate the calls are read.
const callsBefore = 48

// decodeCalls reads Chr(115) & Chr(107) and the like around the candidate.
func decodeCalls(d *Decoding) {
	text := d.src.Text
	i := max(0, d.At-callsBefore)
	for i < d.last {
		value, n := characterCall(text, i)
		if n == 0 {
			if i > d.At {
				break
			}
			d.reset()
			i++
			continue
		}
		d.put(value, i, i+n)
		i += n
		for joint := i; i < len(text) && i-joint < longestGap && bytes.IndexByte([]byte(" \t\r\n&+.|,_"), text[i]) >= 0; {
			i++
		}
	}
	d.stop(i)
}

// characterCall reads a call at text[i:] that makes a character of its number, and returns its length, or 0.
func characterCall(text []byte, i int) (value byte, n int) {
	end := i
	for end < len(text) && end-i < 8 && ascii.IsLetter(text[end]) {
		end++
	}
	if end == i || end == len(text) || text[end] != '(' || i > 0 && ascii.IsLetter(text[i-1]) {
		return 0, 0
	}
	number, digits := 0, end+1
	for end = digits; end < len(text) && end-digits < 3 && ascii.IsDigit(text[end]); end++ {
		number = number*10 + int(text[end]-'0')
	}
	if end == digits || end == len(text) || text[end] != ')' || number > 255 {
		return 0, 0
	}
	return byte(number), end + 1 - i
}

// startsBytes says whether text starts with numbers of two hex digits, as they stand behind an offset of od's.
func startsBytes(text []byte) bool {
	return len(text) > 2 && ascii.IsHex(text[0]) && ascii.IsHex(text[1]) && text[2] == ' '
}
