package inflate

// carefulSymbols decodes a block's symbols one at a time, whatever is left of src and dst.
func carefulSymbols(from *bitReader, t *tables, dst, src []byte, out int) (int, stop) {
	r := *from
	why := stopEdge
	for why == stopEdge {
		r = r.refilled(src) // a length and a distance take 48 bits at most
		var e entry
		var length, distance int
		if e, length, why = r.symbol(t.literal[:], literalRoot); why != stopEdge {
			break
		}
		if out == len(dst) {
			why = stopFull
			break
		}
		if e&isLiteral != 0 {
			dst[out] = byte(length)
			out++
			continue
		}
		if _, distance, why = r.symbol(t.distance[:], distanceRoot); why != stopEdge {
			break
		}
		if distance > out {
			why = stopDistance
			break
		}
		room := len(dst) - out
		copyExact(dst, out, distance, min(length, room))
		out += min(length, room)
		if length > room {
			why = stopFull
		}
	}
	*from = r
	return out, why
}

// symbol takes one code with its extra bits: value is the literal, length or distance. why is stopEdge if there is one.
func (r *bitReader) symbol(table []entry, root uint) (e entry, value int, why stop) {
	e = table[r.buf&(1<<root-1)]
	if e&isSpecial != 0 && e&isLink != 0 && e&isLiteral == 0 {
		if root > r.n {
			return e, 0, stopCut
		}
		r.take(root)
		e = table[uint64(e>>valueShift)+r.buf&(1<<(e>>codeShift&15)-1)]
	}
	if uint(e&63) > r.n {
		return e, 0, stopCut
	}
	extra := (r.buf & (1<<(e&63) - 1)) >> (e >> codeShift & 15)
	r.take(uint(e & 63))
	if e&isSpecial == 0 {
		return e, int(e&^isLiteral>>valueShift) + int(extra), stopEdge
	}
	if e&isEnd != 0 {
		return e, 0, stopEnd
	}
	return e, 0, stopNoCode
}
