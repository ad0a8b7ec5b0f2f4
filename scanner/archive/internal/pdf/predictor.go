package pdf

import (
	"errors"
	"io"
)

// predictor is how rows were made smaller before they were packed.
type predictor struct{ kind, row, pixel int }

// tiff is the predictor of TIFF; those of PNG have greater numbers.
const tiff = 2

// maxRow bounds a row, in bytes: it is held.
const maxRow = 1 << 20

// undo reads rows as they were before.
func (p predictor) undo(r io.Reader) io.Reader {
	if p.kind < tiff {
		return r
	}
	head := 1
	if p.kind == tiff {
		head = 0
	}
	return &rows{from: r, head: head, row: make([]byte, head+p.row), above: make([]byte, p.row), pixel: p.pixel}
}

// rows keep of each byte how it differs from its neighbours: in TIFF from the one of the pixel at its left, in PNG as a
// byte in front of the row says.
type rows struct {
	from       io.Reader
	head       int // bytes in front of a row
	row, above []byte
	rest       []byte
	pixel      int
}

func (r *rows) Read(b []byte) (int, error) {
	if len(r.rest) == 0 {
		n, err := io.ReadFull(r.from, r.row)
		if n <= r.head {
			if err == nil || err == io.ErrUnexpectedEOF {
				err = io.EOF
			}
			return 0, err
		}
		kind := byte(left)
		if r.head > 0 {
			if kind = r.row[0]; kind > paeth {
				return 0, errors.New("a row of the stream differs from no one knows what")
			}
		}
		row := r.row[r.head:n]
		r.restore(kind, row)
		r.rest = r.above[:copy(r.above, row)]
	}
	n := copy(b, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// What a row of PNG may differ from.
const (
	nothing = iota
	left
	above
	average
	paeth
)

func (r *rows) restore(kind byte, row []byte) {
	for i := range row {
		var beside, corner byte
		if i >= r.pixel {
			beside, corner = row[i-r.pixel], r.above[i-r.pixel]
		}
		switch kind {
		case left:
			row[i] += beside
		case above:
			row[i] += r.above[i]
		case average:
			row[i] += byte((int(beside) + int(r.above[i])) / 2)
		case paeth:
			row[i] += nearest(beside, r.above[i], corner)
		}
	}
}

// nearest is the neighbour that is nearest to left + above − corner: Paeth's.
func nearest(left, above, corner byte) byte {
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
