package form

import "skleak/rules/internal/keys"

// decodeUTF16 reads units of two bytes around the candidate, in the order that the text shows.
func decodeUTF16(d *Decoding) {
	low := d.At + d.Phase // where the low byte of a unit stands
	if isBigEndian(d.src.Text, low) {
		decodeUnits(d, low-1, 2, func(unit []byte) rune { return rune(unit[0])<<8 | rune(unit[1]) })
		return
	}
	decodeUnits(d, low, 2, func(unit []byte) rune { return rune(unit[1])<<8 | rune(unit[0]) })
}

// isBigEndian tells the two orders apart. ASCII looks the same in both but for the ends: what comes
// before the first character and behind the last one. Text that says nothing is little-endian, as
// most is.
func isBigEndian(text []byte, low int) bool {
	first := low
	for first >= 2 && low-first < 2*behind && text[first-1] == 0 && isASCII(text[first-2]) {
		first -= 2
	}
	if first == 0 || text[first-1] != 0 {
		return false
	}
	if first == 1 || first >= 3 && text[first-2] == 0xff && text[first-3] == 0xfe {
		return true
	}
	last := low
	for last+2 < len(text) && last-low < 2*(keys.MaxBody+keys.PrefixLen) && text[last+1] == 0 && isASCII(text[last+2]) {
		last += 2
	}
	return last+1 >= len(text) || text[last+1] != 0
}

// decodeUTF32 reads units of four bytes around the candidate.
func decodeUTF32(d *Decoding) {
	low := d.At + (4-d.Phase)%4
	text := d.src.Text
	if low >= 3 && text[low-1] == 0 && text[low-2] == 0 && text[low-3] == 0 &&
		(low == 3 || low >= 4 && isASCII(text[low-4]) && text[low-4] != 0 && isUTF32End(text, low)) {
		decodeUnits(d, low-3, 4, func(u []byte) rune { return rune(u[0])<<24 | rune(u[1])<<16 | rune(u[2])<<8 | rune(u[3]) })
		return
	}
	decodeUnits(d, low, 4, func(u []byte) rune { return rune(u[3])<<24 | rune(u[2])<<16 | rune(u[1])<<8 | rune(u[0]) })
}

// isUTF32End says whether text ends with the low byte of a unit, so that the other three, if they
// are anywhere, come before it.
func isUTF32End(text []byte, low int) bool {
	return (len(text)-1-low)%4 == 0 && isASCII(text[len(text)-1])
}

// decodeUnits decodes the units of size bytes that stand in step with the one at at.
func decodeUnits(d *Decoding, at, size int, value func([]byte) rune) {
	start := at - (at-d.first)/size*size
	for start < 0 {
		start += size
	}
	i := start
	for ; i+size <= d.last; i += size {
		d.putRune(value(d.src.Text[i:i+size]), i, i+size)
	}
	d.stop(d.last)
}

func isASCII(c byte) bool { return c < 0x80 && c != 0 }
