package pack

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"

	"skleak/scanner/git/deltas"
	"skleak/scanner/git/inflate"
	"skleak/scanner/git/mapped"
)

// build makes the content of a node, or nil if the visitor has seen what it needs of it: streamed, or skimmed. What
// it reserves on the way is settled by the caller.
func (w *worker) build(n node) (built *buffer, err error) {
	defer mapped.CatchFault(&err)
	from, to := w.walk.Layout.bounds(n.rank)
	built, err = w.buildFrom(n, from, to)
	if err == nil {
		return built, nil
	}
	var doubt *boundsError
	if !errors.As(err, &doubt) {
		return nil, err
	}
	end, ok := w.findEnd(n.rank, from)
	if !ok || end == to {
		return nil, err
	}
	w.settle(nil)
	if built, err = w.buildFrom(n, from, end); err == nil {
		w.walk.Layout.pack.unclaimed.add(end, to)
	}
	return built, err
}

// boundsError: what stands between an entry's offset and the next is not one entry.
type boundsError struct{ error }

func (e *boundsError) Unwrap() error { return e.error }

// buildFrom makes the content of a node whose packed bytes go from from to to.
func (w *worker) buildFrom(n node, from, to uint64) (*buffer, error) {
	l := w.walk.Layout
	position := l.Position(n.rank)
	vouched, err := l.vouch(n.rank, from, to)
	if err != nil {
		return nil, &boundsError{err}
	}
	e, err := l.pack.entryAt(from)
	if err != nil {
		return nil, err
	}
	if e.stream > to {
		return nil, &boundsError{errors.New("the entry's header runs into the next entry")}
	}
	packed := l.pack.data[e.stream:to]
	if err := plausible(e.size, uint64(len(packed))); err != nil {
		return nil, &boundsError{err}
	}
	if n.base != nil {
		return w.buildDelta(e, n, packed, vouched)
	}
	if err := w.share.allowance.charge(e.size, len(packed)); err != nil {
		return nil, err
	}
	waited := w.namer.naming != nil && w.namer.refs // it may be what others are built on
	if e.kind == Blob && e.size >= streamObject && l.places[n.rank].child == none && !waited {
		return nil, w.stream(position, e, packed)
	}
	whole, err := w.reserve(e.size, e.kind)
	if err != nil {
		return nil, err
	}
	return whole, w.inflateWhole(whole.data, packed, !vouched)
}

// findEnd finds where an entry ends by its zlib stream alone. It ends where the next begins only as long as the idx
// is right about that one: of two neighbours with one damaged offset, this saves the other. It is work
// that a hostile pack could ask for at every entry, so there is a bound to it.
func (w *worker) findEnd(rank uint32, from uint64) (end uint64, ok bool) {
	p := w.walk.Layout.pack
	e, err := p.entryAt(from)
	if err != nil || w.share.search.Add(-searchStep) < 0 {
		return 0, false
	}
	taken, err := inflateExactly(p.data[e.stream:p.end], e.size, func(content io.Reader) error {
		size, err := io.Copy(io.Discard, io.LimitReader(content, w.share.search.Load()+1))
		if w.share.search.Add(-size) < 0 {
			err = errors.New("there is no more work for it in this walk")
		}
		return err
	})
	if err == nil {
		end = e.stream + taken
		_, err = p.vouch(w.walk.Layout.Position(rank), from, end)
	}
	return end, err == nil
}

const (
	searchBytes = 256 << 20 // what findEnd may inflate in a walk
	searchStep  = 64 << 10  // what each call counts for at least
)

// inflateWhole inflates a stream that must fill dst and take all of packed. What lies behind dst is nobody's: see buffers.
func (w *worker) inflateWhole(dst, packed []byte, verify bool) error {
	n, err := w.inflate.ZlibRoom(dst, packed, verify)
	if err == nil && n != len(packed) {
		err = fmt.Errorf("%d bytes follow its zlib stream", len(packed)-n)
	}
	if err != nil && verify { // else the bounds are vouched for
		return &boundsError{err}
	}
	return err
}

