// Package search finds the places of a text in which a key may be written, in any form, at the speed of memory.
package search

import (
	"encoding/binary"
	"math"
	"math/bits"

	"skleak/rules/internal/form"
)

// The search looks at four bytes of every five and jumps over the rest.
//
// Each literal is searched for by one window of it, eight bytes long (six, where a rule's own
// literal is shorter than eight). Of the first five bytes of a window, wherever it occurs, exactly
// one is at position 0, 5, 10, …, and the four bytes from there on are the gram at one of the offsets
// 0 to 4 of that window. So it is enough to ask of every fifth position whether the gram there is one
// of those. A filter answers: 2¹⁸ bits in 8192 words, four bits a gram, all in the word that the
// gram's hash selects. It lets through one position in a hundred, two in three of them rightly. Then a second
// filter, of two bits a window, is asked whether a window starts at one of the five positions that can have brought
// that gram; what it lets through is looked up.
//
// The positions do not depend on what was read before, so the processor works on several at once. What costs most are
// the branches that it cannot foresee, so that both filters are asked of all that may be needed before one is taken, and
// what the first lets through is noted for some kilobytes before anybody looks at it. Then come shifts, of which most
// processors do two at a time and of other things four: so the four bits of a gram come out of a table.
// Wu-Manber and its kin, whose next position comes out of a table, can have neither. A filter for the rarest pair
// of bytes of each window knows too little, since with so many windows no pair is rare enough: bytes.Index,
// which the standard library has in assembly, finds the rarest pair of two windows fastest of all, and
// serves for no more than that.
//
// In GB/s on one core of an AMD EPYC (family 26), over the checkouts of git and rocksdb, random base64 and hex, git's
// pack and the programs of Go, in pieces of 64 KB that were not searched before:
//
//	                                               windows   git  rocksdb  base64   hex  pack  programs
//	bytes.Index, both prefixes                           2   1.3      1.9     2.5  25.3   8.0       6.7
//	bytes.Index, their rarest pair                       2   8.5      8.0     3.9  38.5  11.2      18.8
//	every 5th gram, two filters                          2   5.9      6.3     5.9   6.0   5.8       6.6
//	Wu-Manber, blocks of 2, 64 KB table               3557   0.7      0.7     0.8   0.3   1.4       0.8
//	Wu-Manber, blocks of 3, hashed, 64 KB table       3557   1.0      1.0     0.9   0.8   1.0       0.7
//	rarest pair of each window, 64 KB table           3557   0.7      0.8     0.2   0.1   0.6       0.7
//	every 5th gram, one filter and a table of grams   3557   3.9      4.5     5.9   3.9   6.3       5.4
//	every 5th gram, two filters                       3557   5.6      5.9     6.7   5.5   7.0       6.1
//
// The last row is that of a first filter of two bits a gram, shifted out of 4096 words of 64 bits, and of branches at each
// turn. On another EPYC (family 25) it does 3.4, 3.5, 4.0, 3.5, 4.0 and 3.8, and what is here now 3.9, 3.9, 4.4, 3.8, 4.5
// and 4.8; over files of git that were just read, 3.7 and 5.0.
//
// Earlier trials, with fewer windows: every 7th pair with 64 KB of offset masks, and every 6th triple with one bit in
// 8 or 32 KB, do three-fifths of that or less on source code; one bit a gram does two-thirds.
const (
	gramLen     = 4
	windowLong  = form.CandidateLength
	windowShort = 6
	strideLong  = windowLong - gramLen + 1
	strideShort = windowShort - gramLen + 1
	turn        = 8 * strideLong // how far eight positions go

	filterWords = 1 << filterBits
	filterBits  = 13
	gramMasks   = 1 << 11
	windowWords = 1 << 11
	gramHash    = 0x9E3779B1
)

// An Index finds windows, and tells what to try there. It never changes once built.
type Index struct {
	filter  [filterWords]uint32 // the bits that no gram has set
	masks   [gramMasks]uint32   // the bits of a gram, by the end of its hash; the highest is never among them
	windows [windowWords]uint64 // the second filter, with the bits that long windows have set
	stride  int                 // 5, or 3 if there are short windows: the distance of the positions looked at
	stored  stored              // windows of eight bytes that are built in
	long    windowTable         // those of the user's own
	short   windowTable         // windows of six bytes
	own     map[int][]Entry     // by the number of the window, where the user's own literals have it
}

