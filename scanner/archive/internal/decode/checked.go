package decode

import (
	"errors"
	"hash/crc32"
	"io"
)

// Exactly reads the next bytes of r, of which there are so many: fewer are an error.
func Exactly(r io.Reader, size int64) io.Reader { return &exact{io.LimitedReader{R: r, N: size}} }

type exact struct{ io.LimitedReader }

func (e *exact) Read(b []byte) (int, error) {
	n, err := e.LimitedReader.Read(b)
	if err == io.EOF && e.N > 0 {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// Checked holds what is read of r against a checksum and a size.
func Checked(r io.Reader, want uint32, size int64) io.Reader {
	return &checked{from: r, want: want, size: size}
}

type checked struct {
	from io.Reader
	want uint32
	size int64
	sum  uint32
	n    int64
}

func (c *checked) Read(b []byte) (int, error) {
	n, err := c.from.Read(b)
	c.sum = crc32.Update(c.sum, crc32.IEEETable, b[:n])
	c.n += int64(n)
	if err == io.EOF && (c.sum != c.want || c.n != c.size) {
		return n, errors.New("the checksum or size is not what the header says")
	}
	return n, err
}
