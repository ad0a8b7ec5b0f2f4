package inflate

import (
	"bytes"
	"compress/flate"
	"errors"
	"io"
)

// plain is the plain path: compress/flate, kept ready between streams.
//
// Not klauspost/compress, which is quicker: its reader (v1.20.3) decodes a code without symbols by the table of
// whatever block came before, and so takes for content what compress/flate, zlib and we refuse. Where Adler-32 is
// checked, as in NewReader, that does no harm; here it need not be, and this path is the one that has to be right.
type plain struct {
	in    bytes.Reader
	flate io.ReadCloser // also a flate.Resetter
	past  [1]byte       // where a byte behind the content would land
}

// start points the reader at the raw deflate data behind the header.
func (p *plain) start(src []byte) {
	p.in.Reset(src[headerSize:])
	if p.flate == nil {
		p.flate = flate.NewReader(&p.in)
		return
	}
	// Reset of a flate reader cannot fail: it reads nothing yet.
	_ = p.flate.(flate.Resetter).Reset(&p.in, nil)
}

// stop lets go of src.
func (p *plain) stop() { p.in.Reset(nil) }

// offset is how far into src the reader has come. A bytes.Reader is read byte by byte, never ahead.
func (p *plain) offset(src []byte) int { return len(src) - p.in.Len() }

// fill reads until dst is full or the stream ends.
func (p *plain) fill(dst []byte) (n int, err error) {
	for n < len(dst) && err == nil {
		var more int
		more, err = p.flate.Read(dst[n:])
		n += more
	}
	return n, err
}

// zlib is Decoder.Zlib by the plain path; the header has been checked.
func (p *plain) zlib(dst, src []byte, verify bool) (int, error) {
	n, at, err := p.within(dst, src)
	if err != nil {
		return 0, err
	}
	if n < len(dst) {
		return 0, tooShort(at, n, len(dst))
	}
	return checkTrailer(dst, src, at, verify)
}

// within is Decoder.Within by the plain path, up to the trailer; the header has been checked.
func (p *plain) within(dst, src []byte) (out, in int, err error) {
	p.start(src)
	defer p.stop()
	n, err := p.fill(dst)
	if err == nil {
		// The end of the stream may still lie ahead, and only reading on tells.
		var more int
		if more, err = p.fill(p.past[:]); more > 0 {
			return 0, 0, tooLong(p.offset(src), len(dst))
		}
	}
	if err != io.EOF {
		return 0, 0, plainError(err, p.offset(src))
	}
	return n, p.offset(src), nil
}

// prefix is Decoder.Prefix by the plain path; the header has been checked.
func (p *plain) prefix(dst, src []byte) (n int, err error) {
	p.start(src)
	defer p.stop()
	n, err = p.fill(dst)
	if n == len(dst) || err == io.EOF {
		return n, nil
	}
	return n, plainError(err, p.offset(src))
}

// plainError puts an error of compress/flate into our words. Its own offset counts from behind the header; at is where
// the reader stood.
func plainError(err error, at int) error {
	var where flate.CorruptInputError
	switch {
	case errors.As(err, &where):
		return corrupt(headerSize+int(where), "invalid deflate data")
	case errors.Is(err, io.ErrUnexpectedEOF):
		return truncated(at, "the deflate data does not end")
	}
	return corrupt(at, err.Error())
}
