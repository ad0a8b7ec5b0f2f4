// Package deltas reads and applies the deltas that packs are made of: how one content is put together of parts of
// another one and of what is new. Nothing in here trusts a number that it read.
package deltas

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
)

// Range is a part of an object's content, in bytes: From inclusive, To exclusive.
type Range struct{ From, To int }

// A delta is the size of its base, the size of its result (both 7 bits a byte, least significant
// first) and instructions. A first byte with the top bit set copies from the base: its lower four bits say
// which bytes of the offset follow, the next three which bytes of the size (0 means 65536). Any other
// first byte is the number of bytes to insert, which follow; 0 is reserved.

// Sizes reads the two sizes at the head of a delta and returns the instructions behind them.
func Sizes(delta []byte) (base, result uint64, instructions []byte, err error) {
	base, delta, err = readSize(delta)
	if err != nil {
		return 0, 0, nil, err
	}
	result, delta, err = readSize(delta)
	return base, result, delta, err
}

// Head reads the head of a delta that is for a base of some bytes, and returns the size of its result.
func Head(delta []byte, base uint64) (size uint64, instructions []byte, err error) {
	declared, size, instructions, err := Sizes(delta)
	if err == nil && declared != base {
		err = fmt.Errorf("the delta is for a base of %d bytes, not %d", declared, base)
	}
	return size, instructions, err
}

func readSize(data []byte) (n uint64, rest []byte, err error) {
	for i, c := range data {
		if i > 8 {
			break
		}
		n |= uint64(c&0x7f) << (7 * i)
		if c&0x80 == 0 {
			return n, data[i+1:], nil
		}
	}
	return 0, nil, errors.New("the sizes at the head of the delta are cut off")
}

// Instruction is a step of a delta: to insert N bytes, which its Text is, or to copy as many of the base from an offset
// on. It has no slice: the compiler would keep it in memory, written word by word and read by two words at once, for
// which the processor waits, and that took a third of applying a delta.
type Instruction struct {
	Offset  int // in the base
	N       int
	Inserts bool
}

// Text is what an instruction inserts that others begin with.
func (i Instruction) Text(instructions []byte) []byte { return instructions[1 : 1+i.N] }

// Cut reads the instruction that a delta's begin with; it is not ok if that is reserved or cut off. Three
// instructions in five of git's own pack are copies: one look-up says where their numbers stand, in place of asking for
// each of seven bytes whether it is there, which the processor cannot foresee.
func Cut(instructions []byte) (i Instruction, rest []byte, ok bool) {
	first := instructions[0]
	if n := int(first); n < 0x80 {
		if n == 0 || n >= len(instructions) {
			return i, nil, false
		}
		return Instruction{N: n, Inserts: true}, instructions[1+n:], true
	}
	s := &copyShapes[first&0x7f]
	if len(instructions) < 1+8 || s.next == 0 {
		return cutCopy(instructions)
	}
	numbers := binary.LittleEndian.Uint64(instructions[1:])
	n := int(numbers >> (s.offsetBits & 63) & s.sizeMask << (s.sizeShift & 63))
	if n == 0 {
		n = sizeOfNone
	}
	return Instruction{Offset: int(numbers & s.offsetMask << (s.offsetShift & 63)), N: n}, instructions[s.next:], true
}

// cutCopy is Cut for copies, byte by byte: for what copyShapes leaves out, and at the end of the data.
func cutCopy(instructions []byte) (i Instruction, rest []byte, ok bool) {
	next := 1
	for bit := range uint(7) {
		if instructions[0]>>bit&1 == 0 {
			continue
		}
		if next == len(instructions) {
			return Instruction{}, nil, false
		}
		if bit < 4 {
			i.Offset |= int(instructions[next]) << (8 * bit)
		} else {
			i.N |= int(instructions[next]) << (8 * (bit - 4))
		}
		next++
	}
	if i.N == 0 {
		i.N = sizeOfNone
	}
	return i, instructions[next:], true
}

// ErrInstruction: a delta cannot be read.
var ErrInstruction = errors.New("the delta has an instruction that is reserved or cut off")

// ResultSize adds up what the instructions make, without making it: before a large result is
// allocated, this proves that the delta can fill it.
func ResultSize(instructions []byte) (n uint64, err error) {
	for len(instructions) > 0 {
		i, rest, ok := Cut(instructions)
		if !ok {
			return 0, ErrInstruction
		}
		n += uint64(i.N)
		instructions = rest
	}
	return n, nil
}

// CheckSize tells whether the instructions make as many bytes as the delta declares.
func CheckSize(instructions []byte, declared uint64) error {
	made, err := ResultSize(instructions)
	if err == nil {
		err = checkMade(made, declared)
	}
	return err
}

func checkMade(made, declared uint64) error {
	if made != declared {
		return fmt.Errorf("the delta makes %d bytes where it declares %d", made, declared)
	}
	return nil
}

// sizeOfNone is what a copy instruction without a size copies.
const sizeOfNone = 0x10000

