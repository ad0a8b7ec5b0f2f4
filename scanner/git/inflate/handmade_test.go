package inflate

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/adler32"
	"math/bits"
	"testing"
)

// bitWriter writes deflate data that no compressor writes.
type bitWriter struct {
	out  []byte
	free int // bits of the last byte that are still free
}

func newBitWriter() *bitWriter { return &bitWriter{out: []byte{0x78, 0x01}} }

// put writes the low bits of value, lowest first.
func (w *bitWriter) put(value, n int) *bitWriter {
	for i := range n {
		if w.free == 0 {
			w.out, w.free = append(w.out, 0), 8
		}
		w.out[len(w.out)-1] |= byte(value>>i&1) << (8 - w.free)
		w.free--
	}
	return w
}

// code writes a Huffman code, first bit first.
func (w *bitWriter) code(code, n int) *bitWriter {
	return w.put(int(bits.Reverse16(uint16(code)))>>(16-n), n)
}

// stream ends the data with the checksum of content.
func (w *bitWriter) stream(content string) []byte {
	return binary.BigEndian.AppendUint32(w.out, adler32.Checksum([]byte(content)))
}

// dynamic begins a last block of dynamic codes: lengths of the first symbols, and of the distances. Each length is
// written by itself, in four bits: the code of code lengths gives four to each from 0 to 15 and none to the
// repetitions.
func (w *bitWriter) dynamic(literals map[int]int, distances []int) *bitWriter {
	w.put(1, 1).put(dynamicBlock, 2).put(literalSymbols-257, 5).put(len(distances)-1, 5).put(19-4, 4)
	for _, symbol := range lengthOrder {
		if symbol < repeatLength {
			w.put(4, 3)
		} else {
			w.put(0, 3)
		}
	}
	for symbol := range literalSymbols {
		w.code(literals[symbol], 4)
	}
	for _, length := range distances {
		w.code(length, 4)
	}
	return w
}

// lengthHeader begins a last block of dynamic codes whose code of code lengths is given by itself.
func lengthHeader(literals, distances int, lengths map[uint8]int) *bitWriter {
	w := newBitWriter().put(1, 1).put(dynamicBlock, 2).put(literals-257, 5).put(distances-1, 5).put(19-4, 4)
	for _, symbol := range lengthOrder {
		w.put(lengths[symbol], 3)
	}
	return w
}

func fixed() *bitWriter { return newBitWriter().put(1, 1).put(fixedBlock, 2) }

// a and end are the fixed codes of the letter and of the end of the block.
func (w *bitWriter) a() *bitWriter   { return w.code(0x30+'a', 8) }
func (w *bitWriter) end() *bitWriter { return w.code(0, 7) }

type odd struct {
	name    string
	stream  []byte
	content string
	want    error
}

// handmade are streams at the edges of what the format allows.
func handmade() []odd {
	aAndEnd := map[int]int{'a': 1, endOfBlock: 1} // a is code 0, the end is code 1
	three := map[int]int{'a': 1, endOfBlock: 2, firstLength: 2}
	long := map[int]int{'a': 1, 'b': 15, endOfBlock: 15} // 15 bits, far behind the root
	for i := range 13 {
		long['c'+i] = i + 2
	}
	farDistances := make([]int, distanceSymbols) // 15 bits too: the last two distances
	for i := range 14 {
		farDistances[i] = i + 1
	}
	farDistances[14], farDistances[15] = 15, 15
	return append(handmadeHeaders(), []odd{
		{"literal and end", newBitWriter().dynamic(aAndEnd, []int{0}).code(0, 1).code(0, 1).code(1, 1).stream("aa"), "aa", nil},
		{"no distance code and no match", newBitWriter().dynamic(three, []int{0}).code(0, 1).code(2, 2).stream("a"), "a", nil},
		{"no distance code and a match", newBitWriter().dynamic(three, []int{0}).code(0, 1).code(3, 2).put(0, 64).stream("aaaa"), "aaaa", ErrCorrupt},
		{"one distance", newBitWriter().dynamic(three, []int{1}).code(0, 1).code(3, 2).code(0, 1).code(2, 2).stream("aaaa"), "aaaa", nil},
		{"one distance, the other code", newBitWriter().dynamic(three, []int{1}).code(0, 1).code(3, 2).code(1, 1).put(0, 64).stream("aaaa"), "aaaa", ErrCorrupt},
		{"one distance of two bits", newBitWriter().dynamic(three, []int{2}).code(0, 1).code(3, 2).put(0, 64).stream("aaaa"), "aaaa", ErrCorrupt},
		{"two distances of three", newBitWriter().dynamic(three, []int{1, 2}).code(0, 1).code(2, 2).stream("a"), "a", ErrCorrupt},
		{"three distances of one bit", newBitWriter().dynamic(three, []int{1, 1, 1}).code(0, 1).code(2, 2).stream("a"), "a", ErrCorrupt},
		{"end of one bit alone", newBitWriter().dynamic(map[int]int{endOfBlock: 1}, []int{0}).code(0, 1).stream(""), "", nil},
		{"end of two bits alone", newBitWriter().dynamic(map[int]int{endOfBlock: 2}, []int{0}).code(0, 2).stream(""), "", ErrCorrupt},
		{"no end", newBitWriter().dynamic(map[int]int{'a': 1}, []int{0}).code(0, 1).put(0xff, 64).stream("a"), "a", ErrCorrupt},
		{"no literals at all", newBitWriter().dynamic(nil, []int{1}).put(0, 64).stream("a"), "a", ErrCorrupt},
		{"codes of 15 bits", newBitWriter().dynamic(long, []int{0}).code(0x7ffe, 15).code(0, 1).code(0x7fff, 15).stream("ba"), "ba", nil},
		{"distance codes of 15 bits", newBitWriter().dynamic(three, farDistances).code(0, 1).code(3, 2).code(0x7fff, 15).put(0, 13).code(2, 2).stream("aaaa"), "aaaa", ErrCorrupt},
		{"length 258", fixed().a().code(0xc0+285-280, 8).code(0, 5).end().stream(string(bytes.Repeat([]byte("a"), 259))), string(bytes.Repeat([]byte("a"), 259)), nil},
		{"length 258 of the symbol before", fixed().a().code(0xc0+284-280, 8).put(31, 5).code(0, 5).end().stream(string(bytes.Repeat([]byte("a"), 259))), string(bytes.Repeat([]byte("a"), 259)), nil},
		{"length symbol 286", fixed().a().code(0xc0+286-280, 8).code(0, 5).end().stream("a"), "a", ErrCorrupt},
		{"distance symbol 30", fixed().a().code(1, 7).code(30, 5).end().put(0, 64).stream("aaaa"), "aaaa", ErrCorrupt},
		{"distance before the content", fixed().a().code(1, 7).code(1, 5).end().put(0, 64).stream("aaaa"), "aaaa", ErrCorrupt},
		{"match before any content", fixed().code(1, 7).code(0, 5).end().put(0, 64).stream("aaa"), "aaa", ErrCorrupt},
		{"stored, other check", append(newBitWriter().put(1, 8).out, 1, 0, 0xff, 0xff, 'a', 0, 0, 0, 0), "a", ErrCorrupt},
		{"stored, nothing in it", append(newBitWriter().put(1, 8).out, 0, 0, 0xff, 0xff, 0, 0, 0, 1), "", nil},
		{"no such type", newBitWriter().put(7, 3).put(0, 64).stream(""), "", ErrCorrupt},
	}...)
}

