package form

import (
	"bytes"
	"encoding/base64"
)

// longestUTF7 bounds the search for the hyphen that ends a piece.
const longestUTF7 = 64

// utf7Step undoes +AF8- and its like: old mail in UTF-7 writes the underscore so.
func utf7Step(d *Decoding, i int) int {
	rest := d.src.Text[i:]
	if rest[0] != '+' {
		return 0
	}
	end := bytes.IndexByte(rest[:min(len(rest), longestUTF7)], '-')
	if end < 1 {
		return 0
	}
	if end == 1 {
		d.put('+', i, i+2)
		return 2
	}
	units, err := base64.RawStdEncoding.DecodeString(string(rest[1:end]))
	if err != nil {
		return 0
	}
	for k := 0; k+1 < len(units); k += 2 {
		d.putRune(rune(units[k])<<8|rune(units[k+1]), i, i+end+1)
	}
	return end + 1
}
