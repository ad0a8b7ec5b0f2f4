package history

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"strings"

	"github.com/sourcegraph/conc"

	"skleak/rules"
	"skleak/scanner"
	"skleak/scanner/archive"
)

// A blob may be a container, whose bytes do not show what lies in it. inside looks into one blob after the other and
// collects the keys of what they hold. It implements archive.Visitor, and is used by one goroutine at a time.
type inside struct {
	Options
	ctx    context.Context
	limits *archive.Limits // of the whole search

	wanted func(rules.Key) bool // see scanStream; nil: all are
	found  []match
	second []bool // by match: found in the bytes of a container that lies in this one
	unread []unreadable

	memory *memory     // nil: nothing is remembered
	keys   []rules.Key // that were asked about, where anything is remembered
	begun  []begunMember
}

// newInside makes one for a search. The places of keys are found out only of those that wanted does not refuse.
func newInside(ctx context.Context, o Options, limits *archive.Limits, wanted func(rules.Key) bool) *inside {
	return &inside{Options: o, ctx: ctx, limits: limits, wanted: wanted}
}

// reset begins another blob.
func (v *inside) reset() {
	v.found, v.second, v.unread = v.found[:0], v.second[:0], v.unread[:0]
	v.keys, v.begun = v.keys[:0], v.begun[:0]
}

// whole looks into a content at hand, and tells whether it is a container.
func (v *inside) whole(content []byte) bool {
	v.reset()
	kind := archive.DetectBytes(content)
	if kind == archive.None || v.leaveOut() {
		return false
	}
	// The error is ctx's, which who searches notices.
	_ = archive.Walk(v.ctx, "", kind, archive.Content{ReaderAt: bytes.NewReader(content), Size: int64(len(content))}, v.limits, v)
	v.dropSecondSights()
	return true
}

// leaveOut tells whether containers are not wanted, and counts one then.
func (v *inside) leaveOut() bool {
	if v.NoArchives {
		v.Coverage.Skip(scanner.SkippedArchive, 1)
	}
	return v.NoArchives
}

// alongside lets search read a content to its end, and looks into it meanwhile. again hands over the content once more,
// for the one kind of container that only its end gives away. The error is that of search.
func (v *inside) alongside(content io.Reader, search func(io.Reader) error, again func(func(io.Reader) error) error) error {
	v.reset()
	ends := &endKeeper{from: content}
	buffered := bufio.NewReaderSize(ends, archive.HeadLength)
	kind := archive.DetectStream(buffered)
	if kind == archive.None {
		err := search(buffered)
		if err == nil || err == scanner.ErrDense {
			kind = archive.DetectEnds(nil, ends.tail)
		}
		if kind != archive.None && !v.leaveOut() {
			_ = again(func(r io.Reader) error { v.walk(kind, r); return nil }) // a search has just read all of it
		}
		return err
	}
	if v.leaveOut() {
		return search(buffered)
	}
	in, out := io.Pipe()
	var side conc.WaitGroup // which hands on a panic
	side.Go(func() {
		defer in.Close() //nolint:errcheck // never fails
		v.walk(kind, in)
		_, _ = io.Copy(io.Discard, in) // else who writes would wait
	})
	err := search(io.TeeReader(buffered, out))
	_ = out.CloseWithError(err) // never fails
	side.Wait()
	if err != nil && err != scanner.ErrDense {
		v.reset() // the content as a whole could not be read, and that is told
	}
	return err
}

func (v *inside) walk(kind archive.Kind, r io.Reader) {
	_ = archive.WalkStream(v.ctx, "", kind, bufio.NewReader(r), v.limits, v) // see whole
	v.dropSecondSights()
}

// endKeeper keeps the end of what is read through it.
type endKeeper struct {
	from io.Reader
	tail []byte
}

func (k *endKeeper) Read(b []byte) (int, error) {
	n, err := k.from.Read(b)
	k.tail = append(k.tail, b[max(0, n-archive.TailLength):n]...)
	if over := len(k.tail) - archive.TailLength; over > 0 {
		k.tail = append(k.tail[:0], k.tail[over:]...)
	}
	return n, err
}

// Name implements archive.Visitor.
func (v *inside) Name(p archive.Place, name string) error {
	text := []byte(name)
	complete := scanWindow(v.Rules, text, 0, len(text), scanner.Cursor{}, v.wants, func(m match) {
		m.place = scanner.Place{}
		v.add(m, p, false)
	})
	if !complete {
		v.Unread(p, scanner.UnreadableTooLarge, scanner.ErrDense)
	}
	return nil
}

// Text implements archive.Visitor.
func (v *inside) Text(p archive.Place, r io.Reader) error { return v.text(p, r, false) }

// Raw implements archive.Visitor. The bytes of the blob itself are searched by who searches blobs.
func (v *inside) Raw(p archive.Place, r io.Reader) error {
	if p.Container == "" {
		return nil
	}
	return v.text(p, r, true)
}

func (v *inside) text(p archive.Place, r io.Reader, second bool) error {
	err := scanStream(v.ctx, v.Rules, r, streamWindow, v.wants, func(m match) { v.add(m, p, second) })
	if err == scanner.ErrDense {
		v.Unread(p, scanner.UnreadableTooLarge, err)
	}
	return v.ctx.Err() // another error is the archive's, which names it itself
}

// wants notes a key, and tells whether its place is to be found out.
func (v *inside) wants(k rules.Key) bool {
	if v.memory != nil {
		v.keys = append(v.keys, k)
	}
	return v.wanted == nil || v.wanted(k)
}

func (v *inside) add(m match, p archive.Place, second bool) {
	m.container, m.inside = p.Container, v.Rules.Redact(p.Path)
	v.found = append(v.found, m)
	v.second = append(v.second, second)
}

// Unread implements archive.Visitor.
func (v *inside) Unread(p archive.Place, reason string, err error) {
	v.unread = append(v.unread, unreadable{reason, v.Rules.Redact(p.Path), err.Error()})
}

// tellUnread names what could not be read of a blob that stands at a place.
func (v *inside) tellUnread(place string) {
	for _, u := range v.unread {
		v.unreadable(u.reason, place+u.place, u.detail)
	}
}

// dropSecondSights leaves out what was found in the bytes of a container, where the same key was found in one of its
// members: a member that is stored as it is.
func (v *inside) dropSecondSights() {
	type sighting struct {
		key  rules.Key
		path string
	}
	within := map[sighting]bool{}
	for i, m := range v.found {
		if v.second[i] {
			continue
		}
		for at := range m.inside {
			if strings.HasPrefix(m.inside[at:], archive.Separator) {
				within[sighting{m.key, m.inside[:at]}] = true
			}
		}
		within[sighting{m.key, m.inside}] = true
	}
	kept := v.found[:0]
	for i, m := range v.found {
		if !v.second[i] || !within[sighting{m.key, m.inside}] {
			kept = append(kept, m)
		}
	}
	v.found, v.second = kept, v.second[:0]
}

// withoutSecondSights are the matches in the bytes of a container whose keys were not found in what lies in it.
func (v *inside) withoutSecondSights(own []match) (left []match) {
	known := map[rules.Key]bool{}
	for _, m := range v.found {
		known[m.key] = true
	}
	for _, m := range own {
		if !known[m.key] {
			left = append(left, m)
		}
	}
	return left
}
