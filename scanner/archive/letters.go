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
// some bytes where a run from at on would end, and goes on in steps, as long as there is a sign among them. No look
// depends on the one before, so that the processor has several under way.
func behindProbes(text []byte, at int) int {
	probe := at + runLength - probeLength
	for probe+probeLength <= len(text) && hasSign(text[probe:]) {
		probe += probeStep
	}
	last := probe - probeStep
	if last < at {
		return at
	}
	for word := last + probeLength - 8; ; word -= 8 {
		if signs := signsIn(binary.LittleEndian.Uint64(text[word:])); signs != 0 {
			return word + 8 - bits.LeadingZeros64(signs)/8
		}
	}
}

// hasSign tells whether there is a sign among the first probeLength bytes of a text: one below '+', as blanks, quotes
// and brackets are, which end most runs, or one beyond ASCII.
func hasSign(text []byte) bool {
	a, b := binary.LittleEndian.Uint64(text), binary.LittleEndian.Uint64(text[8:])
	return ((a-'+'*ones)|a|(b-'+'*ones)|b)&highBits != 0 // what a sign borrows from the byte above it changes nothing
}

// hasSignInWord is hasSign for the first eight bytes.
func hasSignInWord(text []byte) bool {
	a := binary.LittleEndian.Uint64(text)
	return ((a-'+'*ones)|a)&highBits != 0
}

// signsIn has the high bit of each sign in a word.
func signsIn(word uint64) uint64 {
	atLeast := word&^highBits + (0x80-'+')*ones // has the high bit of each byte that is not below '+' without its own
	return (^atLeast | word) & highBits
}
