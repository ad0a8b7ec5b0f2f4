package pdf

import (
	"bufio"
	"bytes"
	"encoding/ascii85"
	"encoding/hex"
	"fmt"
	"io"
	"sync"

	"github.com/klauspost/compress/zlib"

	"skleak/scanner/archive/internal/bound"
	"skleak/scanner/archive/internal/decode"
)

// The filters of streams, as section 7.4 of ISO 32000-1 has them.

// chain is how a stream is packed.
type chain struct {
	names     []string
	picture   bool // which holds no text
	predictor predictor
	early     bool // the codes of LZW grow one step early, as they do unless it is said
}

var pictures = map[string]bool{"DCTDecode": true, "DCT": true, "JPXDecode": true, "CCITTFaxDecode": true,
	"CCF": true, "JBIG2Decode": true}

// filtersOf reads the filters from a stream's dictionary.
func filtersOf(head []byte) (c chain, err error) {
	text, _ := value(head, "/Filter")
	list := bytes.HasPrefix(text, []byte("["))
	text = bytes.TrimLeft(text, "[ \r\n\t")
	for bytes.HasPrefix(text, []byte("/")) {
		end := 1
		for end < len(text) && isRegular(text[end]) {
			end++
		}
		name := string(text[1:end])
		c.names = append(c.names, name)
		c.picture = c.picture || pictures[name]
		text = bytes.TrimLeft(text[end:], " \r\n\t")
		if !list {
			break
		}
	}
	if len(c.names) == 0 && len(text) > 0 && text[0] != '>' && text[0] != ']' && text[0] != 'n' {
		return c, bound.NotRead(bound.Unsupported, "how the stream is packed is said elsewhere")
	}
	parameter := func(name string, otherwise int64) int {
		if n, ok := number(head, name); ok {
			otherwise = n
		}
		return int(min(otherwise, maxRow+1))
	}
	c.early = parameter("/EarlyChange", 1) != 0
	if kind := parameter("/Predictor", 1); kind > 1 {
		bits := parameter("/Colors", 1) * parameter("/BitsPerComponent", 8)
		c.predictor = predictor{kind, (parameter("/Columns", 1)*bits + 7) / 8, max(bits/8, 1)}
		if c.predictor.row < 1 || c.predictor.row > maxRow {
			return c, bound.NotRead(bound.TooLarge, "the stream has rows of %d bytes", c.predictor.row)
		}
		if kind == tiff && parameter("/BitsPerComponent", 8) != 8 {
			return c, bound.NotRead(bound.Unsupported, "the stream is packed by a predictor that is not read")
		}
	}
	return c, nil
}

// open undoes the filters, until done is called. What is gone through counts.
func (c chain) open(body io.Reader, b *bound.Budget) (r io.Reader, done func(), err error) {
	buffered, free := decode.Buffer(body)
	dones := []func(){free}
	done = func() {
		for _, d := range dones {
			d()
		}
	}
	r = buffered
	for _, name := range c.names {
		switch name {
		case "FlateDecode", "Fl":
			z, free, err := unzlib(r)
			if err != nil {
				done()
				return nil, nil, fmt.Errorf("opening the stream: %w", err)
			}
			dones = append(dones, free)
			r = c.predictor.undo(z)
		case "LZWDecode", "LZW":
			r = c.predictor.undo(newLZW(r, c.early))
		case "ASCIIHexDecode", "AHx":
			r = hex.NewDecoder(&letters{from: bufio.NewReader(r), end: '>'})
		case "ASCII85Decode", "A85":
			r = ascii85.NewDecoder(&letters{from: bufio.NewReader(r), end: '~'})
		case "RunLengthDecode", "RL":
			r = &runLengths{from: bufio.NewReader(r)}
		default:
			done()
			return nil, nil, bound.NotRead(bound.Unsupported, "the stream is packed by %.40q, which is not read", name)
		}
	}
	return r, done, nil
}

// zlibs are decoders that are not in use.
var zlibs sync.Pool

func unzlib(r io.Reader) (io.Reader, func(), error) {
	z, _ := zlibs.Get().(io.ReadCloser)
	var err error
	if z == nil {
		z, err = zlib.NewReader(r)
	} else {
		err = z.(zlib.Resetter).Reset(r, nil)
	}
	if err != nil {
		return nil, nil, err
	}
	return z, func() { zlibs.Put(z) }, nil
}

// letters leaves out blanks, and ends at a byte.
type letters struct {
	from *bufio.Reader
	end  byte
	done bool
}

func (l *letters) Read(b []byte) (n int, err error) {
	for n < len(b) {
		if l.done {
			return n, io.EOF
		}
		c, err := l.from.ReadByte()
		if err != nil {
			return n, err
		}
		if c == l.end {
			l.done = true
		} else if c > ' ' {
			b[n] = c
			n++
		}
	}
	return n, nil
}

// runLengths reads bytes of which each run is one with its length.
type runLengths struct {
	from *bufio.Reader
	run  []byte // what of the one at hand was not read yet
	buf  [128]byte
	err  error // behind it
}

func (r *runLengths) Read(b []byte) (n int, err error) {
	for len(r.run) == 0 && r.err == nil {
		r.next()
	}
	if len(r.run) == 0 {
		return 0, r.err
	}
	n = copy(b, r.run)
	r.run = r.run[n:]
	return n, nil
}

// next reads the next run: so many bytes, or one that stands for so many.
func (r *runLengths) next() {
	const end = 128
	length, err := r.from.ReadByte()
	switch {
	case err != nil:
		r.err = err
	case length == end:
		r.err = io.EOF
	case length < end:
		n, err := io.ReadFull(r.from, r.buf[:int(length)+1])
		r.run, r.err = r.buf[:n], bound.NoEOF(err)
	default:
		c, err := r.from.ReadByte()
		r.run, r.err = r.buf[:257-int(length)], bound.NoEOF(err)
		for i := range r.run {
			r.run[i] = c
		}
		if err != nil {
			r.run = nil
		}
	}
}
