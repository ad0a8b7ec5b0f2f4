package sevenzip

import (
	"bufio"
	"encoding/binary"
	"io"

	"skleak/scanner/archive/internal/bound"
)

// bcj2 undoes the filter that 7z has for programs of x86. It puts the targets of calls and jumps into streams of their
// own, and says in a fourth one, in bits coded by their odds, behind which instructions it did so.
type bcj2 struct {
	main, calls, jumps, bits *bufio.Reader

	before byte   // the byte that was made last
	made   uint32 // how many bytes were made
	tail   []byte // of a target, what did not fit yet
	target [4]byte

	width, code uint32 // of the decoder of bits
	odds        [2 + 256]uint16
}

const (
	oddsBits  = 11 // an odd of 1 is 1<<oddsBits
	oddsShift = 5  // how fast they follow the bits
)

func newBCJ2(main, calls, jumps, bits *bufio.Reader) (*bcj2, error) {
	b := &bcj2{main: main, calls: calls, jumps: jumps, bits: bits, width: 1<<32 - 1}
	for i := range b.odds {
		b.odds[i] = 1 << (oddsBits - 1)
	}
	for range 5 {
		c, err := bits.ReadByte()
		if err != nil {
			return nil, bound.NoEOF(err)
		}
		b.code = b.code<<8 | uint32(c)
	}
	return b, nil
}

func (b *bcj2) Read(out []byte) (n int, err error) {
	for n < len(out) {
		if len(b.tail) > 0 {
			m := copy(out[n:], b.tail)
			n, b.tail = n+m, b.tail[m:]
			continue
		}
		c, err := b.main.ReadByte()
		if err != nil {
			return n, err
		}
		out[n] = c
		n++
		b.made++
		before := b.before
		b.before = c
		if c&0xfe != 0xe8 && (before != 0x0f || c&0xf0 != 0x80) { // neither a call nor a jump
			continue
		}
		moved, err := b.bit(before, c)
		if err != nil {
			return n, err
		}
		if moved {
			if err := b.restore(c); err != nil {
				return n, err
			}
		}
	}
	return n, nil
}

// restore gets the target of an instruction.
func (b *bcj2) restore(instruction byte) error {
	from := b.jumps
	if instruction == 0xe8 {
		from = b.calls
	}
	if _, err := io.ReadFull(from, b.target[:]); err != nil {
		return bound.NoEOF(err)
	}
	target := binary.BigEndian.Uint32(b.target[:]) - (b.made + 4)
	binary.LittleEndian.PutUint32(b.target[:], target)
	b.tail = b.target[:]
	b.made += 4
	b.before = b.target[3]
	return nil
}

// bit decodes whether an instruction's target was moved.
func (b *bcj2) bit(before, instruction byte) (bool, error) {
	odds := &b.odds[257]
	switch instruction {
	case 0xe8:
		odds = &b.odds[before]
	case 0xe9:
		odds = &b.odds[256]
	}
	if b.width < 1<<24 {
		c, err := b.bits.ReadByte()
		if err != nil {
			return false, bound.NoEOF(err)
		}
		b.width, b.code = b.width<<8, b.code<<8|uint32(c)
	}
	bound := b.width >> oddsBits * uint32(*odds)
	if b.code < bound {
		b.width = bound
		*odds += (1<<oddsBits - *odds) >> oddsShift
		return false, nil
	}
	b.width, b.code = b.width-bound, b.code-bound
	*odds -= *odds >> oddsShift
	return true, nil
}
