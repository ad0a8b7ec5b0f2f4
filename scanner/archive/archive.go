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
	"io"

	"skleak/scanner/archive/internal/bound"
	"skleak/scanner/archive/internal/content"
	"skleak/scanner/archive/internal/decode"
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
	// Unread names something that was not read; reason is one of those of scanner.Coverage.
	Unread(p Place, reason string, err error)
}

// Content is something that can be read at any offset.
type Content = content.Content

// Sparse is what the reader of a Content may offer besides.
type Sparse = content.Sparse

// Limits bounds what the walks of one scan take together.
type Limits = bound.Limits

// MaxDepth is how many containers may lie in each other.
const MaxDepth = 6

var errTooDeep = bound.NotRead(bound.TooLarge, "more than %d containers lie in each other", MaxDepth)

// streamSize stands for the size of a stream, which nobody knows.
const streamSize = 16 << 20

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
	c, stored := content.Solid(c)
	return begin(ctx, path, k, source{at: &c}, stored, l, v)
}

// WalkStream is Walk for a stream. What must be read at any offset is held in memory.
func WalkStream(ctx context.Context, path string, k Kind, r *bufio.Reader, l *Limits, v Visitor) error {
	return begin(ctx, path, k, source{stream: r}, streamSize, l, v)
}

func begin(ctx context.Context, path string, k Kind, s source, size int64, l *Limits, v Visitor) error {
	w := newWalk(ctx, l.Budget(size), v)
	defer func() { w.budget.Release(w.budget.Held()) }() // a panic holds nobody up
	outer := Place{Path: path}
	return w.ended(outer, w.open(outer, k, s))
}

// ended tells why a walk ended. The error is that of the context or of the visitor.
func (w *walk) ended(outer Place, err error) error {
	if ended := (stop{}); errors.As(err, &ended) {
		return ended.error
	}
	if out := (bound.Spent{}); errors.As(err, &out) {
		w.Unread(outer, bound.TooLarge, out)
		return nil
	}
	return err
}

// walk is the search of one outer content.
type walk struct {
	Visitor
	finder content.Finder
	budget *bound.Budget
	meter  *meter // of the content at hand; nil for the outer one
	layers map[string]string
}

func newWalk(ctx context.Context, b *bound.Budget, v Visitor) *walk {
	return &walk{Visitor: v, finder: content.Finder{Context: ctx}, budget: b}
}

// canceled is the error of a context that has ended.
func (w *walk) canceled() error { return w.finder.Context.Err() }

// source is a content in one of two ways: at is set where any offset can be read, else stream is.
type source struct {
	at     *Content
	stream *bufio.Reader
}

// stop is an error of the visitor's, which ends the whole walk.
type stop struct{ error }

func endsWalk(err error) bool { return errors.As(err, new(stop)) || errors.As(err, new(bound.Spent)) }

// open reads a container. Errors of its own are named to the visitor; what is returned ends the walk.
func (w *walk) open(p Place, k Kind, s source) error {
	if err := w.canceled(); err != nil {
		return err
	}
	err := w.read(p, k, s)
	if err == nil || endsWalk(err) {
		return err
	}
	if !w.meter.failed() { // else that is what was wrong, and it is named
		w.name(p, err)
	}
	return w.canceled()
}

func (w *walk) read(p Place, k Kind, s source) error {
	if p.depth >= MaxDepth {
		return errTooDeep
	}
	if k == tarball && s.at != nil {
		w.layers = imageLayers(*s.at)
	}
	if !k.random() {
		r := s.stream
		if r == nil {
			buffered, done := decode.Buffer(io.NewSectionReader(s.at, 0, s.at.Size))
			defer done()
			r = buffered
		}
		return k.walk(w, p, r, s.at != nil)
	}
	if s.at != nil {
		return w.readAt(p, k, *s.at)
	}
	held, err := content.Hold(s.stream, w.budget)
	defer held.Drop(w.budget)
	if raw := w.fatal(w.Raw(p, held.Reader())); raw != nil || err != nil {
		return errors.Join(raw, err)
	}
	return w.readAt(p, k, held.Content())
}

// readAt reads a container of a random kind. A zip file may stand behind any other.
func (w *walk) readAt(p Place, k Kind, c Content) error {
	err := k.walkAt(w, p, c)
	if k == zip || endsWalk(err) || w.canceled() != nil || !hasZipEnd(c) {
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
func (w *walk) name(p Place, err error) { w.Unread(p, bound.ReasonOf(err), err) }

// unread is name for who goes on, unless the walk was canceled.
func (w *walk) unread(p Place, err error) error {
	w.name(p, err)
	return w.canceled()
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
	if err := w.budget.Entry(); err != nil {
		return at, err
	}
	return at, w.fatal(w.Name(at, name))
}

// both looks into a member at its place that is searched in two ways: as the bytes that it holds, and as the text in
// them, which is read only where those are no container. again opens the member once more and hands its text on.
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
	buffered, done := decode.Buffer(m)
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
		runs := newRuns(ends, w.budget)
		if err = w.fatal(text(p, runs)); err == nil {
			err = w.runs(p, runs)
		}
		if k := ends.Kind(); k != None { // which all but the end of it hid
			w.name(p, bound.NotRead(bound.Unsupported,
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
	return w.unread(p, m.err)
}
