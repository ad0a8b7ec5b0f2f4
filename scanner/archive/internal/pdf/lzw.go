package pdf

import (
	"bufio"
	"errors"
	"io"
)

// lzw reads what LZW packed as TIFF and PDF have it: codes of 9 to 12 bits, high bits first, which grow one code early.
// The standard library reads the form of GIF alone.
type lzw struct {
	from  *bufio.Reader
	early int // 1: as said, 0: codes grow when they must

	bits, count uint32
	width       uint32
	prefix      [lzwCodes]uint16
	last        [lzwCodes]byte
	length      [lzwCodes]uint16
	next        int // the code that is made next
	before      int // the one that was read before, -1: none
	text        [lzwCodes]byte
	rest        []byte
	err         error
}

const (
	lzwCodes = 1 << 12
	lzwClear = 256
	lzwEnd   = 257
)

func newLZW(r io.Reader, early bool) *lzw {
	l := &lzw{from: bufio.NewReader(r)}
	if early {
		l.early = 1
	}
	for i := range lzwClear {
		l.last[i], l.length[i] = byte(i), 1
	}
	l.clear()
	return l
}

func (l *lzw) clear() { l.width, l.next, l.before = 9, lzwEnd+1, -1 }

func (l *lzw) Read(b []byte) (n int, err error) {
	for n < len(b) {
		if len(l.rest) == 0 {
			if l.err == nil {
				l.err = l.code()
			}
			if l.err != nil {
				return n, l.err
			}
		}
		m := copy(b[n:], l.rest)
		n, l.rest = n+m, l.rest[m:]
	}
	return n, nil
}

// code reads a code and what it stands for.
func (l *lzw) code() error {
	for l.count < l.width {
		c, err := l.from.ReadByte()
		if err != nil {
			return err
		}
		l.bits, l.count = l.bits<<8|uint32(c), l.count+8
	}
	l.count -= l.width
	code := int(l.bits >> l.count & (1<<l.width - 1))
	switch {
	case code == lzwClear:
		l.clear()
		return nil
	case code == lzwEnd:
		return io.EOF
	case code > l.next || code == l.next && l.before < 0 || code > lzwEnd && l.before < 0:
		return errors.New("a code of LZW stands for nothing")
	}
	if l.before >= 0 && l.next < lzwCodes {
		l.prefix[l.next], l.length[l.next] = uint16(l.before), l.length[l.before]+1
		first := code
		if code == l.next {
			first = l.before
		}
		l.last[l.next] = l.first(first)
		l.next++
		if l.next+l.early >= 1<<l.width && l.width < 12 {
			l.width++
		}
	}
	l.before = code
	l.spell(code)
	return nil
}

// first is the first byte that a code stands for.
func (l *lzw) first(code int) byte {
	for code > lzwEnd {
		code = int(l.prefix[code])
	}
	return l.last[code]
}

// spell writes what a code stands for into text, from behind.
func (l *lzw) spell(code int) {
	n := int(l.length[code])
	l.rest = l.text[:n]
	for n--; n >= 0; n-- {
		l.text[n] = l.last[code]
		code = int(l.prefix[code])
	}
}
