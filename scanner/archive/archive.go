// Package archive looks into what is packed: archives, compressed files, documents, databases.
//
// Walk takes a content, tells by its first bytes what it is, and hands every text that lies in it to a Visitor, with
// the names that lead there. Whatever is not read is named to the Visitor with a reason; no error of one member ends
// the search of the others. Nothing is ever written to disk, and no name in an archive is taken for a path.
//
// Archives come from strangers. Work and memory are bounded by construction, see Limits: a cut is always named.
package archive

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
)

// Separator stands in a place between the name of a container and the name of what lies in it.
const Separator = "!"

// Place says where a text lies.
type Place struct {
	Path      string // the outer content's name and the members' names, joined by Separator
	Container string // what the innermost container is: zip, docx, tar, …; "" outside of one
	depth     int
	layer     string // which layer of an image this is, "" for none
}

// below is the place of a member.
func (p Place) below(name, container string) Place {
	return Place{Path: p.Path + Separator + name, Container: container, depth: p.depth + 1}
}

// Visitor takes what a walk comes to. Its methods are called by one goroutine. An error of theirs ends the walk and
// is returned by it.
type Visitor interface {
	// Name is told of each member before its content.
	Name(p Place, name string) error
	// Text hands over a content that is no container. What is not read of r is skipped.
	Text(p Place, r io.Reader) error
	// Raw hands over the bytes of a container itself: there may be text between its members. Of a member that is
	// stored as it is, that is the second sight.
	Raw(p Place, r io.Reader) error
	// Unread names something that was not read; reason is one of the Reason constants.
	Unread(p Place, reason string, err error)
}

// Why something was not read.
const (
	Encrypted   = "encrypted"
	Unsupported = "unsupported"
	Corrupt     = "corrupt"
	TooLarge    = "too-large"
)

// unread is an error with one of these reasons.
type unread struct {
	reason string
	err    error
}

func (u *unread) Error() string { return u.err.Error() }
func (u *unread) Unwrap() error { return u.err }

func notRead(reason, format string, args ...any) error {
	return &unread{reason, fmt.Errorf(format, args...)}
}

// Content is something that can be read at any offset.
type Content struct {
	io.ReaderAt
	Size int64
}

// Detect tells what kind of container a content is, by its first bytes, or, where something stands in front of what is
// packed, by its last ones. It is None for everything else, and where the content cannot be read.
func Detect(c Content) Kind {
	var buf [sniffLength]byte
	n, err := c.ReadAt(buf[:min(sniffLength, c.Size)], 0)
	if err != nil && err != io.EOF {
		return None // who reads it as a file names the error
	}
	if k := sniff(buf[:n]); k != None {
		return k
	}
	tail := make([]byte, min(c.Size, TailLength))
	if n, err := c.ReadAt(tail, c.Size-int64(len(tail))); n < len(tail) || err != nil && err != io.EOF {
		return None
	}
	return DetectEnds(buf[:n], tail)
}

// isAtEnd tells whether a kind was told by the end of a content.
func (k Kind) isAtEnd(c Content) bool {
	var head [sniffLength]byte
	n, _ := c.ReadAt(head[:min(sniffLength, c.Size)], 0) // an error was told
	return (k == zip || k == script) && sniff(head[:n]) == None
}

// DetectBytes is Detect for a content at hand. It is Text for one that is no container as a whole, and holds some.
func DetectBytes(content []byte) Kind {
	k := DetectEnds(content[:min(HeadLength, len(content))], content[max(0, len(content)-TailLength):])
	if k == None && HasRuns(content) {
		k = Text
	}
	return k
}

// How much DetectEnds takes, in bytes.
const (
	HeadLength = sniffLength
	TailLength = zipTail
)

// DetectEnds is Detect for a content of which the first HeadLength bytes are at hand and the last TailLength, or all
// of it where it is shorter.
func DetectEnds(head, tail []byte) Kind {
	k := sniff(head)
	switch {
	case k != None:
	case endsAsZip(tail):
		k = zip
	case isScript(head, tail):
		k = script
	}
	return k
}

