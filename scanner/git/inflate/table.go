package inflate

import "math/bits"

// A table turns the next bits of a stream into an entry: what a code stands for. The low root bits find it at once;
// where a code is longer, they find a link to a smaller table behind, which the bits after those decide.
//
//	literal  bit 31 set, the byte in 16–23
//	length   the shortest length of its symbol in 16–30
//	distance the same, of its symbol
//	special  bit 15 set:
//	  link   bit 14 set too, where the smaller table starts in 16–30, its root bits in 8–11
//	  end    bit 13 set too: end of the block
//	  else   a code that stands for nothing
//
// Bits 0–7 of each say how many bits to take, extra bits included, and 8–11 how many of those are the code. In a
// smaller table the bits that led there are not counted again. One addition turns the template of a symbol into the
// entry of its code.
type entry = uint32

const (
	isLiteral = 1 << 31
	isSpecial = 1 << 15
	isLink    = 1 << 14
	isEnd     = 1 << 13

	valueShift = 16
	codeShift  = 8
	perCodeBit = 1<<codeShift | 1 // what one bit more of code adds to an entry

	maxCodeBits = 15 // RFC 1951, section 3.2.7
)

// A symbol with the length of its code, as the header of a block lists them.
type symbolCode uint16

func makeSymbolCode(symbol, length int) symbolCode { return symbolCode(symbol<<4 | length) }
func (c symbolCode) symbol() int                   { return int(c >> 4) }
func (c symbolCode) length() uint                  { return uint(c & 15) }

// A smaller table of s bits has a code of s bits of its own and is complete, so it holds s+1 codes or more, and a
// code belongs to one of them only. With r root bits and n symbols all of them together have n·2^s/(s+1) entries at
// most, s being 15−r: 922 beside the first table's 2,048 for the literals, 512 beside 256 for the distances. The
// arrays are powers of two beyond that, so that a mask on the index spares the check of it.
//
// Of 9, 10 and 11 root bits for the literals, 11 is the quickest on git's own pack, by 2 and 7 %, and no slower on tiny
// streams; a root that grows with the content's size costs a register in the loop and was slower.
const (
	literalEntries  = 4096
	distanceEntries = 1024

	literalRoot  = 11
	distanceRoot = 8
)

type tables struct {
	literal  [literalEntries]entry
	distance [distanceEntries]entry
	sorted   [fixedLiteralSymbols]entry // scratch of build
}

// build makes the table, one of t's, of the canonical code of RFC 1951, section 3.2.2: codes lists the symbols in use
// in ascending order, templates[symbol-first] is a symbol's entry without its code. It returns false if the code is
// over-subscribed or incomplete. As in compress/flate and zlib, two incomplete codes are fine: a single symbol of one
// bit, and none at all.
func (t *tables) build(table []entry, codes []symbolCode, templates []entry, first int, root uint) (ok bool) {
	var count [16]uint16
	for _, c := range codes {
		count[c&15]++
	}
	used, longest := 0, uint(0)
	for length := uint(1); length <= maxCodeBits; length++ {
		if count[length] > 0 {
			used += int(count[length]) << (maxCodeBits - length)
			longest = length
		}
	}
	if used != 1<<maxCodeBits {
		return incompleteTable(table[:1<<root], codes, templates, first)
	}
	sorted := t.sorted[:len(codes)] // in the order of their codes
	var next [16]uint16
	for length := 1; length < maxCodeBits; length++ {
		next[length+1] = next[length] + count[length]
	}
	for _, c := range codes {
		at := next[c&15]
		next[c&15] = at + 1
		sorted[at] = templates[c.symbol()-first] + entry(c.length())*perCodeBit
	}
	code, done := fillRoot(table, sorted, &count, root)
	if longest > root {
		fillLinked(table, sorted[done:], &count, root, code)
	}
	return true
}

// incompleteTable fills in a code of one symbol of one bit, or of none.
func incompleteTable(table []entry, codes []symbolCode, templates []entry, first int) (ok bool) {
	only := entry(isSpecial)
	switch {
	case len(codes) == 0:
	case len(codes) == 1 && codes[0].length() == 1:
		only = templates[codes[0].symbol()-first] + perCodeBit
	default:
		return false
	}
	for i := 0; i < len(table); i += 2 {
		table[i], table[i+1] = only, isSpecial
	}
	return true
}

// reversed is a code with its first bit lowest, as it stands in the stream.
func reversed(code, length uint) uint { return uint(bits.Reverse16(uint16(code))) >> (16 - length) }

// fillRoot enters the codes of up to root bits. The table grows with the length: doubled, it repeats itself, which puts
// each code wherever its bits occur; places of longer codes hold anything until their turn. It returns the code
// that follows the last, of root bits, and how many codes are done.
func fillRoot(table []entry, sorted []entry, count *[16]uint16, root uint) (code uint, done int) {
	for length := uint(1); ; length++ {
		for range count[length&15] {
			table[reversed(code, length)] = sorted[done]
			code++
			done++
		}
		if length == root {
			return code, done
		}
		code <<= 1
		if done > 0 {
			copy(table[1<<length:2<<length], table[:1<<length])
		}
	}
}

// fillLinked enters the codes of more than root bits into smaller tables behind the first. count is used up.
func fillLinked(table []entry, sorted []entry, count *[16]uint16, root, code uint) {
	free := uint(1) << root
	prefix, start, size := ^uint(0), uint(0), uint(0)
	length := root
	for _, e := range sorted {
		for length == root || count[length&15] == 0 {
			length++
			code <<= 1
		}
		at := reversed(code, length)
		if p := at & (1<<root - 1); p != prefix {
			prefix, start = p, free
			width := linkedBits(count, root, length)
			size = 1 << width
			free += size
			table[prefix] = isSpecial | isLink | entry(start)<<valueShift | entry(width)<<codeShift | entry(root)
		}
		for i := at >> root; i < size; i += 1 << (length - root) {
			table[start+i] = e - entry(root)*perCodeBit
		}
		count[length&15]--
		code++
	}
}

// linkedBits is how many bits a smaller table needs that begins with a code of this length: codes go in ascending
// order, and it is full when those up to its longest fill it.
func linkedBits(count *[16]uint16, root, length uint) (width uint) {
	width = length - root
	for filled := uint(count[length&15]); filled < 1<<width && root+width < maxCodeBits; {
		width++
		filled = filled<<1 + uint(count[(root+width)&15])
	}
	return width
}
