package inflate

import "encoding/binary"

// adlerMod is the largest prime below 65536: RFC 1950, section 8.2.
const adlerMod = 65521

// adlerWords is how many words of eight bytes are added up at once: the sums of sums of 22 words fit into 16 bits.
const adlerWords = 22

// adler returns the Adler-32 of a content. The standard library's adds byte by byte, each step waiting for the one
// before: a tenth of what a push takes. This adds eight bytes at a time, in lanes of 16 bits.
func adler(content []byte) uint32 {
	a, b := uint64(1), uint64(0)
	for len(content) >= 8*adlerWords {
		a, b = adlerBlock(a, b, content[:8*adlerWords])
		content = content[8*adlerWords:]
	}
	for _, c := range content {
		a += uint64(c)
		b += a
	}
	return uint32(b%adlerMod<<16 | a%adlerMod)
}

// adlerBlock adds one block to both sums. A byte counts in b once for itself and once for each byte behind it in the
// block: eight times for its word and each one behind that, less once for each byte in front of it in its word.
func adlerBlock(a, b uint64, block []byte) (uint64, uint64) {
	const low = 0x00ff00ff00ff00ff
	var even, odd, evens, odds uint64 // the sums of the bytes at even and odd places, and the sums of these sums
	for at := 0; at+8 <= len(block); at += 8 {
		word := binary.LittleEndian.Uint64(block[at:])
		even += word & low
		odd += word >> 8 & low
		evens += even
		odds += odd
	}
	inFront := (even>>16&0xffff)*2 + (even>>32&0xffff)*4 + (even>>48)*6 +
		(odd & 0xffff) + (odd>>16&0xffff)*3 + (odd>>32&0xffff)*5 + (odd>>48)*7
	b += uint64(len(block))*a + 8*(lanes(evens)+lanes(odds)) - inFront
	a += lanes(even) + lanes(odd)
	return a % adlerMod, b % adlerMod
}

// lanes is the sum of four lanes of 16 bits.
func lanes(x uint64) uint64 { return x&0xffff + x>>16&0xffff + x>>32&0xffff + x>>48 }