// IsStreamed tells whether a container of this kind can be read as a stream that is never held whole.
func (k Kind) IsStreamed() bool { return !k.random() }

// DetectStream is Detect for a stream, of which it takes nothing.
func DetectStream(r *bufio.Reader) Kind {
	head, _ := r.Peek(sniffLength) // an error comes again
	return sniff(head)
}

// Walk looks into a container of a kind, and hands what it finds to v. The error is ctx's or the visitor's own.
func Walk(ctx context.Context, path string, k Kind, c Content, l *Limits, v Visitor) error {
	err := WalkEnd(ctx, path, k, c, l, v)
	if err == nil && k.isAtEnd(c) {
		err = WalkEnd(ctx, path, Text, c, l, v)
	}
	return err
}

// WalkEnd is Walk where the text in front of a container that the end gave away was looked into already, see Runs.
func WalkEnd(ctx context.Context, path string, k Kind, c Content, l *Limits, v Visitor) error {
	outer := newSolid(c)
	c.ReaderAt = outer
	return begin(ctx, path, k, source{at: &c}, outer.stored(), l, v)
}

// WalkStream is Walk for a stream. What must be read at any offset is held in memory.
func WalkStream(ctx context.Context, path string, k Kind, r *bufio.Reader, l *Limits, v Visitor) error {
	return begin(ctx, path, k, source{stream: r}, streamSize, l, v)
}

func begin(ctx context.Context, path string, k Kind, s source, size int64, l *Limits, v Visitor) error {
	w := &walk{ctx: ctx, Visitor: v, budget: l.budget(size)}
	defer func() { w.budget.release(w.budget.held) }() // a panic holds nobody up
	outer := Place{Path: path}
	return w.ended(outer, w.open(outer, k, s))
}

// ended tells why a walk ended. The error is that of the context or of the visitor.
func (w *walk) ended(outer Place, err error) error {
	if ended := (stop{}); errors.As(err, &ended) {
		return ended.error
	}
	if out := (spent{}); errors.As(err, &out) {
		w.Unread(outer, TooLarge, out.error)
		return nil
	}
	return err
}

// walk is the search of one outer content.
type walk struct {
	Visitor
	ctx    context.Context
	budget *budget
	meter  *meter // of the content at hand; nil for the outer one
	layers map[string]string
	buffer []byte // see scratch
}

// source is a content in one of two ways: at is set where any offset can be read, else stream is.
type source struct {
	at     *Content
	stream *bufio.Reader
}

// stop is an error of the visitor's, which ends the whole walk.
type stop struct{ error }

func endsWalk(err error) bool { return errors.As(err, new(stop)) || errors.As(err, new(spent)) }

// open reads a container. Errors of its own are named to the visitor; what is returned ends the walk.
func (w *walk) open(p Place, k Kind, s source) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	err := w.read(p, k, s)
	if err == nil || endsWalk(err) {
		return err
	}
	if !w.meter.failed() { // else that is what was wrong, and it is named
		w.name(p, err)
	}
	return w.ctx.Err()
}

func (w *walk) read(p Place, k Kind, s source) error {
	if p.depth >= MaxDepth {
		return notRead(TooLarge, "more than %d containers lie in each other", MaxDepth)
	}
	if k == tarball && s.at != nil {
		w.layers = imageLayers(*s.at)
	}
	if !k.random() {
		r := s.stream
		if r == nil {
			buffered, done := buffer(io.NewSectionReader(s.at, 0, s.at.Size))
			defer done()
			r = buffered
		}
		return k.walk(w, p, r, s.at != nil)
	}
	if s.at != nil {
		return w.readAt(p, k, *s.at)
	}
	held, err := w.budget.hold(s.stream)
	defer w.budget.drop(held)
	if raw := w.fatal(w.Raw(p, held.reader())); raw != nil || err != nil {
		return errors.Join(raw, err)
	}
	return w.readAt(p, k, held.content())
}

