package inflate

import "encoding/binary"

// stop says why a loop over a block's symbols ended.
type stop uint8

const (
	stopEdge     stop = iota // src or dst is near its end: one symbol at a time from here
	stopEnd                  // end of the block
	stopFull                 // dst is full and the block goes on
	stopCut                  // src ends
	stopNoCode               // a code that stands for nothing
	stopDistance             // a distance that reaches before the content
)

const (
	// A round of fastSymbols refills twice, each time advancing seven bytes at most and reading eight.
	fastSource = 2 * word
	// It writes three literals before it looks at the room again.
	fastRoom = 3
)

// fastSymbols decodes a block's symbols while src and dst have room enough for a round without looking at their ends.
//
// A round has 56 bits or more: three literals of the first table take 33 of them at most; or two, and the 20 of a length
// with its extra bits. A distance takes 28, so there is a second refill before it, if need be.
func fastSymbols(r *bitReader, t *tables, dst, src []byte, out int) (int, stop) {
	buf, n, in := r.buf, r.n, r.in
	literalMask, distanceMask := t.literalMask, t.distanceMask
	why := stopEdge
	for in <= len(src)-fastSource && out <= len(dst)-fastRoom {
		buf |= binary.LittleEndian.Uint64(src[in:]) << (n & 63)
		in += int((63 - n) >> 3)
		n |= 56

		e := t.literal[buf&literalMask&(literalEntries-1)]
		if int32(e) < 0 {
			buf >>= e & 63
			n -= uint(e & 63)
			dst[out] = byte(e >> valueShift)
			out++
			e = t.literal[buf&literalMask&(literalEntries-1)]
			if int32(e) < 0 {
				buf >>= e & 63
				n -= uint(e & 63)
				dst[out] = byte(e >> valueShift)
				out++
				e = t.literal[buf&literalMask&(literalEntries-1)]
				if int32(e) < 0 {
					buf >>= e & 63
					n -= uint(e & 63)
					dst[out] = byte(e >> valueShift)
					out++
					continue
				}
			}
		}
		if e&isSpecial != 0 {
			if e&isLink != 0 {
				buf >>= e & 63
				n -= uint(e & 63)
				e = t.literal[(uint64(e>>valueShift)+buf&(1<<(e>>codeShift&15)-1))&(literalEntries-1)]
				if int32(e) < 0 {
					buf >>= e & 63
					n -= uint(e & 63)
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
				n -= uint(e & 63)
				why = stopEnd
				break
			}
		}
		length := int(e>>valueShift) + int((buf&(1<<(e&63)-1))>>(e>>codeShift&15))
		buf >>= e & 63
		n -= uint(e & 63)

		if n < 28 {
			buf |= binary.LittleEndian.Uint64(src[in:]) << (n & 63)
			in += int((63 - n) >> 3)
			n |= 56
		}
		e = t.distance[buf&distanceMask&(distanceEntries-1)]
		if e&isSpecial != 0 {
			if e&isLink == 0 {
				why = stopNoCode
				break
			}
			buf >>= e & 63
			n -= uint(e & 63)
			e = t.distance[(uint64(e>>valueShift)+buf&(1<<(e>>codeShift&15)-1))&(distanceEntries-1)]
			if e&isSpecial != 0 {
				why = stopNoCode
				break
			}
		}
		distance := int(e>>valueShift) + int((buf&(1<<(e&63)-1))>>(e>>codeShift&15))
		buf >>= e & 63
		n -= uint(e & 63)

		if distance > out {
			why = stopDistance
			break
		}
		from := out - distance
		if length+copySlack > len(dst)-out {
			if length > len(dst)-out {
				copyExact(dst, out, distance, len(dst)-out)
				out = len(dst)
				why = stopFull
				break
			}
			copyExact(dst, out, distance, length)
			out += length
			continue
		}
		if distance >= 16 {
			end := out + length
			copy16(dst, out, from)
			for out += 16; out < end; out += 16 {
				from += 16
				copy16(dst, out, from)
			}
			out = end
			continue
		}
		copyNear(dst, out, distance, length)
		out += length
	}
	r.buf, r.n, r.in = buf, n, in
	return out, why
}
