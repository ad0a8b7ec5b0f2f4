package inflate

import "encoding/binary"

// stop says why a loop over a block's symbols ended.
type stop uint8

const (
	stopEdge     stop = iota // src or dst is near its end: one symbol at a time from here
	stopMatch                // a match is to be copied that the fast loop leaves to others
	stopEnd                  // end of the block
	stopFull                 // dst is full and the block goes on
	stopCut                  // src ends
	stopNoCode               // a code that stands for nothing
	stopDistance             // a distance that reaches before the content
)

const (
	// A round of fastSymbols refills twice, each time advancing seven bytes at most and reading eight.
	fastSource = 2 * word
	// A round writes three literals before the room is looked at again.
	fastRoom = 3
)

// A match repeats length bytes that stand distance bytes before.
type match struct{ length, distance int }

// fastSymbols decodes a block's symbols while src and dst have room enough for a round without looking at their ends.
//
// A round has 56 bits or more: three literals of the first table take 33 of them at most; or two, and the 20 of a
// length with its extra bits. A distance takes 28, so there is a second refill before it, if need be.
//
// The loop calls nothing, since the compiler keeps a loop's values in memory around a call, and is one long function for
// the same reason. n is right in its low six bits only, which spares cutting an entry down to its number of bits.
// Bounds are checked by the language: going by unsafe pointers took 4 % off git's own pack, too little to give that
// up.
func fastSymbols(r *bitReader, t *tables, dst, src []byte, out int) (int, match, stop) {
	buf, n, in := r.buf, r.n, r.in
	why := stopEdge
	var m match
	for in <= len(src)-fastSource && out <= len(dst)-fastRoom {
		buf |= binary.LittleEndian.Uint64(src[in:]) << (n & 63)
		in += int(^n >> 3 & 7)
		n |= 56

		// Up to three literals, or two and the entry of something else.
		e := t.literal[buf&(1<<literalRoot-1)]
		if int32(e) < 0 {
			buf >>= e & 63
			n -= uint(e)
			dst[out] = byte(e >> valueShift)
			out++
			e = t.literal[buf&(1<<literalRoot-1)]
			if int32(e) < 0 {
				buf >>= e & 63
				n -= uint(e)
				dst[out] = byte(e >> valueShift)
				out++
				e = t.literal[buf&(1<<literalRoot-1)]
				if int32(e) < 0 {
					buf >>= e & 63
					n -= uint(e)
					dst[out] = byte(e >> valueShift)
					out++
					continue
				}
			}
		}

		// A code longer than the root, or the end of the block.
		if e&isSpecial != 0 {
			if e&isLink != 0 {
				buf >>= e & 63
				n -= uint(e)
				e = t.literal[(uint64(e>>valueShift)+buf&(1<<(e>>codeShift&15)-1))&(literalEntries-1)]
				if int32(e) < 0 {
					buf >>= e & 63
					n -= uint(e)
					dst[out] = byte(e >> valueShift)
					out++
					continue
				}
			}
			if e&isSpecial != 0 {
				if e&isEnd == 0 {
					why = stopNoCode
					break
				}
				buf >>= e & 63
				n -= uint(e)
				why = stopEnd
				break
			}
		}

		// The length with its extra bits.
		length := int(e>>valueShift) + int((buf&(1<<(e&63)-1))>>(e>>codeShift&15))
		buf >>= e & 63
		n -= uint(e)

		// The distance, the same way.
		if n&63 < 28 {
			buf |= binary.LittleEndian.Uint64(src[in:]) << (n & 63)
			in += int(^n >> 3 & 7)
			n |= 56
		}
		e = t.distance[buf&(1<<distanceRoot-1)]
		if e&isSpecial != 0 {
			if e&isLink == 0 {
				why = stopNoCode
				break
			}
			buf >>= e & 63
			n -= uint(e)
			e = t.distance[(uint64(e>>valueShift)+buf&(1<<(e>>codeShift&15)-1))&(distanceEntries-1)]
			if e&isSpecial != 0 {
				why = stopNoCode
				break
			}
		}
		distance := int(e>>valueShift) + int((buf&(1<<(e&63)-1))>>(e>>codeShift&15))
		buf >>= e & 63
		n -= uint(e)

		// The copy, two steps at once, since the length is hard to foresee: in git's own pack 92 of 100
		// are up to 16 bytes, 98 up to 32.
		from := out - distance
		if distance < 16 || from < 0 || length+copySlack > len(dst)-out {
			m = match{length, distance}
			why = stopMatch
			break
		}
		end := out + length
		copy16(dst, out, from)
		copy16(dst, out+16, from+16)
		for out += 32; out < end; out += 16 {
			copy16(dst, out, out-distance)
		}
		out = end
	}
	r.buf, r.n, r.in = buf, n&63, in
	return out, m, why
}
