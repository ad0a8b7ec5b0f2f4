package form

import "skleak/rules/internal/ascii"

// quotedPrintableStep undoes MIME's quoted-printable: =HH, and the equals sign at the end of a line
// that is not meant to end.
func quotedPrintableStep(d *Decoding, i int) int {
	rest := d.src.Text[i:]
	if rest[0] != '=' {
		return 0
	}
	if value, ok := hexAfter(rest, 1, 2); ok {
		d.put(byte(value), i, i+3)
		return 3
	}
	return softBreak(rest)
}

// softBreak is the length of an equals sign and the line end behind it, or 0. Mail programs may
// leave blanks between the two.
func softBreak(rest []byte) int {
	n := 1
	for n < len(rest) && n < 80 && (rest[n] == ' ' || rest[n] == '\t') {
		n++
	}
	end := lineEnd(rest[n:])
	if end == 0 {
		return 0
	}
	return n + end
}

// lineEnd is the length of the line end that text starts with, or 0.
func lineEnd(text []byte) int {
	switch {
	case ascii.HasPrefix(text, "\r\n"):
		return 2
	case ascii.HasPrefix(text, "\n"), ascii.HasPrefix(text, "\r"):
		return 1
	}
	return 0
}