func (w *worker) buildDelta(e entry, n node, packed []byte, vouched bool) (*buffer, error) {
	delta, err := w.scratch(e.size)
	if err != nil {
		return nil, err
	}
	if err := w.inflateWhole(delta, packed, !vouched); err != nil {
		return nil, err
	}
	return w.resultOf(delta, n, len(packed))
}

// scratch returns memory for a delta: reused but for the rare large one, which counts like an object.
func (w *worker) scratch(size uint64) ([]byte, error) {
	if size >= largeObject {
		large, err := w.reserve(size, broken)
		if err != nil {
			return nil, err
		}
		return large.data, nil
	}
	if uint64(cap(w.delta)) < size {
		w.delta = make([]byte, size+size/4)
	}
	return w.delta[:size], nil
}

// resultOf applies a delta and leaves in w.dirty where the result differs from the base. It returns nil for a leaf that
// was skimmed instead.
func (w *worker) resultOf(delta []byte, n node, packed int) (*buffer, error) {
	base := n.base
	size, instructions, err := deltas.Head(delta, uint64(len(base.data)))
	if err != nil {
		return nil, err
	}
	maySkim := w.maySkim(n, instructions, size)
	if maySkim && base.kind == Blob { // a tree is gone through where it is a copy, too
		if done, err := w.skim(n, instructions, size); done || err != nil {
			return nil, err
		}
	}
	if err := w.share.allowance.charge(size, packed); err != nil {
		return nil, err
	}
	if maySkim && base.kind != Blob {
		if done, err := w.skim(n, instructions, size); done || err != nil {
			return nil, err
		}
	}
	if size >= streamObject {
		if err := deltas.CheckSize(instructions, size); err != nil {
			return nil, err
		}
	}
	result, err := w.reserve(size, base.kind)
	if err != nil {
		return nil, err
	}
	w.applied = instructions
	w.dirty, err = deltas.Apply(result.data, base.data, instructions, w.walk.Margin, w.dirty[:0])
	return result, err
}

// stream passes a large object on piece by piece. Its bytes are vouched for by the CRC-32 or by the
// stream's own Adler-32, which the reader checks at the end.
func (w *worker) stream(position int, e entry, packed []byte) error {
	p := w.walk.Layout.pack
	w.object = Object{Pack: p, Position: position, Kind: e.kind}
	taken, err := inflateExactly(packed, e.size, func(content io.Reader) error {
		return w.passStream(&w.object, e.size, content)
	})
	if err == nil {
		p.unclaimed.add(e.stream+taken, e.stream+uint64(len(packed)))
	}
	return err
}

// inflateExactly lets use read what a zlib stream at the start of packed holds, which must be size bytes. It reads what
// use has left, since the checksum stands at the end, and returns how many bytes the stream takes.
func inflateExactly(packed []byte, size uint64, use func(content io.Reader) error) (taken uint64, err error) {
	in := bytes.NewReader(packed)
	stream, err := inflate.NewReader(in)
	if err != nil {
		return 0, err
	}
	defer stream.Close()
	content := ExactReader(stream, size)
	if err = use(content); err == nil {
		_, err = io.Copy(io.Discard, content)
	}
	return uint64(len(packed) - in.Len()), err
}

// ExactReader passes r on and fails where that has not exactly size bytes.
func ExactReader(r io.Reader, size uint64) io.Reader { return &exactReader{r: r, left: size} }

// ReadBounded reads a content of a size that is known, unless that is more than memory (0: DefaultMemory).
func ReadBounded(r io.Reader, size uint64, memory int64) ([]byte, error) {
	if limit := cmp.Or(memory, DefaultMemory); size > uint64(limit) {
		return nil, &TooLargeError{Size: size, Limit: limit}
	}
	return io.ReadAll(r)
}

// exactReader fails when its source ends before or goes on behind the declared size.
type exactReader struct {
	r    io.Reader
	left uint64
}

func (x *exactReader) Read(p []byte) (int, error) {
	n, err := x.r.Read(p)
	if uint64(n) > x.left {
		return 0, errors.New("the content is longer than it declares")
	}
	x.left -= uint64(n)
	if err == io.EOF && x.left > 0 {
		return n, fmt.Errorf("the content ends %d bytes before its declared size: %w", x.left, io.ErrUnexpectedEOF)
	}
	return n, err
}
