package form

import "skleak/rules/internal/ascii"

// decodeBase32 reads groups of eight characters, of either case, around the candidate.
func decodeBase32(d *Decoding) {
	r := run{d: d, charAt: base32CharAt, isChar: func(c byte) bool { return base32Value(c) >= 0 }}
	end := r.read()
	for i := r.groupStart(8); i+1 < len(r.chars); i += 8 {
		group := r.chars[i:min(len(r.chars), i+8)]
		for bit := 0; bit+8 <= 5*len(group); bit += 8 {
			value := 0
			first, last := bit/5, (bit+7)/5
			for k := first; k <= last; k++ {
				value = value<<5 | int(group[k].value)
			}
			d.put(byte(value>>(5*(last+1)-bit-8)), int(group[first].from), int(group[last].to))
		}
	}
	d.stop(end)
}

func base32CharAt(text []byte) (value byte, n int) {
	if v := base32Value(text[0]); v >= 0 {
		return byte(v), 1
	}
	return 0, 0
}

// base32Value is the value of a character, or -1.
func base32Value(c byte) int {
	switch {
	case ascii.IsLetter(c):
		return int(c|0x20) - 'a'
	case c >= '2' && c <= '7':
		return int(c-'2') + 26
	}
	return -1
}