// handmadeHeaders are headers of dynamic blocks.
func handmadeHeaders() []odd {
	repeats := map[uint8]int{0: 2, repeatLength: 2, repeatZero: 2, repeatZeros: 2} // codes 0, 1, 2, 3
	ones := map[uint8]int{1: 1, repeatZeros: 1}                                    // codes 0, 1
	return []odd{
		{"287 literals", lengthHeader(287, 1, ones).put(0, 640).stream(""), "", ErrCorrupt},
		{"31 distances", lengthHeader(257, 31, ones).put(0, 640).stream(""), "", ErrCorrupt},
		{"repetition before the first", lengthHeader(257, 1, repeats).code(1, 2).put(0, 640).stream(""), "", ErrCorrupt},
		{"repetition beyond the last", lengthHeader(257, 1, ones).code(1, 1).put(127, 7).code(1, 1).put(127, 7).put(0, 640).stream(""), "", ErrCorrupt},
		{"no code of code lengths", lengthHeader(257, 1, nil).put(0, 640).stream(""), "", ErrCorrupt},
		{"over-subscribed code lengths", lengthHeader(257, 1, map[uint8]int{0: 1, 1: 1, 2: 1}).put(0, 640).stream(""), "", ErrCorrupt},
		{"incomplete code lengths", lengthHeader(257, 1, map[uint8]int{0: 2, 1: 2}).put(0, 640).stream(""), "", ErrCorrupt},
		// Every symbol has a code of one bit: over-subscribed.
		{"single code length", lengthHeader(257, 1, map[uint8]int{1: 1}).put(0, 640).stream(""), "", ErrCorrupt},
		// 138 and 118 zeros, then one for the end of the block; that one stands for the distance too.
		{"runs of zeros", lengthHeader(257, 1, ones).code(1, 1).put(127, 7).code(1, 1).put(107, 7).code(0, 1).code(0, 1).code(0, 1).stream(""), "", nil},
		{"header cut", lengthHeader(257, 1, ones).code(1, 1).out, "", ErrTruncated},
	}
}

func TestHandmade(t *testing.T) {
	d := new(Decoder)
	for _, c := range handmade() {
		for _, behind := range []int{0, 64} { // by the careful loop, and by the fast one as far as it goes
			src := append(bytes.Clone(c.stream), make([]byte, behind)...)
			if c.want == ErrTruncated && behind > 0 {
				continue
			}
			dst, check := guarded(len(c.content))
			n, err := d.Zlib(dst, src, true)
			check(t)
			checkKind(t, err)
			if !errors.Is(err, c.want) {
				t.Errorf("%s, %d bytes behind: %v, not %v", c.name, behind, err, c.want)
			} else if c.want == nil && (n != len(c.stream) || string(dst) != c.content) {
				t.Errorf("%s, %d bytes behind: took %d of %d bytes, content %q", c.name, behind, n, len(c.stream), dst)
			}
			_, err = d.Zlib(dst, src, false)
			checkAgainstStandard(t, src, len(dst), dst, err)
		}
	}
}
