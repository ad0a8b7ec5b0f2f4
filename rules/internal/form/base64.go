package form

import "skleak/rules/internal/ascii"

// decodeBase64 reads groups of four characters, of either alphabet, around the candidate.
func decodeBase64(d *Decoding) {
	r := run{d: d, charAt: base64CharAt, isChar: isBase64}
	end := r.read()
	for i := r.groupStart(4); i+1 < len(r.chars); i += 4 {
		group := r.chars[i:min(len(r.chars), i+4)]
		for k := 0; k+1 < len(group); k++ {
			d.put(group[k].value<<(2+2*k)|group[k+1].value>>(4-2*k), int(group[k].from), int(group[k+1].to))
		}
	}
	if n := len(d.Out.to); n > 0 && int(d.Out.to[n-1]) == end {
		d.Out.to[n-1] = int32(paddingEnd(d.src.Text, end))
	}
	forgetGarbage(d)
	d.stop(end)
}

// forgetGarbage blanks what stands before the candidate where it cannot be text: there the run holds
// something that is not encoded, such as the path in /keys/c2tf….
func forgetGarbage(d *Decoding) {
	out, near := &d.Out, d.Locate(d.Start)
	for i := near - 1; i >= max(0, near-2*nearby); i-- {
		if c := out.Text[i]; c >= 0x80 || c < ' ' && c != '\n' && c != '\r' && c != '\t' && c != 0 {
			for k := range i + 1 {
				out.Text[k] = ' '
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
		case ascii.HasPrefix(text, "%2B", "%2b"):
			return 62, 3
		case ascii.HasPrefix(text, "%2F", "%2f"):
			return 63, 3
		}
	case '\\':
		switch {
		case ascii.HasPrefix(text, `\/`):
			return 63, 2
		case ascii.HasPrefix(text, `\u002b`, `\u002B`):
			return 62, 6
		case ascii.HasPrefix(text, `\u002f`, `\u002F`):
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

// paddingEnd is where the padding at text[at:] ends.
func paddingEnd(text []byte, at int) int {
	end := at
	for range 2 {
		switch {
		case ascii.HasPrefix(text[end:], "="):
			end++
		case ascii.HasPrefix(text[end:], "%3D", "%3d"):
			end += 3
		case ascii.HasPrefix(text[end:], `\u003d`, `\u003D`):
			end += 6
		}
	}
	return end
}
