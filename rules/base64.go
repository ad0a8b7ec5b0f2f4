package rules

// A base64Run reads the characters of either alphabet around a candidate. Some of them may be
// escaped, and lines may end between them.
type base64Run struct {
	d     *decoding
	chars []base64Char
	line  int // where the run starts on this line
	pad   int // where the padding ends, or 0
}

type base64Char struct {
	value    byte
	from, to int32
}

func decodeBase64(d *decoding) {
	r := base64Run{d: d, chars: d.chars[:0]}
	end := r.read()
	r.decode()
	d.chars = r.chars
	d.stop(end)
}

// read collects the run that holds the candidate, and returns where it ends.
func (r *base64Run) read() (end int) {
	text := r.d.src.text
	i := r.d.first
	r.line = i
	for i < r.d.last {
		c, n := base64CharAt(text[i:])
		if n == 0 {
			n = r.breakAt(i)
			if n > 0 {
				i += n
				r.line = i
				continue
			}
			if i >= r.d.at {
				r.pad = paddingEnd(text, i)
				return i
			}
			r.chars = r.chars[:0]
			i++
			r.line = i
			continue
		}
		r.chars = append(r.chars, base64Char{c, int32(i), int32(i + n)})
		i += n
	}
	return i
}

// breakAt is the length of a break at i. Before the end of the candidate's window any break will do,
// since the literals are known to hold them.
func (r *base64Run) breakAt(i int) int {
	text := r.d.src.text
	if i < r.d.at+windowLong {
		return breakLength(text[i:])
	}
	if n := wrap(text, r.line, i, isBase64); n > 0 {
		return n
	}
	return 0
}

// decode turns groups of four characters into bytes. The candidate's phase says where the groups
// start, which its run may not.
func (r *base64Run) decode() {
	anchor := 0
	for anchor < len(r.chars) && int(r.chars[anchor].from) < r.d.at {
		anchor++
	}
	start := (anchor - r.d.phase) & 3
	if anchor < r.d.phase {
		start = (anchor + 4 - r.d.phase) & 3
	}
	for i := start; i+1 < len(r.chars); i += 4 {
		group := r.chars[i:min(len(r.chars), i+4)]
		for k := 0; k+1 < len(group); k++ {
			b := group[k].value<<(2+2*k) | group[k+1].value>>(4-2*k)
			r.d.put(b, int(group[k].from), int(group[k+1].to))
		}
	}
	if n := len(r.d.out.to); r.pad > 0 && n > 0 && int(r.d.out.to[n-1]) == int(r.chars[len(r.chars)-1].to) {
		r.d.out.to[n-1] = int32(r.pad)
	}
	r.forgetGarbage()
}

// forgetGarbage blanks what stands before the candidate where it cannot be text: there the run holds
// something that is not encoded, such as the path in /keys/c2tf….
func (r *base64Run) forgetGarbage() {
	out, near := &r.d.out, r.d.locate(r.d.start)
	for i := near - 1; i >= max(0, near-2*nearby); i-- {
		if c := out.text[i]; c >= 0x80 || c < ' ' && c != '\n' && c != '\r' && c != '\t' && c != 0 {
			for k := range i + 1 {
				out.text[k] = ' '
			}
			return
		}
	}
}

// base64CharAt reads one character, which may be written as %2B, \/ or \u002f, and its length.
func base64CharAt(text []byte) (value byte, n int) {
	if v := base64Values[text[0]]; v >= 0 {
		return byte(v), 1
	}
	switch text[0] {
	case '%':
		switch {
		case hasPrefix(text, "%2B", "%2b"):
			return 62, 3
		case hasPrefix(text, "%2F", "%2f"):
			return 63, 3
		}
	case '\\':
		switch {
		case hasPrefix(text, `\/`):
			return 63, 2
		case hasPrefix(text, `\u002b`, `\u002B`):
			return 62, 6
		case hasPrefix(text, `\u002f`, `\u002F`):
			return 63, 6
		}
	}
	return 0, 0
}

func isBase64(c byte) bool { return base64Values[c] >= 0 }

// base64Values are the values of the characters of both alphabets, and -1 for all others.
var base64Values = func() (values [256]int8) {
	for c := range values {
		values[c] = -1
	}
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	for i := range len(alphabet) {
		values[alphabet[i]] = int8(i)
	}
	values['+'], values['-'], values['/'], values['_'] = 62, 62, 63, 63
	return values
}()

// paddingEnd is where the padding at text[at:] ends, or 0 if there is none.
func paddingEnd(text []byte, at int) int {
	end := at
	for range 2 {
		switch {
		case hasPrefix(text[end:], "="):
			end++
		case hasPrefix(text[end:], "%3D", "%3d"):
			end += 3
		case hasPrefix(text[end:], `\u003d`, `\u003D`):
			end += 6
		}
	}
	if end == at {
		return 0
	}
	return end
}
