package inflate

import "encoding/binary"

// bitReader takes bits from a stream, lowest first (RFC 1951, section 3.1.1).
//
// buf holds n bits that have not been taken, n at most 63; src[in:] follows them. Bits of buf above n are either zero
// or already those of src[in:], so that putting the same byte there again changes nothing: a refill may load eight
// bytes and count only the whole bytes that fit.
type bitReader struct {
	buf uint64
	n   uint
	in  int
}

const word = 8 // bytes in a refill

// refilled tops up to 56 bits or more, to fewer only at the end of src.
func (r bitReader) refilled(src []byte) bitReader {
	if r.in > len(src)-word {
		return r.refilledAtEnd(src)
	}
	r.buf |= binary.LittleEndian.Uint64(src[r.in:]) << (r.n & 63)
	r.in += int((63 - r.n) >> 3)
	r.n |= 56
	return r
}

// refilledAtEnd goes byte by byte.
func (r bitReader) refilledAtEnd(src []byte) bitReader {
	for r.n < 56 && r.in < len(src) {
		r.buf |= uint64(src[r.in]) << (r.n & 63)
		r.in++
		r.n += 8
	}
	return r
}

// take drops count bits; they must be there.
func (r *bitReader) take(count uint) {
	r.buf >>= count & 63
	r.n -= count
}

// toByte drops the rest of a byte begun and gives back the whole bytes: src[r.in:] then is what follows.
func (r *bitReader) toByte() {
	r.in -= int(r.n >> 3)
	r.buf, r.n = 0, 0
}
