package inflate

import "encoding/binary"

// Block types: RFC 1951, section 3.2.3.
const (
	storedBlock  = 0
	fixedBlock   = 1
	dynamicBlock = 2
)

// inflate decodes the deflate data behind the header into dst, until the data or, with prefix, dst ends. It returns how
// many bytes it wrote and took.
func (d *Decoder) inflate(dst, src []byte, prefix bool) (out, in int, err error) {
	r := bitReader{in: headerSize}
	for last := false; !last; {
		if prefix && out == len(dst) {
			break
		}
		if r = r.refilled(src); r.n < 3 {
			return out, 0, truncated(len(src), "the deflate data does not end")
		}
		last = r.buf&1 != 0
		kind := r.buf >> 1 & 3
		r.take(3)
		why := stopEnd
		switch kind {
		case storedBlock:
			out, why, err = stored(&r, dst, src, out)
		case fixedBlock:
			out, why = symbols(&r, fixedTables(), dst, src, out)
		case dynamicBlock:
			if err = d.readTables(&r, src); err == nil {
				out, why = symbols(&r, &d.dynamic, dst, src, out)
			}
		default:
			err = corrupt(r.in, "no such block type")
		}
		if err != nil {
			return out, 0, err
		}
		if prefix && out == len(dst) { // whatever stopped it
			break
		}
		if why != stopEnd {
			return out, 0, r.fault(why, len(src), len(dst))
		}
	}
	r.toByte()
	return out, r.in, nil
}

// symbols decodes a block of either Huffman kind.
func symbols(r *bitReader, t *tables, dst, src []byte, out int) (int, stop) {
	for {
		var m match
		var why stop
		out, m, why = fastSymbols(r, t, dst, src, out)
		if why == stopMatch {
			out, why = m.copy(dst, out)
		}
		switch why {
		case stopMatch:
			continue
		case stopEdge:
			return carefulSymbols(r, t, dst, src, out)
		}
		return out, why
	}
}

// stored copies a stored block: RFC 1951, section 3.2.4.
func stored(r *bitReader, dst, src []byte, out int) (int, stop, error) {
	r.toByte()
	head := src[r.in:]
	if len(head) < 4 {
		return out, stopCut, nil
	}
	size := binary.LittleEndian.Uint16(head)
	if size != ^binary.LittleEndian.Uint16(head[2:]) {
		return out, 0, corrupt(r.in, "a stored block's size fails its check")
	}
	r.in += 4
	wrote := copy(dst[out:], src[r.in:min(len(src), r.in+int(size))])
	r.in += wrote
	out += wrote
	switch {
	case wrote == int(size):
		return out, stopEnd, nil
	case out == len(dst):
		return out, stopFull, nil
	}
	return out, stopCut, nil
}

// fault is the error for a block's untimely end.
func (r *bitReader) fault(why stop, srcSize, dstSize int) error {
	at := r.in - int(r.n>>3)
	switch why {
	case stopFull:
		return tooLong(at, dstSize)
	case stopNoCode:
		return corrupt(at, "a code that stands for nothing")
	case stopDistance:
		return corrupt(at, "a distance that reaches before the content")
	}
	return truncated(srcSize, "the deflate data does not end")
}
