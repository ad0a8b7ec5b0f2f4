package files

import (
	"errors"
	"io"
	"math"

	"skleak/rules"
	"skleak/rules/provider"
	"skleak/scanner"
	"skleak/scanner/files/disk"
)

const (
	// defaultWindow is how much of a file is held at once: all of it, nearly always.
	defaultWindow = 1 << 20

	// margins is how many times Reach the text on either side of a window's core must be long. A
	// match that starts in the core can have its candidate one Reach further on, and what decides
	// about that candidate lies another Reach away.
	margins = 2
)

// span reads a part of a file, or all that there is of it.
type span struct {
	file     disk.File
	at, size int64 // offsets of what comes next and of the end; a size of 0 is unknown
}

// Read takes the end for granted where the size says that it is, which saves a read for each file; and it
// reads no further, or a file that grows as fast as it is read would never end.
func (s *span) Read(b []byte) (n int, err error) {
	if s.size > 0 {
		b = b[:min(int64(len(b)), s.size-s.at)]
	} else if s.at >= endless {
		return 0, errEndless
	}
	n, err = s.file.ReadAt(b, s.at)
	s.at += int64(n)
	if err == nil && (n == 0 || s.at == s.size) {
		err = io.EOF
	}
	return n, err
}

// window slides over a text of any length, so that a search of bounded memory finds what a search of
// the whole would. Each position of the text lies in the core of one window, and the match that starts
// at it counts there and only there.
type window struct {
	rules  *provider.Set
	buf    []byte
	margin int

	n    int   // bytes of buf in use
	base int64 // offset in the text of buf[0]
	core int64 // offset where the core begins
	to   int64 // offset where the last core ends at the latest
	eof  bool  // no text follows buf[:n]

	found func(at int64, m rules.Match) // is told of what is in the core
	each  func(m rules.Match)           // tells it; made once, since there are more files than matches
}

func newWindow(set *provider.Set, size int) window {
	margin := margins * set.Reach()
	// Two margins are kept from one window to the next. Less than as much again in new text, and
	// the windows would hardly move.
	return window{rules: set, buf: make([]byte, max(size, 4*margin)), margin: margin}
}

// reset begins a new text. The buffer is kept.
func (w *window) reset() { w.begin(0, math.MaxInt64) }

// begin gets ready for the matches in a part of a text. It returns what has to be read for them: the part
// and a margin on either side.
func (w *window) begin(from, to int64) (first, end int64) {
	w.n, w.base, w.core, w.to, w.eof = 0, max(0, from-int64(w.margin)), from, to, false
	end = to
	if to < math.MaxInt64-int64(w.margin) {
		end += int64(w.margin)
	}
	return w.base, end
}

// fill reads on until the buffer is full or the text ends.
func (w *window) fill(from io.Reader) (reads int, err error) {
	if keep := w.core - int64(w.margin); keep > w.base {
		w.n = copy(w.buf, w.buf[keep-w.base:w.n])
		w.base = keep
	}
	for w.n < len(w.buf) && !w.eof {
		n, err := readSome(from, w.buf[w.n:])
		w.n += n
		w.eof = err != nil // nothing comes behind what there is
		if w.eof && !errors.Is(err, io.EOF) {
			return reads, err
		}
		reads++
	}
	return reads, nil
}

// search calls found for each match that starts in the core, with its offset in the text, and moves
// the core on. See Set.Scan for complete.
func (w *window) search(found func(at int64, m rules.Match)) (complete bool) {
	w.found = found
	if w.each == nil {
		w.each = func(m rules.Match) {
			if at := w.base + int64(m.Start); at >= w.core && at < w.end() {
				w.found(at, m)
			}
		}
	}
	complete = w.rules.Scan(w.buf[:w.n], w.each)
	w.core = w.end()
	return complete
}

// done is true once all cores have been searched.
func (w *window) done() bool { return w.eof || w.core >= w.to }

// end is the offset where the core ends.
func (w *window) end() int64 {
	end := w.base + int64(w.n)
	if !w.eof {
		end -= int64(w.margin)
	}
	return min(end, w.to)
}

// length is how much of the text was read.
func (w *window) length() int64 { return w.base + int64(w.n) }

// isLFSPointer is true if the text stands for a large file that is not here.
func (w *window) isLFSPointer() bool {
	return w.base == 0 && scanner.IsLFSPointer(w.buf[:w.n])
}
