package files

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"

	"github.com/sourcegraph/conc"
	"github.com/sourcegraph/conc/panics"

	"skleak/scanner"
	"skleak/scanner/archive"
)

// insideStream looks into a container that only its end gave away, if all of the stream is still at hand.
func (s *searcher) insideStream(k archive.Kind, outer string, v *members) {
	if s.window.base > 0 || !s.window.eof {
		s.unreadable(scanner.UnreadableUnsupported, outer,
			fmt.Errorf("a %s archive stands at its end, and a stream cannot be read twice; save it as a file and scan that", k))
		return
	}
	v.raw = len(s.hits)
	all := bytes.NewReader(bytes.Clone(s.window.buf[:s.window.n])) // what lies in it goes through the window
	_ = archive.WalkEnd(s.ctx, outer, k, archive.Content{ReaderAt: all, Size: all.Size()}, &s.archives,
		v) // the error is ctx's
	v.dropSecondSights()
	s.found = s.found[:0]
}

// alongside looks into a container that goes by, while another searcher takes its own bytes.
func (s *searcher) alongside(k archive.Kind, outer string, from io.Reader, v *members) error {
	v.searched = true
	own := newSearcher(s.run)
	in, out := io.Pipe()
	defer out.Close()       //nolint:errcheck // never fails
	var side conc.WaitGroup // which hands on a panic
	side.Go(func() {
		defer in.Close()               //nolint:errcheck // never fails
		_ = own.stream(in)             // which fails where from does
		_, _ = io.Copy(io.Discard, in) // else who writes would wait
	})
	whole := io.TeeReader(from, out)
	err := archive.WalkStream(s.ctx, outer, k, bufio.NewReader(whole), &s.archives, v)
	if err == nil { // what the walk left of it
		_, err = io.Copy(io.Discard, whole)
	}
	_ = out.Close() // never fails
	side.Wait()
	own.keep(outer)
	s.dense = s.dense || own.dense
	v.raw = len(own.hits)
	for i := range v.second {
		v.second[i] += v.raw
	}
	s.hits = append(own.hits, s.hits...)
	return err
}

// Reader scans a stream, such as standard input. name is what stands for a path in the findings.
//
// A read that fails is named in the Coverage; what came before it has been searched. It is an error
// if h returns one, or if ctx ends. Then a Read that is under way is not waited for: nothing can
// break off one from a terminal.
func Reader(ctx context.Context, from io.Reader, name string, o Options, h scanner.Handler) error {
	r := newRun(ctx, o)
	r.source = scanner.SourceStdin
	r.progress.Total.Store(1)
	s := newSearcher(r)
	input := newPump(ctx, from)
	ahead := bufio.NewReaderSize(input, pumpPiece)
	outer := o.Prefix + cmp.Or(name, "stdin")
	v := &members{searcher: s, outer: outer}
	var err error
	runs := archive.NewRuns(ahead, &r.archives)
	defer runs.Drop()
	if k := archive.DetectStream(ahead); k != archive.None && !s.leaveOut() {
		if k.IsStreamed() {
			err = s.alongside(k, outer, ahead, v)
		} else {
			err = archive.WalkStream(ctx, outer, k, ahead, &r.archives, v)
		}
		v.dropSecondSights()
		s.found = s.found[:0]
	} else {
		tail := archive.NewTail(runs)
		err = s.stream(tail)
		if k := tail.Kind(); err == nil && k != archive.None && !s.leaveOut() {
			s.keep(o.Prefix + name)
			s.found = s.found[:0]
			s.insideStream(k, outer, v)
		}
	}
	r.coverage.Bytes.Add(input.length)
	switch {
	case err == nil:
		if s.dense {
			r.unreadable(scanner.UnreadableTooLarge, name, scanner.ErrDense)
		}
		r.coverage.Files.Add(1)
		r.progress.Done.Store(1)
	case ctx.Err() == nil:
		r.unreadable(scanner.UnreadableFile, name, err)
	}
	s.keep(o.Prefix + name)
	if runs.Any() && !s.leaveOut() {
		_ = runs.Walk(ctx, outer, v) // the error is ctx's
	}
	r.results.add(s.hits)
	return r.finish(nil, h)
}

// stream searches a text that cannot be read twice, so its lines are counted on the way.
func (s *searcher) stream(from io.Reader) (err error) {
	s.window.reset()
	s.forgetFound()
	var l locator
	for err == nil && !s.window.eof {
		_, err = s.window.fill(from)
		core := s.window.core
		s.dense = !s.window.search(s.note) || s.dense
		s.progress.Bytes.Add(s.window.core - core)
		l.found = s.found
		l.advance(s.window.buf[core-s.window.base : s.window.core-s.window.base])
	}
	return err
}

// pump reads a stream in a goroutine of its own, one piece ahead: so reading goes on during the
// search, and the end of ctx is noticed while a Read blocks. That goroutine ends when ctx does or
// the stream; only one that blocks in a Read outlives the scan, until the program ends.
type pump struct {
	ctx    context.Context
	pieces chan piece
	free   chan []byte
	now    piece
	rest   []byte // what of now has not been handed on
	length int64  // of what was handed on

	panicked chan *panics.Recovered // has room for the one that ends the goroutine
}

// piece is the outcome of one Read.
type piece struct {
	data []byte
	err  error // io.EOF at the end
}

// pumpPiece is a little more than a pipe holds on Linux.
const pumpPiece = 128 << 10

func newPump(ctx context.Context, from io.Reader) *pump {
	p := &pump{ctx: ctx, pieces: make(chan piece), free: make(chan []byte, 2), panicked: make(chan *panics.Recovered, 1)}
	p.free <- make([]byte, pumpPiece)
	p.free <- make([]byte, pumpPiece)
	go func() {
		var caught panics.Catcher
		caught.Try(func() { p.run(from) })
		if panicked := caught.Recovered(); panicked != nil {
			p.panicked <- panicked
		}
	}()
	return p
}

func (p *pump) run(from io.Reader) {
	for {
		var buf []byte
		select {
		case buf = <-p.free:
		case <-p.ctx.Done():
			return
		}
		n, err := readSome(from, buf)
		select {
		case p.pieces <- piece{buf[:n], err}:
		case <-p.ctx.Done():
			return
		}
		if err != nil {
			return
		}
	}
}

// readSome reads at least one byte. A reader that returns neither bytes nor an error time and again
// is broken.
func readSome(from io.Reader, buf []byte) (n int, err error) {
	for range 100 {
		if n, err = from.Read(buf); n > 0 || err != nil {
			return n, err
		}
	}
	return 0, io.ErrNoProgress
}

// Read hands on what was read.
func (p *pump) Read(b []byte) (n int, err error) {
	for len(p.rest) == 0 {
		if p.now.err != nil {
			return 0, p.now.err
		}
		if p.now.data != nil {
			p.free <- p.now.data[:cap(p.now.data)]
		}
		select {
		case p.now = <-p.pieces:
			p.rest = p.now.data
		case panicked := <-p.panicked:
			panic(panicked)
		case <-p.ctx.Done():
			return 0, p.ctx.Err()
		}
	}
	n = copy(b, p.rest)
	p.rest = p.rest[n:]
	p.length += int64(n)
	return n, nil
}
