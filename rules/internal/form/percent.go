package form

import "skleak/rules/internal/ascii"

// percentStep undoes one layer of %HH, as in URLs, and the %uHHHH of old scripts. A plus sign stays:
// whether it was a space does not matter to a key.
func percentStep(d *Decoding, i int) int {
	rest := d.src.Text[i:]
	if rest[0] != '%' {
		return 0
	}
	if value, ok := hexAfter(rest, 1, 2); ok {
		d.put(byte(value), i, i+3)
		return 3
	}
	if ascii.HasPrefix(rest, "%u") {
		if value, ok := hexAfter(rest, 2, 4); ok {
			d.putRune(rune(value), i, i+6)
			return 6
		}
	}
	return 0
}

// hexAfter reads n hex digits of text from at.
func hexAfter(text []byte, at, n int) (value uint32, ok bool) {
	if len(text) < at+n {
		return 0, false
	}
	return ascii.ParseHex(text[at : at+n])
}
