package form

import "skleak/rules/internal/ascii"

// decodeHex reads pairs of hex digits around the candidate.
func decodeHex(d *Decoding) {
	r := run{d: d, charAt: hexCharAt, isChar: ascii.IsHex, taken: hexKeys}
	end := r.read()
	for i := r.groupStart(2); i+1 < len(r.chars); i += 2 {
		high, low := r.chars[i], r.chars[i+1]
		d.put(high.value<<4|low.value, int(high.from), int(low.to))
	}
	d.stop(end)
}

// hexKeys are the lengths in hex of keys whose bodies are as long as vendors make them: 16, 24, 28, 32
// and 40 characters.
var hexKeys = map[int]bool{48: true, 64: true, 72: true, 80: true, 96: true}

func hexCharAt(text []byte) (value byte, n int) {
	if v := ascii.HexValue(text[0]); v >= 0 {
		return byte(v), 1
	}
	return 0, 0
}
