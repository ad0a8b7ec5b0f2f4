package archive

import (
	"bufio"
	"bytes"
	"encoding/ascii85"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/klauspost/compress/zlib"
)

// The filters of streams in a PDF, as section 7.4 of ISO 32000-1 has them.

// pdfChain is how a stream is packed.
type pdfChain struct {
	names     []string
	picture   bool // which holds no text
	predictor pdfPredictor
	early     bool // the codes of LZW grow one step early, as they do unless it is said
}

// pdfPredictor is how rows were made smaller before they were packed.
type pdfPredictor struct{ kind, row, pixel int }

// maxPDFRow bounds a row, in bytes: it is held.
const maxPDFRow = 1 << 20

// pdfFilters reads the filters from a stream's dictionary.
func pdfFilters(head []byte) (c pdfChain, err error) {
	value, _ := pdfValue(head, "/Filter")
	list := bytes.HasPrefix(value, []byte("["))
	value = bytes.TrimLeft(value, "[ \r\n\t")
	for bytes.HasPrefix(value, []byte("/")) {
		end := 1
		for end < len(value) && isPDFRegular(value[end]) {
			end++
		}
		name := string(value[1:end])
		c.names = append(c.names, name)
		c.picture = c.picture || pdfPictures[name]
		value = bytes.TrimLeft(value[end:], " \r\n\t")
		if !list {
			break
		}
	}
	if len(c.names) == 0 && len(value) > 0 && value[0] != '>' && value[0] != ']' && value[0] != 'n' {
		return c, notRead(Unsupported, "how the stream is packed is said elsewhere")
	}
	number := func(name string, otherwise int64) int {
		if n, ok := pdfNumber(head, name); ok {
			otherwise = n
		}
		return int(min(otherwise, maxPDFRow+1))
	}
	c.early = number("/EarlyChange", 1) != 0
	if kind := number("/Predictor", 1); kind > 1 {
		bits := number("/Colors", 1) * number("/BitsPerComponent", 8)
		c.predictor = pdfPredictor{kind, (number("/Columns", 1)*bits + 7) / 8, max(bits/8, 1)}
		if c.predictor.row < 1 || c.predictor.row > maxPDFRow {
			return c, notRead(TooLarge, "the stream has rows of %d bytes", c.predictor.row)
		}
		if kind == 2 && number("/BitsPerComponent", 8) != 8 {
			return c, notRead(Unsupported, "the stream is packed by a predictor that is not read")
		}
	}
	return c, nil
}

var pdfPictures = map[string]bool{"DCTDecode": true, "DCT": true, "JPXDecode": true, "CCITTFaxDecode": true,
	"CCF": true, "JBIG2Decode": true}

// zlibs are decoders that are not in use.
var zlibs sync.Pool

// open undoes the filters, until done is called.
func (c pdfChain) open(w *walk, body io.Reader) (r io.Reader, done func(), err error) {
	buffered, free := buffer(body)
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
			r = hex.NewDecoder(&onlyBytes{from: bufio.NewReader(r), end: '>', skip: isSpace})
		case "ASCII85Decode", "A85":
			r = ascii85.NewDecoder(&onlyBytes{from: bufio.NewReader(r), end: '~', skip: isSpace})
		case "RunLengthDecode", "RL":
			r = &runLengths{from: bufio.NewReader(r)}
		default:
			done()
			return nil, nil, notRead(Unsupported, "the stream is packed by %.40q, which is not read", name)
		}
	}
	return r, done, nil
}

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

func isSpace(c byte) bool { return c <= ' ' }

// onlyBytes leaves out some bytes, and ends at one.
type onlyBytes struct {
	from *bufio.Reader
	end  byte
	skip func(byte) bool
	done bool
}

func (o *onlyBytes) Read(b []byte) (n int, err error) {
	for n < len(b) {
		if o.done {
			return n, io.EOF
		}
		c, err := o.from.ReadByte()
		if err != nil {
			return n, err
		}
		if c == o.end {
			o.done = true
		} else if !o.skip(c) {
			b[n] = c
			n++
		}
	}
	return n, nil
}

