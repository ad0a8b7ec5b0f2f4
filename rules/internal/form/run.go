package form

import "skleak/rules/internal/ascii"

// A run reads the characters of a wholesale encoding around a candidate: base64 or hex. Some of them
// may be escaped, and lines may end between them.
type run struct {
	d      *Decoding
	charAt func(text []byte) (value byte, n int) // reads one and its length, or 0
	isChar func(c byte) bool
	chars  []codedChar
	line   int // where the run starts on this line
	// taken are the lengths at which a line that starts with a key is more often all of that key than
	// the first line of several.
	taken map[int]bool
}

type codedChar struct {
	value    byte
	from, to int32
}

// read collects the run that holds the candidate, and returns where it ends.
func (r *run) read() (end int) {
	text := r.d.src.Text
	i := r.d.first
	if i > 0 && text[i-1] == '\\' {
		i++ // the letter of \n is none of the run
	}
	r.chars = r.d.chars[:0]
	r.line = r.lineStart(i)
	for i < r.d.last {
		c, n := r.charAt(text[i:])
		if n > 0 {
			r.chars = append(r.chars, codedChar{c, int32(i), int32(i + n)})
			i += n
			continue
		}
		if n = r.breakAt(i); n == 0 {
			if i >= r.d.At {
				break
			}
			r.chars = r.chars[:0]
			n = 1
		}
		i += n
		r.line = i
	}
	r.d.chars = r.chars
	return i
}

// lineStart goes back to where the run on this line starts.
func (r *run) lineStart(at int) int {
	text := r.d.src.Text
	start := at
	for start > 0 && at-start < longestWidth && r.isChar(text[start-1]) {
		start--
	}
	if start > 0 && start < at && text[start-1] == '\\' {
		start++ // the letter of \n
	}
	return start
}

// breakAt is the length of a break at i. Inside a literal that is known to hold one, any will do.
func (r *run) breakAt(i int) int {
	if r.d.Broken && i >= r.d.Start && i < r.d.At+CandidateLength {
		return breakLength(r.d.src.Text[i:])
	}
	if r.line == r.d.Start && r.taken[i-r.line] {
		return 0
	}
	return wrap(r.d.src.Text, r.line, i, r.isChar)
}

// groupStart returns where in chars the first group of size starts. The candidate's phase says where
// groups start, which the run may not.
func (r *run) groupStart(size int) int {
	anchor := 0
	for anchor < len(r.chars) && int(r.chars[anchor].from) < r.d.At {
		anchor++
	}
	return (anchor + size - r.d.Phase) % size
}

const longestWidth = 128

// widths are the line lengths that encoders wrap at: those of PEM, MIME, xxd and their like.
var widths = map[int]bool{32: true, 48: true, 57: true, 60: true, 64: true, 65: true, 70: true, 72: true, 73: true,
	74: true, 75: true, 76: true, 78: true, 80: true, 96: true, 100: true, 120: true, 128: true}

// wrap is the length of the break at text[at:] if a run of encoded text goes on behind it, else 0. The run on this
// line started at start. A break is a line end or what stands for one in a string, and the blanks of the next line, or
// what joins two literals of a program. That line must hold nothing but encoded text, not more of it than this one,
// and this one must be as long as encoders make them: two values on two lines are more common than one value on both.
// Behind an operator, it may have any length.
func wrap(text []byte, start, at int, digit func(byte) bool) int {
	n := breakLength(text[at:])
	kind := noJoint
	if n == 0 && quoteLength(text[at:]) > 0 {
		length, k := readJoint(text, at)
		if k == byOperator || k == byLine {
			n, kind = length, k
		}
	}
	if n == 0 {
		return 0
	}
	width := at - start
	if kind == byOperator { // whoever writes a plus sign says that it goes on
		width = longestWidth
	} else if !widths[width] && !widths[width+lineIndent(text, start)] {
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
	for n := 0; n < longestWidth; n++ {
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
			if ascii.HasPrefix(text, b) {
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
