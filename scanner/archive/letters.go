package archive

import (
	"encoding/binary"
	"math/bits"
)

// isLetter tells the letters of base64.
var isLetter = func() (is [256]bool) {
	for _, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") {
		is[c] = true
	}
	return is
}()

// nextRun returns where the next run of letters begins in a text, and where it ends; from is -1 where there is none.
// Nearly all texts have a blank or a sign every few letters, so most of their bytes are not looked at.
func nextRun(text []byte, at int) (from, to int) {
	for at+runLength <= len(text) {
		if next := behindProbes(text, at); next > at {
			at = next
			continue
		}
		i := at + runLength - 1
		for i >= at && isLetter[text[i]] {
			i--
		}
		if i >= at {
			at = i + 1
			continue
		}
		to = at + runLength
		for to < len(text) && isLetter[text[to]] {
			to++
		}
		return at, to
	}
	return -1, -1
}

const (
	ones     = 0x0101010101010101
	highBits = 0x80 * ones
	// probeLength is how many bytes are looked at where a run would end. The next ones lie so near that no run fits
	// between a sign in these and one in those.
	probeLength = 16
	probeStep   = runLength - probeLength + 1
)

// behindProbes returns a place behind at such that no run begins from at on and before it, or else at. It looks at
// some bytes where a run from at on would end, and goes on in steps, as long as there is one among them that is no
// letter. No look depends on the one before, so that the processor has several under way.
func behindProbes(text []byte, at int) int {
	probe := at + runLength - probeLength
	for probe+probeLength <= len(text) {
		piece := text[probe : probe+probeLength : probe+probeLength]
		a, b := binary.LittleEndian.Uint64(piece), binary.LittleEndian.Uint64(piece[8:])
		if !haveSign(a, b) && breaksIn(a)|breaksIn(b) == 0 {
			break
		}
		probe += probeStep
	}
	last := probe - probeStep
	if last < at {
		return at
	}
	for word := last + probeLength - 8; ; word -= 8 {
		if breaks := breaksIn(binary.LittleEndian.Uint64(text[word:])); breaks != 0 {
			return word + 8 - bits.LeadingZeros64(breaks)/8
		}
	}
}

// haveSign tells whether there is a sign among the bytes of two words: one below '+', as blanks, quotes and brackets
// are, which end most runs, or one beyond ASCII.
func haveSign(a, b uint64) bool {
	return ((a-'+'*ones)|a|(b-'+'*ones)|b)&highBits != 0 // what a sign borrows from the byte above it changes nothing
}

// hasSignInWord is haveSign for the first eight bytes of a text.
func hasSignInWord(text []byte) bool {
	a := binary.LittleEndian.Uint64(text)
	return haveSign(a, a)
}

// breaksIn has the high bit of each byte of a word that is no letter. A number that is added to seven bits carries into
// the eighth where they are large enough.
func breaksIn(word uint64) uint64 {
	const (
		fromPlus, fromComma    = (0x80 - '+') * ones, (0x80 - ',') * ones
		fromSlash, behindNine  = (0x80 - '/') * ones, (0x80 - '9' - 1) * ones
		fromA, behindZ         = (0x80 - 'A') * ones, (0x80 - 'Z' - 1) * ones
		fromLower, behindLower = (0x80 - 'a') * ones, (0x80 - 'z' - 1) * ones
	)
	low := word &^ highBits
	letters := (low+fromPlus)&^(low+fromComma) | (low+fromSlash)&^(low+behindNine) |
		(low+fromA)&^(low+behindZ) | (low+fromLower)&^(low+behindLower)
	return (^letters | word) & highBits
}