// Next returns the start of the first window that lies in text[from:], or -1. It stays inside text,
// so cutting text short limits where it looks.
func (s *Index) Next(text []byte, from int) int {
	at := from + s.stride - 1
	if s.stride == strideLong {
		return s.nextLong(text, at)
	}
	return s.nextShort(text, at)
}

// nextLong is nextStep for windows of eight bytes. It has several turns gone through before it looks again at those that
// hold a position which is admitted: at each of them by itself, the processor would guess wrong. There are few turns at
// first, and then up to 64, so that little is gone through in vain in a text full of windows.
func (s *Index) nextLong(text []byte, at int) int {
	for most := 4; at+turn <= len(text); most = min(2*most, 64) {
		block := text[at : at+turn*min(most, (len(text)-at)/turn)]
		for turns := s.admittedTurns(block); turns != 0; {
			n := bits.LeadingZeros64(turns)
			turns &^= 1 << 63 >> n
			if start := s.inTurn(text, at+n*turn); start >= 0 {
				return start
			}
		}
		at += len(block)
	}
	const half = turn / 2
	if at+half <= len(text) {
		piece := text[at : at+half : at+half]
		p := s.admits(binary.LittleEndian.Uint32(piece[0*strideLong:]))
		p |= s.admits(binary.LittleEndian.Uint32(piece[1*strideLong:]))
		p |= s.admits(binary.LittleEndian.Uint32(piece[2*strideLong:]))
		p |= s.admits(binary.LittleEndian.Uint32(piece[3*strideLong:]))
		if p >= 0 {
			at += half
		}
	}
	return s.nextStep(text, at, len(text)-gramLen+1)
}

// admittedTurns tells in which turns of a text a position is admitted: the highest bit is the first turn's. There are 64
// of them at most. All indexes into a piece are constants, so that there is one bounds check a turn, and nothing is
// kept of a turn but one bit, so that all of it stays in registers.
func (s *Index) admittedTurns(text []byte) (turns uint64) {
	for at := 0; at+turn <= len(text); at += turn {
		piece := text[at : at+turn : at+turn]
		p := s.admits(binary.LittleEndian.Uint32(piece[0*strideLong:]))
		p |= s.admits(binary.LittleEndian.Uint32(piece[1*strideLong:]))
		p |= s.admits(binary.LittleEndian.Uint32(piece[2*strideLong:]))
		p |= s.admits(binary.LittleEndian.Uint32(piece[3*strideLong:]))
		p |= s.admits(binary.LittleEndian.Uint32(piece[4*strideLong:]))
		p |= s.admits(binary.LittleEndian.Uint32(piece[5*strideLong:]))
		p |= s.admits(binary.LittleEndian.Uint32(piece[6*strideLong:]))
		p |= s.admits(binary.LittleEndian.Uint32(piece[7*strideLong:]))
		turns += turns + uint64(isAdmitted(p))
	}
	return turns << (64 - len(text)/turn)
}

// nextShort is nextLong where there are windows of six bytes as well.
func (s *Index) nextShort(text []byte, at int) int {
	const turn, half = 8 * strideShort, 4 * strideShort
	for ; at+turn+1 <= len(text); at += turn {
		piece := text[at : at+turn+1 : at+turn+1]
		p := s.admits(binary.LittleEndian.Uint32(piece[0*strideShort:]))
		p |= s.admits(binary.LittleEndian.Uint32(piece[1*strideShort:]))
		p |= s.admits(binary.LittleEndian.Uint32(piece[2*strideShort:]))
		p |= s.admits(binary.LittleEndian.Uint32(piece[3*strideShort:]))
		p |= s.admits(binary.LittleEndian.Uint32(piece[4*strideShort:]))
		p |= s.admits(binary.LittleEndian.Uint32(piece[5*strideShort:]))
		p |= s.admits(binary.LittleEndian.Uint32(piece[6*strideShort:]))
		p |= s.admits(binary.LittleEndian.Uint32(piece[7*strideShort:]))
		if p < 0 {
			if start := s.nextStep(text, at, at+turn); start >= 0 {
				return start
			}
		}
	}
	if at+half+1 <= len(text) {
		piece := text[at : at+half+1 : at+half+1]
		p := s.admits(binary.LittleEndian.Uint32(piece[0*strideShort:]))
		p |= s.admits(binary.LittleEndian.Uint32(piece[1*strideShort:]))
		p |= s.admits(binary.LittleEndian.Uint32(piece[2*strideShort:]))
		p |= s.admits(binary.LittleEndian.Uint32(piece[3*strideShort:]))
		if p >= 0 {
			at += half
		}
	}
	return s.nextStep(text, at, len(text)-gramLen+1)
}