// readAt reads a container of a random kind. A zip file may stand behind any other.
func (w *walk) readAt(p Place, k Kind, c Content) error {
	err := k.walkAt(w, p, c)
	if k == zip || endsWalk(err) || w.ctx.Err() != nil || !hasZipEnd(c) {
		return err
	}
	if err != nil {
		w.name(p, err)
	}
	return walkZip(w, p, c)
}

// fatal marks an error as the visitor's own.
func (w *walk) fatal(err error) error {
	if err != nil {
		return stop{err}
	}
	return nil
}

// name tells the visitor why something was not read.
func (w *walk) name(p Place, err error) {
	reason := Corrupt
	if u := (*unread)(nil); errors.As(err, &u) {
		reason = u.reason
	}
	w.Unread(p, reason, err)
}

// member looks into one member of a container: its name, and its content, which may be a container again. What goes
// wrong with it is named and is no reason to stop; the error is one that ends the walk.
func (w *walk) member(p Place, container, name string, r io.Reader) error {
	at, err := w.enter(p, container, name)
	if err != nil {
		return err
	}
	if p.depth == 0 {
		at.layer = w.layers[name]
	}
	return w.content(at, r)
}

// enter counts a member of a container, tells its name, and returns its place.
func (w *walk) enter(p Place, container, name string) (Place, error) {
	at := p.below(name, container)
	if err := w.budget.entry(); err != nil {
		return at, err
	}
	return at, w.fatal(w.Name(at, name))
}

// both looks into a member at its place that is searched in two ways: as the bytes that it holds, and as the text in them, which is
// read only where those are no container. again opens the member once more and hands its text on.
func (w *walk) both(at Place, content io.Reader, again func(text func(io.Reader) error) error) error {
	isText := false
	err := w.contentAs(at, content, func(p Place, r io.Reader) error {
		isText = true
		return w.Raw(p, r)
	})
	if err != nil || !isText {
		return err
	}
	return again(func(r io.Reader) error {
		return w.contentAs(at, quiet{r}, w.Text) // what is wrong with it was named the first time
	})
}

// quiet ends where a content cannot be read any further.
type quiet struct{ io.Reader }

func (q quiet) Read(b []byte) (int, error) {
	n, err := q.Reader.Read(b)
	if err != nil && !endsWalk(err) {
		err = io.EOF
	}
	return n, err
}

// content looks at what was unpacked at p: a container again, or a text.
func (w *walk) content(p Place, r io.Reader) error { return w.contentAs(p, r, w.Text) }

// contentAs is content with another way to hand over a text.
func (w *walk) contentAs(p Place, r io.Reader, text func(Place, io.Reader) error) error {
	m := &meter{from: r, walk: w, outer: w.meter}
	w.meter = m
	defer func() { w.meter = m.outer }()
	buffered, done := buffer(m)
	defer done()
	head, _ := buffered.Peek(sniffLength) // an error comes again
	var err error
	if k := sniff(head); k != None {
		err = w.open(p, k, source{stream: buffered})
	} else if len(head) > 0 {
		if isBrotli(p.Path) && !isPlain(head) {
			w.name(p, errBrotli)
		}
		ends := NewTail(buffered)
		runs := &Runs{from: ends, budget: w.budget, lines: 1}
		if err = w.fatal(text(p, runs)); err == nil {
			err = w.runs(p, runs)
		}
		if k := ends.Kind(); k != None { // which all but the end of it hid
			w.name(p, notRead(Unsupported,
				"what is packed (%s) stands behind something else, and it lies in another container", k))
		}
	}
	switch {
	case err != nil:
		return err
	case m.err == nil || m.outer.failed(): // a failure around it is named there
		return nil
	case endsWalk(m.err):
		return m.err
	}
	w.name(p, m.err)
	return w.ctx.Err()
}