// runLengths reads bytes of which each run is one with its length.
type runLengths struct {
	from  *bufio.Reader
	left  int
	same  bool
	value byte
	done  bool
}

func (r *runLengths) Read(b []byte) (n int, err error) {
	for n < len(b) {
		if r.left == 0 {
			if err := r.next(); err != nil {
				return n, err
			}
		}
		if !r.same {
			if r.value, err = r.from.ReadByte(); err != nil {
				return n, noEOF(err)
			}
		}
		b[n] = r.value
		n++
		r.left--
	}
	return n, nil
}

func (r *runLengths) next() error {
	if r.done {
		return io.EOF
	}
	length, err := r.from.ReadByte()
	if err != nil {
		return err
	}
	switch {
	case length == 128:
		r.done = true
		return io.EOF
	case length < 128:
		r.left, r.same = int(length)+1, false
	default:
		r.left, r.same = 257-int(length), true
		if r.value, err = r.from.ReadByte(); err != nil {
			return noEOF(err)
		}
	}
	return nil
}

// undo reads rows as they were before.
func (p pdfPredictor) undo(r io.Reader) io.Reader {
	switch {
	case p.kind == 2:
		return &tiffRows{from: r, row: make([]byte, p.row), pixel: p.pixel}
	case p.kind > 2:
		return &pngRows{from: r, row: make([]byte, p.row+1), above: make([]byte, p.row), pixel: p.pixel}
	}
	return r
}

// tiffRows are rows of which each pixel is kept as what differs from the one at its left.
type tiffRows struct {
	from  io.Reader
	row   []byte
	rest  []byte
	pixel int
}

func (t *tiffRows) Read(b []byte) (int, error) {
	if len(t.rest) == 0 {
		n, err := io.ReadFull(t.from, t.row)
		if n == 0 {
			return 0, err
		}
		t.rest = t.row[:n]
		for i := t.pixel; i < n; i++ {
			t.row[i] += t.row[i-t.pixel]
		}
	}
	n := copy(b, t.rest)
	t.rest = t.rest[n:]
	return n, nil
}

// pngRows are rows with a byte in front that says what they differ from, as in PNG.
type pngRows struct {
	from       io.Reader
	row, above []byte
	rest       []byte
	pixel      int
}

func (p *pngRows) Read(b []byte) (int, error) {
	if len(p.rest) == 0 {
		n, err := io.ReadFull(p.from, p.row)
		if n < 2 {
			if err == nil || err == io.ErrUnexpectedEOF {
				err = io.EOF
			}
			return 0, err
		}
		if p.row[0] > 4 {
			return 0, errors.New("a row of the stream differs from no one knows what")
		}
		p.restore(p.row[1:n])
		p.rest = p.above[:copy(p.above, p.row[1:n])]
	}
	n := copy(b, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

func (p *pngRows) restore(row []byte) {
	for i := range row {
		var left, corner byte
		if i >= p.pixel {
			left, corner = row[i-p.pixel], p.above[i-p.pixel]
		}
		switch p.row[0] {
		case 1:
			row[i] += left
		case 2:
			row[i] += p.above[i]
		case 3:
			row[i] += byte((int(left) + int(p.above[i])) / 2)
		case 4:
			row[i] += paeth(left, p.above[i], corner)
		}
	}
}

// paeth is the neighbour that is nearest to left + above − corner.
func paeth(left, above, corner byte) byte {
	distance := func(a, b int) int { return max(a-b, b-a) }
	guess := int(left) + int(above) - int(corner)
	toLeft, toAbove, toCorner := distance(guess, int(left)), distance(guess, int(above)), distance(guess, int(corner))
	switch {
	case toLeft <= toAbove && toLeft <= toCorner:
		return left
	case toAbove <= toCorner:
		return above
	default:
		return corner
	}
}
