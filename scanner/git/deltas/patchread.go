package deltas

import (
	"bytes"
	"cmp"
	"io"
	"slices"

	"skleak/scanner/git/inflate"
)

// Source is what patchworks are made of: held, or inflated anew as often as it takes.
type Source struct {
	Data   []byte // nil: to be inflated
	Packed []byte
	Spend  func(bytes uint64) error // is told what is inflated

	stream io.ReadCloser
	at     uint64 // where the stream is
}

// Close ends the stream.
func (s *Source) Close() {
	if s.stream != nil {
		s.stream.Close()
		s.stream = nil
	}
}

// wanted says that a part of the source is to be put into a window.
type wanted struct {
	at, n uint64
	to    int // in the window
}

// fetch fills the window. A stream goes forwards only: what is wanted is taken in its order, and what is wanted twice
// is copied.
func (s *Source) fetch(all []wanted, window []byte) error {
	if s.Data != nil {
		for _, w := range all {
			copy(window[w.to:], s.Data[w.at:w.at+w.n])
		}
		return nil
	}
	slices.SortFunc(all, func(a, b wanted) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.to, b.to)) })
	var far wanted // the one that reaches farthest so far
	for i, w := range all {
		if i > 0 && w.at < far.at+far.n {
			// The beginning of w lies in far, since far begins no later.
			shared := min(w.n, far.at+far.n-w.at)
			copy(window[w.to:uint64(w.to)+shared], window[uint64(far.to)+w.at-far.at:])
			if shared == w.n {
				continue
			}
			rest := wanted{w.at + shared, w.n - shared, w.to + int(shared)}
			if err := s.read(rest.at, window[rest.to:uint64(rest.to)+rest.n]); err != nil {
				return err
			}
		} else if err := s.read(w.at, window[w.to:uint64(w.to)+w.n]); err != nil {
			return err
		}
		far = w
	}
	return nil
}

// read reads what stands at an offset of the stream.
func (s *Source) read(at uint64, to []byte) (err error) {
	if s.stream == nil || at < s.at {
		s.Close()
		if s.stream, err = inflate.NewReader(bytes.NewReader(s.Packed)); err != nil {
			return err
		}
		s.at = 0
	}
	if err := s.Spend(at - s.at + uint64(len(to))); err != nil {
		return err
	}
	if _, err := io.CopyN(io.Discard, s.stream, int64(at-s.at)); err != nil {
		return err
	}
	n, err := io.ReadFull(s.stream, to)
	s.at = at + uint64(n)
	return err
}

// PatchReader reads a patchwork from its beginning, window by window.
type PatchReader struct {
	Work   *Patchwork
	Source *Source
	Window []byte // room
	ready  []byte // what of the window was not read yet
	span   int    // the next one
	within uint64 // where in it
	wanted []wanted
}

func (r *PatchReader) Read(p []byte) (int, error) {
	if len(r.ready) == 0 {
		if err := r.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, r.ready)
	r.ready = r.ready[n:]
	return n, nil
}

// fill makes the next window.
func (r *PatchReader) fill() error {
	r.wanted = r.wanted[:0]
	at := 0
	for at < len(r.Window) && r.span < len(r.Work.spans) {
		s := r.Work.spans[r.span]
		n := min(s.n-r.within, uint64(len(r.Window)-at))
		if s.text != nil {
			copy(r.Window[at:], s.text[r.within:r.within+n])
		} else {
			r.wanted = append(r.wanted, wanted{s.at + r.within, n, at})
		}
		at += int(n)
		if r.within += n; r.within == s.n {
			r.span, r.within = r.span+1, 0
		}
	}
	if at == 0 {
		return io.EOF
	}
	r.ready = r.Window[:at]
	return r.Source.fetch(r.wanted, r.Window)
}