// inTurn returns the start of the first window around the eight positions of a turn, or -1. It asks the filter of all
// of them once more: going from one to the next and stopping at one that is admitted, the processor would guess wrong
// each time, which takes longer than seven questions too many.
func (s *Index) inTurn(text []byte, at int) int {
	piece := text[at : at+turn : at+turn]
	lanes := isAdmitted(s.admits(binary.LittleEndian.Uint32(piece[0*strideLong:])))
	lanes |= isAdmitted(s.admits(binary.LittleEndian.Uint32(piece[1*strideLong:]))) << 1
	lanes |= isAdmitted(s.admits(binary.LittleEndian.Uint32(piece[2*strideLong:]))) << 2
	lanes |= isAdmitted(s.admits(binary.LittleEndian.Uint32(piece[3*strideLong:]))) << 3
	lanes |= isAdmitted(s.admits(binary.LittleEndian.Uint32(piece[4*strideLong:]))) << 4
	lanes |= isAdmitted(s.admits(binary.LittleEndian.Uint32(piece[5*strideLong:]))) << 5
	lanes |= isAdmitted(s.admits(binary.LittleEndian.Uint32(piece[6*strideLong:]))) << 6
	lanes |= isAdmitted(s.admits(binary.LittleEndian.Uint32(piece[7*strideLong:]))) << 7
	for ; lanes != 0; lanes &= lanes - 1 {
		if start := s.windowAround(text, at+bits.TrailingZeros32(lanes)*strideLong); start >= 0 {
			return start
		}
	}
	return -1
}

// nextStep looks at one position after the other, from at on and before end. Whole grams must lie behind all of them.
func (s *Index) nextStep(text []byte, at, end int) int {
	for ; at < end; at += s.stride {
		if s.admits(binary.LittleEndian.Uint32(text[at:])) >= 0 {
			continue
		}
		if start := s.windowAround(text, at); start >= 0 {
			return start
		}
	}
	return -1
}

// admits is negative if grams have set all bits of this one, so that none is left in the filter. The lowest bits of a
// product are a poor hash, those of the first two bytes alone. They say which bits these are; the highest, which the
// whole gram has a say in, say in which word.
func (s *Index) admits(gram uint32) int32 {
	hash := gram * gramHash
	return int32(s.filter[hash>>(32-filterBits)]&s.masks[hash%gramMasks]) - 1
}

// isAdmitted is 1 for what admits a gram, or one of several that were put together, else 0.
func isAdmitted(p int32) uint32 { return uint32(p) >> 31 }

// admitNothing empties the first filter.
func (s *Index) admitNothing() {
	for i := range s.filter {
		s.filter[i] = math.MaxUint32
	}
}

// gramMask makes one of the masks: a bit in each of four bytes, of the last of which the highest is left out.
func gramMask(n int) uint32 {
	hash := uint32(n) * gramHash
	return 1<<(hash>>29) | 1<<(8+hash>>26&7) | 1<<(16+hash>>23&7) | 1<<(24+(hash>>13&1023)*7>>10)
}

// windowAround returns the start of the first window whose gram is text[at:at+4], or -1. It is one of the
// stride positions up to at; none of these belongs to another gram that is looked at.
func (s *Index) windowAround(text []byte, at int) int {
	first := at - s.stride + 1
	if at+windowLong <= len(text) && !s.admitsAny(text[first:at+windowLong]) {
		return -1
	}
	for start := first; start <= at; start++ {
		if long, short := s.windowsAt(text, start); long >= 0 || short >= 0 {
			return start
		}
	}
	return -1
}

