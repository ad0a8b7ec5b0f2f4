package files

import (
	"skleak/rules"
	"skleak/scanner"
)

const (
	// defaultWindow is how much of a file is held at once: all of it, nearly always.
	defaultWindow = 1 << 20

	// margins is how many times Reach the text on either side of a window's core must be long. A
	// match that starts in the core can have its candidate one Reach further on, and what decides
	// about that candidate lies another Reach away.
	margins = 2
)

// source is where text comes from. At its end, read returns 0 and no error.
type source interface {
	read([]byte) (int, error)
}

// window slides over a text of any length, so that a search of bounded memory finds what a search of
// the whole would. Each position of the text lies in the core of one window, and the match that starts
// at it counts there and only there.
type window struct {
	rules  *rules.Set
	buf    []byte
	margin int

	n    int   // bytes of buf in use
	base int64 // offset in the text of buf[0]
	core int64 // offset where the core begins
	eof  bool  // the text ends with buf[:n]
}

func newWindow(set *rules.Set, size int) window {
	margin := margins * set.Reach()
	// Two margins are kept from one window to the next. Less than as much again in new text, and
	// the windows would hardly move.
	return window{rules: set, buf: make([]byte, max(size, 4*margin)), margin: margin}
}

// reset begins a new text. The buffer is kept.
func (w *window) reset() { w.n, w.base, w.core, w.eof = 0, 0, 0, false }

// fill reads on until the buffer is full or the text ends. size is what the text's length should be;
// at that point the end is taken for granted, which saves a read for each file. 0 stands for unknown.
func (w *window) fill(from source, size int64) (reads int, err error) {
	if keep := w.core - int64(w.margin); keep > w.base {
		w.n = copy(w.buf, w.buf[keep-w.base:w.n])
		w.base = keep
	}
	for w.n < len(w.buf) && !w.eof {
		n, err := from.read(w.buf[w.n:])
		if err != nil {
			w.eof = true // nothing comes behind what there is
			return reads, err
		}
		reads++
		w.n += n
		w.eof = n == 0 || size > 0 && w.base+int64(w.n) == size
	}
	return reads, nil
}

// search calls found for each match that starts in the core, with its offset in the text, and moves
// the core on.
func (w *window) search(found func(at int64, m rules.Match)) {
	end := w.end()
	w.rules.Scan(w.buf[:w.n], func(m rules.Match) {
		if at := w.base + int64(m.Start); at >= w.core && at < end {
			found(at, m)
		}
	})
	w.core = end
}

// end is the offset where the core ends.
func (w *window) end() int64 {
	end := w.base + int64(w.n)
	if !w.eof {
		end -= int64(w.margin)
	}
	return end
}

// length is how much of the text was read.
func (w *window) length() int64 { return w.base + int64(w.n) }

// isLFSPointer is true if the text stands for a large file that is not here.
func (w *window) isLFSPointer() bool {
	return w.base == 0 && scanner.IsLFSPointer(w.buf[:w.n])
}
