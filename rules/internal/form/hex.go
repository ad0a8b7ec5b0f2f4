package form

import "skleak/rules/internal/ascii"

// decodeHex reads pairs of hex digits around the candidate.
func decodeHex(d *Decoding) {
	if decodeRecords(d) {
		return
	}
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

// decodeRecords reads what programmers of microchips write, if the candidate lies in it: lines of Intel's
// (:LLAAAATT, the bytes, a checksum) or Motorola's (S1, S2, S3). It says whether it does.
func decodeRecords(d *Decoding) bool {
	text := d.src.Text
	line := startOfLine(text, d.At)
	if header, _ := recordAt(text[line:]); header == 0 {
		return false
	}
	if before := startOfLine(text, max(0, line-1)); before < line-1 {
		line = before
	}
	for line < d.last {
		header, size := recordAt(text[line:])
		if header == 0 {
			break
		}
		for i := line + header; i < line+header+2*size; i += 2 {
			d.put(byte(ascii.HexValue(text[i])<<4|ascii.HexValue(text[i+1])), i, i+2)
		}
		line += header + 2*size + len("CC")
		end := lineEnd(text[line:])
		if end == 0 {
			break
		}
		line += end
	}
	d.stop(min(line, d.last))
	return true
}

// recordAt is the length of the header of the record that text starts with, and the number of its bytes; 0 if there is
// none.
func recordAt(text []byte) (header, size int) {
	address, overhead := 0, 0 // digits of the address and the type, bytes that the number counts besides
	switch {
	case ascii.HasPrefix(text, ":"):
		header, address = 1, 6
	case ascii.HasPrefix(text, "S1", "S2", "S3"):
		header, overhead = 2, int(text[1]-'0')+2
		address = 2 * (overhead - 1)
	default:
		return 0, 0
	}
	count, ok := hexAfter(text, header, 2)
	header += 2 + address
	size = int(count) - overhead
	if !ok || size <= 0 || len(text) < header+2*size+2 {
		return 0, 0
	}
	for _, c := range text[header-address : header+2*size+2] {
		if !ascii.IsHex(c) {
			return 0, 0
		}
	}
	return header, size
}
