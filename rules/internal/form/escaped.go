package form

import (
	"bytes"

	"skleak/rules/internal/ascii"
)

// escapedStep undoes one layer of backslash escapes: those of JSON, C, Java, JavaScript, Python and
// Markdown have enough in common to be read as one.
func escapedStep(d *Decoding, i int) int {
	rest := d.src.Text[i:]
	for _, underscore := range []string{`{\_}`, "＿"} { // TeX's, and that of Chinese and Japanese keyboards
		if ascii.HasPrefix(rest, underscore) {
			d.put('_', i, i+len(underscore))
			return len(underscore)
		}
	}
	if rest[0] != '\\' || len(rest) < 2 {
		return 0
	}
	if value, ok := hexAfter(rest, 2, 2); ok && rest[1] == '\'' { // RTF's
		d.put(byte(value), i, i+4)
		return 4
	}
	switch c := rest[1]; {
	case c == 'u' || c == 'U' || c == 'x':
		return escapedHex(d, i, rest)
	case c >= '0' && c <= '7':
		return escapedOctal(d, i, rest)
	case bytes.IndexByte([]byte("ntrbfv"), c) >= 0:
		d.put("\n\t\r\b\f\v"[bytes.IndexByte([]byte("ntrbfv"), c)], i, i+2)
		return 2
	case !ascii.IsAlnum(c) && c > ' ':
		d.put(c, i, i+2)
		return 2
	}
	return 0
}

// escapedHex reads \uHHHH, \u{H…}, \UHHHHHHHH, \xHH and \x{H…}.
func escapedHex(d *Decoding, i int, rest []byte) int {
	if ascii.HasPrefix(rest[2:], "{") {
		end := bytes.IndexByte(rest[:min(len(rest), 12)], '}')
		if end < 4 {
			return 0
		}
		value, ok := ascii.ParseHex(rest[3:end])
		if !ok {
			return 0
		}
		d.putRune(rune(value), i, i+end+1)
		return end + 1
	}
	digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[rest[1]]
	value, ok := hexAfter(rest, 2, digits)
	if !ok {
		return 0
	}
	if digits == 2 {
		d.put(byte(value), i, i+4)
	} else {
		d.putRune(rune(value), i, i+2+digits)
	}
	return 2 + digits
}

// octalAfter reads three octal digits.
func octalAfter(digits []byte) (value int, ok bool) {
	for _, c := range digits {
		if c < '0' || c > '7' {
			return 0, false
		}
		value = value*8 + int(c-'0')
	}
	return value, value < 256
}

func escapedOctal(d *Decoding, i int, rest []byte) int {
	value, n := 0, 1
	if len(rest) >= 5 && rest[1] == '0' && (len(rest) == 5 || bytes.IndexByte([]byte("\\'\"` \n)"), rest[5]) >= 0) {
		if value, ok := octalAfter(rest[2:5]); ok { // a shell's \0163
			d.put(byte(value), i, i+5)
			return 5
		}
	}
	for n < len(rest) && n < 4 && rest[n] >= '0' && rest[n] <= '7' && value*8+int(rest[n]-'0') < 256 {
		value = value*8 + int(rest[n]-'0')
		n++
	}
	d.put(byte(value), i, i+n)
	return n
}

// strippedStep undoes \u00HH where something took the backslashes away. Only what cannot be a letter
// is believed to have been one.
func strippedStep(d *Decoding, i int) int {
	rest := d.src.Text[i:]
	if !ascii.HasPrefix(rest, "u00") {
		return 0
	}
	value, ok := hexAfter(rest, 3, 2)
	if !ok || ascii.IsAlnum(byte(value)) || value >= 0x80 {
		return 0
	}
	d.put(byte(value), i, i+5)
	return 5
}
