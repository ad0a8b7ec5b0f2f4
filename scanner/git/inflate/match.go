package inflate

import "encoding/binary"

// copySlack is how far behind a match fastSymbols and copyNear may write.
const copySlack = 32 - 1

// copy16 copies 16 bytes from dst[from:] to dst[out:], at least 16 bytes before or behind.
func copy16(dst []byte, out, from int) {
	*(*[16]byte)(dst[out:]) = *(*[16]byte)(dst[from:])
}

// patterns[d] multiplies d bytes into a word of as many copies as fit, the last in part.
var patterns = func() (p [word]uint64) {
	for d := 1; d < word; d++ {
		for at := 0; at < word; at += d {
			p[d] |= 1 << (8 * at)
		}
	}
	return p
}()

// copyNear copies a match that may overlap itself: distance 1 to 15. It writes whole words, up to copySlack bytes
// behind.
func copyNear(dst []byte, out, distance, length int) {
	end := out + length
	if distance >= word {
		for ; out < end; out += word {
			binary.LittleEndian.PutUint64(dst[out:], binary.LittleEndian.Uint64(dst[out-distance:]))
		}
		return
	}
	// The bytes before repeat: spread them over a word once, in place of reading what was just written.
	var seed uint64
	for i := range distance {
		seed |= uint64(dst[out-distance+i]) << (8 * i)
	}
	seed *= patterns[distance&7]
	step := word - word%distance
	for ; out < end; out += step {
		binary.LittleEndian.PutUint64(dst[out:], seed)
	}
}

// copyExact copies a match and writes nothing behind it.
func copyExact(dst []byte, out, distance, length int) {
	from := out - distance
	for length > distance {
		copy(dst[out:out+distance], dst[from:out])
		out, length, distance = out+distance, length-distance, distance*2
	}
	copy(dst[out:out+length], dst[from:])
}

// copy copies any match to dst[out:], what of it finds room there.
func (m match) copy(dst []byte, out int) (int, stop) {
	room := len(dst) - out
	switch {
	case m.distance > out:
		return out, stopDistance
	case m.length > room:
		copyExact(dst, out, m.distance, room)
		return len(dst), stopFull
	case m.distance < 16 && m.length+copySlack <= room:
		copyNear(dst, out, m.distance, m.length)
	default:
		copyExact(dst, out, m.distance, m.length)
	}
	return out + m.length, stopMatch
}
