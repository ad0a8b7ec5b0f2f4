package rules

import "bytes"

// decodeHex reads pairs of hex digits around the candidate, and goes on behind a line end where the
// lines are those of a dump.
func decodeHex(d *decoding) {
	text := d.src.text
	start := hexStart(text, d.first, d.at, d.phase)
	line := start
	i := start
	for i < d.last {
		if i+1 < len(text) && hexValue(text[i]) >= 0 && hexValue(text[i+1]) >= 0 {
			d.put(byte(hexValue(text[i])<<4|hexValue(text[i+1])), i, i+2)
			i += 2
			continue
		}
		n := wrap(text, line, i, isHex)
		if i < d.at+windowLong {
			n = breakLength(text[i:])
		}
		if n == 0 {
			break
		}
		i += n
		line = i
	}
	d.stop(i)
}

// hexStart goes back from the candidate to the first pair of its run, over line ends as well: on
// this side they do no harm.
func hexStart(text []byte, first, at, phase int) int {
	start := at
	for i, odd := at, phase != 0; i > first; {
		if hexValue(text[i-1]) >= 0 {
			i--
			if odd = !odd; !odd {
				start = i
			}
			continue
		}
		end := i
		for i > first && bytes.IndexByte([]byte(" \t\r\n"), text[i-1]) >= 0 {
			i--
		}
		if lineEnd(bytes.TrimLeft(text[i:end], " \t")) == 0 {
			break
		}
	}
	if start == at && phase != 0 {
		return at + 1
	}
	return start
}

func isHex(c byte) bool { return hexValue(c) >= 0 }

// widths are the line lengths that encoders wrap at: those of PEM, MIME, xxd and their like.
var widths = map[int]bool{32: true, 48: true, 57: true, 60: true, 64: true, 65: true, 70: true, 72: true, 73: true, 74: true, 75: true, 76: true, 78: true, 80: true, 96: true, 100: true, 120: true, 128: true}

// wrap is the length of the break at text[at:] if a run of encoded text goes on behind it, else 0.
// The run on this line started at start. A break is a line end or what stands for one in a string,
// and the blanks of the next line, or what joins two literals of a program. That line must hold nothing but encoded text, not more of it than
// this one, and this one must be as long as encoders make them: two values on two lines are more
// common than one value on both.
func wrap(text []byte, start, at int, digit func(byte) bool) int {
	n := breakLength(text[at:])
	if n == 0 && quoteLength(text[at:]) > 0 {
		if length, kind := readJoint(text, at); kind == byOperator || kind == byLine {
			n = length
		}
	}
	if n == 0 {
		return 0
	}
	width := at - start
	if !widths[width] && !widths[width+lineIndent(text, start)] {
		return 0
	}
	next := at + n
	end := next
	for end < len(text) && end-next <= width && digit(text[end]) {
		end++
	}
	if end == next || end-next > width || !endsLine(text[end:]) {
		return 0
	}
	return n
}

// lineIndent is how much of the line stands before start, at most the longest width.
func lineIndent(text []byte, start int) int {
	for n := 0; n < 128; n++ {
		if start-n == 0 || text[start-n-1] == '\n' {
			return n
		}
	}
	return 0
}

// breakLength is the length of a line end, plain or escaped, and the blanks behind it, or 0.
func breakLength(text []byte) int {
	n := lineEnd(text)
	if n == 0 {
		for _, b := range []string{`\r\n`, `\n`, "\\\r\n", "\\\n", "=\r\n", "=\n", "%0D%0A", "%0A", "%0d%0a", "%0a"} {
			if hasPrefix(text, b) {
				n = len(b)
				break
			}
		}
	}
	for n > 0 && n < len(text) && n < 80 && (text[n] == ' ' || text[n] == '\t') {
		n++
	}
	return n
}

// endsLine says whether a line of encoded text may end here: padding and quotes aside, there is
// nothing more on it.
func endsLine(text []byte) bool {
	for i, c := range text[:min(len(text), 8)] {
		switch c {
		case '=', '"', '\'', '`', ',', ';', ')', ']', '}', ' ', '\t':
			continue
		case '\r', '\n', '\\', '<', '%', '&', 0:
			return true
		}
		return i > 0 && text[i-1] != '='
	}
	return true
}
