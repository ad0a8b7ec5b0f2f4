package gitdir

import (
	"errors"
	"io"
)

const windowSize = 64 << 10

// window looks at a file piece by piece, so that none of any size has to be held.
type window struct {
	file  io.ReaderAt // nil where buf holds all of it
	size  int64
	buf   []byte
	start int64 // of buf in the file
	err   error // of the first read that failed
}

// bytes returns the n bytes from byte at, at most windowSize, valid until the next call; nil where the file does not
// have them or cannot be read.
func (w *window) bytes(at int64, n int) []byte {
	if at < 0 || int64(n) > w.size-at {
		return nil
	}
	if at < w.start || at+int64(n) > w.start+int64(len(w.buf)) {
		if !w.move(at) {
			return nil
		}
	}
	from := int(at - w.start)
	return w.buf[from : from+n : from+n]
}

// move reads the piece from byte at.
func (w *window) move(at int64) bool {
	if w.file == nil || w.err != nil {
		return false
	}
	if w.buf == nil {
		w.buf = make([]byte, windowSize)
	}
	w.buf = w.buf[:min(windowSize, w.size-at)]
	w.start = at
	n, err := w.file.ReadAt(w.buf, at)
	if n < len(w.buf) {
		if errors.Is(err, io.EOF) {
			err = errors.New("was cut off while it was read")
		}
		w.err, w.buf = err, w.buf[:0]
		return false
	}
	return true
}
