package find

import (
	"bufio"
	"bytes"
	"context"
	"io"

	"github.com/sourcegraph/conc"

	"skleak/rules"
	"skleak/rules/provider"
	"skleak/scanner"
	"skleak/scanner/archive"
)

// Inside looks into blobs that are containers, whose bytes do not show what lies in them, and collects the keys of what
// they hold. It implements archive.Visitor, looks into one blob after the other, and is for one goroutine.
type Inside struct {
	Rules      *provider.Set
	Coverage   *scanner.Coverage
	NoArchives bool                 // containers are counted, and not looked into
	Limits     *archive.Limits      // of the whole search
	Wanted     func(rules.Key) bool // see InStream; nil: all are
	Memory     *Memory              // nil: nothing is remembered

	Found   []Match // in the last blob
	NotRead []NotRead

	ctx    context.Context
	second []bool    // by match: found in the bytes of a container that lies in this one
	keys   []askedOf // that were asked about, where anything is remembered
	begun  []begunMember
}

// askedOf is a key that was asked about; second as in Inside.
type askedOf struct {
	key    rules.Key
	second bool
}

// NotRead is what could not be read of a container.
type NotRead struct{ Reason, Place, Detail string }

// NewInside makes one for a search; its first fields are to be filled in.
func NewInside(ctx context.Context) *Inside { return &Inside{ctx: ctx} }

// reset begins another blob.
func (v *Inside) reset() {
	v.Found, v.second, v.NotRead = v.Found[:0], v.second[:0], v.NotRead[:0]
	v.keys, v.begun = v.keys[:0], v.begun[:0]
}

// Whole looks into a content at hand, and tells whether it is a container.
func (v *Inside) Whole(content []byte) bool {
	v.reset()
	kind := archive.DetectBytes(content)
	if kind == archive.None || v.leaveOut() {
		return false
	}
	// The error is ctx's, which who searches notices.
	_ = archive.Walk(v.ctx, "", kind, archive.Content{ReaderAt: bytes.NewReader(content), Size: int64(len(content))},
		v.Limits, v)
	v.dropSecondSights()
	return true
}

// leaveOut tells whether containers are not wanted, and counts one then.
func (v *Inside) leaveOut() bool {
	if v.NoArchives {
		v.Coverage.Skip(scanner.SkippedArchive, 1)
	}
	return v.NoArchives
}

// Alongside lets search read a content to its end, and looks into it meanwhile. again hands over the content once more,
// for the one kind of container that only its end gives away. The error is that of search.
func (v *Inside) Alongside(content io.Reader, search func(io.Reader) error,
	again func(func(io.Reader) error) error) error {
	v.reset()
	ends := archive.NewTail(content)
	buffered := bufio.NewReaderSize(ends, archive.HeadLength)
	kind := archive.DetectStream(buffered)
	if kind == archive.None {
		runs := archive.NewRuns(buffered, v.Limits)
		defer runs.Drop()
		err := search(runs)
		if err == nil || err == scanner.ErrDense {
			kind = ends.Kind()
			if runs.Any() && !v.leaveOut() {
				_ = runs.Walk(v.ctx, "", v) // see whole
			}
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

func (v *Inside) walk(kind archive.Kind, r io.Reader) {
	_ = archive.WalkStream(v.ctx, "", kind, bufio.NewReader(r), v.Limits, v) // see Whole
	v.dropSecondSights()
}

// Name implements archive.Visitor.
func (v *Inside) Name(p archive.Place, name string) error {
	text := []byte(name)
	complete := InWindow(v.Rules, text, 0, len(text), scanner.Cursor{}, v.wants(false), func(m Match) {
		m.Place = scanner.Place{}
		v.add(m, p, false)
	})
	if !complete {
		v.Unread(p, scanner.UnreadableTooLarge, scanner.ErrDense)
	}
	return nil
}

// Text implements archive.Visitor.
func (v *Inside) Text(p archive.Place, r io.Reader) error { return v.text(p, r, false) }

// Raw implements archive.Visitor. The bytes of the blob itself are searched by who searches blobs.
func (v *Inside) Raw(p archive.Place, r io.Reader) error {
	if p.Container == "" {
		return nil
	}
	return v.text(p, r, true)
}

func (v *Inside) text(p archive.Place, r io.Reader, second bool) error {
	err := InStream(v.ctx, v.Rules, r, Window, v.wants(second), func(m Match) { v.add(m, p, second) })
	if err == scanner.ErrDense {
		v.Unread(p, scanner.UnreadableTooLarge, err)
	}
	return v.ctx.Err() // another error is the archive's, which names it itself
}

// wants makes what notes a key, and tells whether its place is to be found out.
func (v *Inside) wants(second bool) func(k rules.Key) bool {
	return func(k rules.Key) bool {
		if v.Memory != nil {
			v.keys = append(v.keys, askedOf{k, second})
		}
		return v.Wanted == nil || v.Wanted(k)
	}
}

// Keys are the keys that were asked about in what lies in the last blob, where anything is remembered, and whether a
// key found in the bytes of the blob is but another sight of one of them.
func (v *Inside) Keys() (keys []rules.Key, isSecond func(rules.Key) bool) {
	exact := scanner.Readings{}
	for _, one := range v.keys {
		if !one.second {
			exact.Add(one.key, "")
		}
	}
	for _, one := range v.keys {
		if !one.second || !exact.Has(one.key, "") {
			keys = append(keys, one.key)
		}
	}
	return keys, func(k rules.Key) bool { return exact.Has(k, "") }
}

func (v *Inside) add(m Match, p archive.Place, second bool) {
	m.Container, m.Inside = p.Container, v.Rules.Redact(p.Path)
	v.Found = append(v.Found, m)
	v.second = append(v.second, second)
}

// Unread implements archive.Visitor.
func (v *Inside) Unread(p archive.Place, reason string, err error) {
	v.NotRead = append(v.NotRead, NotRead{reason, v.Rules.Redact(p.Path), err.Error()})
}

// dropSecondSights leaves out what was found in the bytes of a container, where the same key was found in one of its
// members: a member that is stored as it is.
func (v *Inside) dropSecondSights() {
	within := scanner.Readings{}
	for i, m := range v.Found {
		if !v.second[i] {
			within.AddBelow(m.Key, "", m.Inside, archive.Separator, archive.MaxDepth+1)
		}
	}
	kept := v.Found[:0]
	for i, m := range v.Found {
		if !v.second[i] || !within.Has(m.Key, m.Inside) {
			kept = append(kept, m)
		}
	}
	v.Found, v.second = kept, v.second[:0]
}

// WithoutSecondSights are the matches in the bytes of a container whose keys were not found in what lies in it.
func (v *Inside) WithoutSecondSights(own []Match) (left []Match) {
	known := scanner.Readings{}
	for _, m := range v.Found {
		known.Add(m.Key, "")
	}
	for _, m := range own {
		if !known.Has(m.Key, "") {
			left = append(left, m)
		}
	}
	return left
}