// admitsAny asks the filter of windows of every position of piece that a long window can start at. It asks of
// all, so that the processor need not guess where there is one.
func (s *Index) admitsAny(piece []byte) bool {
	if s.stride == strideShort {
		return true
	}
	_ = piece[strideLong+windowLong-2]
	p := s.admitsWindow(binary.LittleEndian.Uint64(piece[0:]))
	p |= s.admitsWindow(binary.LittleEndian.Uint64(piece[1:]))
	p |= s.admitsWindow(binary.LittleEndian.Uint64(piece[2:]))
	p |= s.admitsWindow(binary.LittleEndian.Uint64(piece[3:]))
	p |= s.admitsWindow(binary.LittleEndian.Uint64(piece[4:]))
	return p&1 != 0
}

// admitsWindow has its lowest bit set if both bits of a window of eight bytes are set in the second filter. The other
// bits mean nothing.
func (s *Index) admitsWindow(window uint64) uint64 {
	hash := window * windowHash
	word := s.windows[hash>>53]
	return word >> (hash >> 47 & 63) & (word >> (hash >> 41 & 63))
}

// windowsAt returns the numbers of the long and the short window that start at start, or -1.
func (s *Index) windowsAt(text []byte, start int) (long, short int) {
	long, short = -1, -1
	rest := text[start:]
	if len(rest) >= windowLong {
		window := binary.LittleEndian.Uint64(rest)
		if long = s.stored.find(window); long < 0 && s.long.used > 0 {
			long = s.long.find(window)
		}
	}
	if s.short.used > 0 && len(rest) >= windowShort {
		short = s.short.find(shortWindow(rest))
	}
	return long, short
}

func shortWindow(b []byte) uint64 {
	return uint64(binary.LittleEndian.Uint32(b)) | uint64(binary.LittleEndian.Uint16(b[gramLen:]))<<32
}

// add makes the search find window, of either length, and number the number it is known by.
func (s *Index) add(window []byte, number int) {
	if len(window) == windowLong {
		s.long.put(binary.LittleEndian.Uint64(window), number)
	} else {
		s.short.put(shortWindow(window), number)
	}
	s.admit(window)
}

// admit has the filters let window through.
func (s *Index) admit(window []byte) {
	if len(window) == windowLong {
		hash := binary.LittleEndian.Uint64(window) * windowHash
		s.windows[hash>>53] |= 1<<(hash>>47&63) | 1<<(hash>>41&63)
	}
	for offset := range s.stride {
		gram := binary.LittleEndian.Uint32(window[offset:])
		hash := gram * uint32(gramHash)
		s.filter[hash>>(32-filterBits)] &^= s.masks[hash%gramMasks]
	}
}

// windowTable maps the bytes of a window to its number. It is a hash table with open addressing,
// at most half full; what it holds is the number plus one, and 0 marks a free place.
type windowTable struct {
	keys    []uint64
	numbers []int32
	shift   uint
	used    int
}

const (
	windowHash   = 0x9E3779B97F4A7C15
	windowUnhash = 0xF1DE83E19937733D // undoes it: their product is 1 in 64 bits
)

func newWindowTable(n int) windowTable {
	width := tableWidth(n)
	return windowTable{keys: make([]uint64, 1<<width), numbers: make([]int32, 1<<width), shift: 64 - width}
}

func (t *windowTable) find(key uint64) int {
	for i := int(key * windowHash >> t.shift); ; i = (i + 1) & (len(t.keys) - 1) {
		if t.numbers[i] == 0 || t.keys[i] == key {
			return int(t.numbers[i]) - 1
		}
	}
}

func (t *windowTable) put(key uint64, number int) {
	i := int(key * windowHash >> t.shift)
	for t.numbers[i] != 0 {
		i = (i + 1) & (len(t.keys) - 1)
	}
	t.keys[i], t.numbers[i] = key, int32(number)+1
	t.used++
}

// tableWidth is the width in bits of the index of a table that n entries fill at most half.
func tableWidth(n int) uint { return uint(bits.Len(uint(max(n, 1)))) + 1 }
