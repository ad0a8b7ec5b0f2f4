// Package inflate decodes the zlib streams of git's packs and loose objects (RFC 1950, RFC 1951): whole compressed bytes
// in, whole content out, its size known beforehand.
package inflate

// Decoder inflates streams one after another and keeps what they can share: the room for tables.
// The zero value is ready. One goroutine at a time.
type Decoder struct {
	// Plain takes the plain path, compress/flate, in place of our own: the same results, more slowly.
	Plain bool

	plain plain

	// Scratch of the fast path; nothing in it outlives a block.
	lengths lengthTable
	codes   [literalSymbols + distanceSymbols]symbolCode
	dynamic tables
}

// Zlib inflates the zlib stream at the start of src into dst, whose length is the exact size the content must have, and
// returns how many bytes of src the stream takes, header and Adler-32 included. What follows the stream in src is left
// alone, but it helps to have a few bytes there. verify checks the Adler-32; leave it off where a CRC-32 of the packed
// bytes has vouched for them. An error is an *Error, and dst then holds nothing of use.
func (d *Decoder) Zlib(dst, src []byte, verify bool) (n int, err error) {
	if err := checkHeader(src); err != nil {
		return 0, err
	}
	if d.Plain {
		return d.plain.zlib(dst, src, verify)
	}
	out, in, err := d.fast(dst, src, false)
	if err != nil {
		return 0, err
	}
	if out < len(dst) {
		return 0, tooShort(in, out, len(dst))
	}
	return checkTrailer(dst, src, in, verify)
}

// Prefix inflates only the first len(dst) bytes of the stream at the start of src: delta headers, loose object headers.
// It does not look at the rest, and no checksum is checked. n is the number of bytes written: fewer than len(dst) without
// an error when the stream ends before; with one, the n bytes are what could be had. The rest of dst is undefined.
func (d *Decoder) Prefix(dst, src []byte) (n int, err error) {
	if err := checkHeader(src); err != nil {
		return 0, err
	}
	if d.Plain {
		return d.plain.prefix(dst, src)
	}
	n, _, err = d.fast(dst, src, true)
	return n, err
}