// copyShape says where in the eight bytes behind the first a copy instruction has its offset and its size. The bytes
// of each stand together but where one in the middle is zero and left out: such a shape is zero.
type copyShape struct {
	offsetMask, sizeMask               uint64
	offsetBits, offsetShift, sizeShift uint8 // bits to the size; bytes left out below each number, as bits
	next                               uint8
}

var copyShapes = func() (shapes [128]copyShape) {
	run := func(present uint) (shift, width uint, whole bool) {
		if present == 0 {
			return 0, 0, true
		}
		shift, width = uint(bits.TrailingZeros(present)), uint(bits.OnesCount(present))
		return 8 * shift, 8 * width, present>>shift == 1<<width-1
	}
	for op := range uint(128) {
		offsetShift, offsetBits, offsetWhole := run(op & 15)
		sizeShift, sizeBits, sizeWhole := run(op >> 4)
		if offsetWhole && sizeWhole {
			shapes[op] = copyShape{1<<offsetBits - 1, 1<<sizeBits - 1, uint8(offsetBits), uint8(offsetShift),
				uint8(sizeShift), uint8(1 + (offsetBits+sizeBits)/8)}
		}
	}
	return shapes
}()

// Apply builds result, whose length is the declared size, from base. To dirty it appends, in
// order and without overlap, the ranges of result in which anything can stand that does not stand in
// base: what was inserted, and the seams, margin bytes to either side of each edge between instructions.
// Whatever is no longer than margin+1 bytes and lies in no dirty range was copied whole from the base. A margin of
// noRanges leaves out the ranges.
func Apply(result, base, instructions []byte, margin int, dirty []Range) ([]Range, error) {
	at := 0       // end of what is built
	copied := -1  // where in base the last copy ended; -1 behind an insertion
	start := true // nothing stands before the first instruction, so it has no seam
	for len(instructions) > 0 {
		i, rest, ok := Cut(instructions)
		switch {
		case !ok:
			return dirty, ErrInstruction
		case !i.Inserts && (i.Offset > len(base) || i.N > len(base)-i.Offset):
			return dirty, outOfBase(i, base)
		case i.N > len(result)-at:
			return dirty, errTooLong
		}
		if i.Inserts {
			copyShort(result[at:], instructions[1:], i.N)
			instructions = rest
			if margin > noRanges {
				dirty = addRange(dirty, at-margin, at+i.N+margin)
			}
			at += i.N
			copied, start = -1, false
			continue
		}
		instructions = rest
		copyShort(result[at:], base[i.Offset:], i.N)
		if copied >= 0 && copied != i.Offset && !start && margin > noRanges {
			dirty = addRange(dirty, at-margin, at+margin)
		}
		at += i.N
		copied, start = i.Offset+i.N, false
	}
	return clampLast(dirty, len(result)), checkMade(uint64(at), uint64(len(result)))
}

// Patch applies a delta to its base, into memory that it asks for; there may be anything in it. A result above limit is
// ErrMemory.
func Patch(base, delta []byte, limit uint64, memory func(n int) []byte) ([]byte, error) {
	size, instructions, err := Head(delta, uint64(len(base)))
	if err == nil && size > trustedSize {
		err = CheckSize(instructions, size)
	}
	if err != nil {
		return nil, err
	}
	if size > limit {
		return nil, ErrMemory
	}
	data := memory(int(size))
	_, err = Apply(data, base, instructions, noRanges, nil)
	return data, err
}

const (
	noRanges = -1
	// trustedSize is the largest result for which Patch asks for memory before it knows that the delta makes so much.
	trustedSize = 64 << 10
)

func outOfBase(i Instruction, base []byte) error {
	return fmt.Errorf("the delta copies %d bytes at %d from a base of %d", i.N, i.Offset, len(base))
}

// copyShort copies n bytes, which both have. Where there is room for it, one of up to 32 bytes takes two steps of
// sixteen, which may write behind it: what comes next there is written later. Half of all copies and insertions are
// that short, and this spares them the call of memmove.
func copyShort(to, from []byte, n int) {
	const step = 16
	if n <= 2*step && len(to) >= 2*step && len(from) >= 2*step {
		*(*[2 * step]byte)(to) = *(*[2 * step]byte)(from)
		return
	}
	copy(to[:n], from[:n])
}

var errTooLong = errors.New("the delta makes more bytes than it declares")

// maxRanges bounds what a delta of nothing but seams costs; what comes after is one range.
const maxRanges = 1 << 16

// addRange appends a range, or lets the last one grow. From never falls from call to call.
func addRange(ranges []Range, from, to int) []Range {
	from = max(from, 0)
	if last := len(ranges) - 1; last >= 0 && (from <= ranges[last].To || len(ranges) >= maxRanges) {
		ranges[last].To = max(ranges[last].To, to)
		return ranges
	}
	return append(ranges, Range{from, to})
}

// clampLast cuts ranges that reach beyond the end. Only margins can, and any range may, where the
// content is short.
func clampLast(ranges []Range, size int) []Range {
	for i := len(ranges) - 1; i >= 0 && ranges[i].To > size; i-- {
		ranges[i].To = size
	}
	return ranges
}
