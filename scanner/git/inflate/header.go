package inflate

// lengthOrder is the order in which a dynamic block lists the code lengths of code lengths.
var lengthOrder = [19]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// Code lengths over 15 are repetitions.
const (
	repeatLength = 16 // the one before, 3 to 6 times
	repeatZero   = 17 // 3 to 10 times
	repeatZeros  = 18 // 11 to 138 times

	lengthCodeBits = 7 // the longest code of a code length
	// what one code length takes at most: its code and seven extra bits
	maxLengthBits = lengthCodeBits + 7
)

// lengthTable turns the next seven bits into a code length symbol and the length of its code: symbol<<3 | length.
// Zero is a code that stands for nothing.
type lengthTable [1 << lengthCodeBits]uint8

// build makes the table of the code lengths' code; false as for tables.build.
func (t *lengthTable) build(lengths *[19]uint8) (ok bool) {
	var count, next [8]uint
	for _, length := range lengths {
		count[length&7]++
	}
	used := uint(0)
	for length := uint(1); length <= lengthCodeBits; length++ {
		next[length] = used >> (lengthCodeBits - length)
		used += count[length] << (lengthCodeBits - length)
	}
	if used != 1<<lengthCodeBits {
		single := count[0] == uint(len(lengths))-1 && count[1] == 1
		if !single {
			return false
		}
		clear(t[:])
	}
	for symbol, length := range lengths {
		if length == 0 {
			continue
		}
		length := uint(length & 7)
		e := uint8(symbol<<3) | uint8(length)
		for at := reversed(next[length], length); at < uint(len(t)); at += 1 << length {
			t[at] = e
		}
		next[length]++
	}
	return true
}

// readTables reads the header of a dynamic block (RFC 1951, section 3.2.7) and makes its tables.
func (d *Decoder) readTables(r *bitReader, src []byte) error {
	*r = r.refilled(src)
	if r.n < 5+5+4 {
		return truncated(len(src), "the header of a block does not end")
	}
	literals := int(r.buf&31) + 257
	distances := int(r.buf>>5&31) + 1
	lengths := int(r.buf>>10&15) + 4
	r.take(5 + 5 + 4)
	if literals > literalSymbols || distances > distanceSymbols {
		return corrupt(r.in, "more symbols than there are")
	}
	if err := d.readLengthCode(r, src, lengths); err != nil {
		return err
	}
	codes, split, err := d.readCodes(r, src, literals, literals+distances)
	if err != nil {
		return err
	}
	t := &d.dynamic
	if !t.build(t.literal[:], codes[:split], literalTemplates[:], 0, literalRoot) {
		return corrupt(r.in, "literal code over-subscribed or incomplete")
	}
	if !t.build(t.distance[:], codes[split:], distanceTemplates[:], literals, distanceRoot) {
		return corrupt(r.in, "distance code over-subscribed or incomplete")
	}
	return nil
}

// readLengthCode reads the code lengths of code lengths, three bits each.
func (d *Decoder) readLengthCode(r *bitReader, src []byte, n int) error {
	var lengths [19]uint8
	for _, symbol := range lengthOrder[:n] {
		if r.n < 3 {
			if *r = r.refilled(src); r.n < 3 {
				return truncated(len(src), "the header of a block does not end")
			}
		}
		lengths[symbol] = uint8(r.buf & 7)
		r.take(3)
	}
	if !d.lengths.build(&lengths) {
		return corrupt(r.in, "code of code lengths over-subscribed or incomplete")
	}
	return nil
}

// readCodes reads the code lengths of n symbols, literals first, and lists those in use. codes[split:] are distances.
func (d *Decoder) readCodes(from *bitReader, src []byte, literals, n int) (codes []symbolCode, split int, err error) {
	r := *from
	list := &d.codes
	used, last, symbol := 0, 0, 0
	for symbol < n {
		if r.n < maxLengthBits {
			r = r.refilled(src)
		}
		e := d.lengths[r.buf&(1<<lengthCodeBits-1)]
		bits, length := uint(e&7), int(e>>3)
		if bits > r.n {
			return nil, 0, truncated(len(src), "the header of a block does not end")
		}
		if bits == 0 {
			return nil, 0, corrupt(r.in, "no such code length")
		}
		r.take(bits)
		if length < repeatLength {
			list[used] = makeSymbolCode(symbol, length)
			used += (length + 15) >> 4 // one more, unless the length is zero
			last = length
			symbol++
			continue
		}
		times, extra := 3+int(r.buf&7), uint(3)
		switch length {
		case repeatLength:
			times, extra = 3+int(r.buf&3), 2
		case repeatZeros:
			times, extra = 11+int(r.buf&127), 7
		}
		if extra > r.n {
			return nil, 0, truncated(len(src), "the header of a block does not end")
		}
		r.take(extra)
		if length != repeatLength {
			last = 0
		} else if symbol == 0 {
			return nil, 0, corrupt(r.in, "repeats a code length before the first")
		}
		if symbol+times > n {
			return nil, 0, corrupt(r.in, "more code lengths than symbols")
		}
		if last != 0 {
			for i := range times {
				list[used] = makeSymbolCode(symbol+i, last)
				used++
			}
		}
		symbol += times
	}
	*from = r
	for split = used; split > 0 && list[split-1].symbol() >= literals; {
		split--
	}
	return list[:used], split, nil
}
