package inflate

import (
	"bufio"
	"errors"
	"io"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/zlib"
)

// NewReader inflates the zlib stream src while it is read: for content that is too large to hold. It reads ahead of
// the stream's end unless src is an io.ByteReader. Adler-32 is always checked, and the check is done once Read returns
// io.EOF. It has to be: klauspost's reader (v1.20.3) decodes a code without symbols by the table of the block before,
// and so takes for content what others refuse. Faults of the stream are an *Error; a failure to read src is passed on
// as it is. Closing does not close src.
func NewReader(src io.Reader) (io.ReadCloser, error) {
	in, ok := src.(byteSource)
	if !ok {
		in = bufio.NewReader(src)
	}
	r := &reader{in: counter{src: in}}
	var err error
	if r.zlib, err = zlib.NewReader(&r.in); err != nil {
		return nil, r.explain(err)
	}
	return r, nil
}

type byteSource interface {
	io.Reader
	io.ByteReader
}

// reader puts klauspost's errors into this package's words.
type reader struct {
	in   counter
	zlib io.ReadCloser
}

func (r *reader) Read(p []byte) (int, error) {
	n, err := r.zlib.Read(p)
	if err != nil && err != io.EOF {
		err = r.explain(err)
	}
	return n, err
}

func (r *reader) Close() error {
	if err := r.zlib.Close(); err != nil {
		return r.explain(err)
	}
	return nil
}

func (r *reader) explain(err error) error {
	at := int(r.in.taken)
	var where flate.CorruptInputError
	var odd flate.InternalError
	switch {
	case r.in.failed != nil:
		return r.in.failed
	case errors.Is(err, zlib.ErrHeader):
		return corrupt(at, "no zlib header")
	case errors.Is(err, zlib.ErrChecksum):
		return corrupt(at, "content fails its Adler-32")
	case errors.Is(err, zlib.ErrDictionary):
		return &Error{ErrDictionary, int64(at), "only whoever wrote it knows the dictionary"}
	case errors.Is(err, io.ErrUnexpectedEOF):
		return truncated(at, "the stream does not end")
	case errors.As(err, &where):
		return corrupt(headerSize+int(where), "invalid deflate data")
	case errors.As(err, &odd):
		return corrupt(at, err.Error())
	}
	return err
}

// counter counts the bytes taken from src, and keeps src's own failure apart from the stream's faults.
type counter struct {
	src    byteSource
	taken  int64
	failed error // other than io.EOF
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.src.Read(p)
	c.taken += int64(n)
	c.note(err)
	return n, err
}

func (c *counter) ReadByte() (byte, error) {
	b, err := c.src.ReadByte()
	if err == nil {
		c.taken++
	}
	c.note(err)
	return b, err
}

func (c *counter) note(err error) {
	if err != nil && err != io.EOF {
		c.failed = err
	}
}
