package find

import (
	"context"
	"io"
	"sync"

	"skleak/rules"
	"skleak/rules/provider"
	"skleak/scanner"
	"skleak/scanner/git/object"
	"skleak/scanner/git/oid"
)

// Window is how much of a large object is searched at a time.
const Window = 1 << 20

// InStream finds keys in windows; a match belongs to the window in whose core it starts. Its candidate may lie one
// Reach further on, and what decides about the candidate another: so much the windows overlap to either side. It
// returns nil only once r has said io.EOF, scanner.ErrDense if a window was not looked into whole, and ctx's error if
// that ends before. Of the keys that wanted refuses (nil: none), no place is found out.
func InStream(
	ctx context.Context, set *provider.Set, r io.Reader, window int, wanted func(rules.Key) bool, found func(Match),
) error {
	margin := 2 * set.Reach()
	whole := window + 2*margin
	buf := takeBuffer(min(smallBuffer, whole))
	defer func() { giveBack(buf) }()
	var cursor scanner.Cursor // at buf[0]
	filled, core, complete := 0, 0, true
	for ctx.Err() == nil {
		n, err := io.ReadFull(r, buf[filled:])
		filled += n
		if err == nil && len(buf) < whole {
			small := buf
			buf = takeBuffer(whole)
			copy(buf, small)
			giveBack(small)
			continue
		}
		end := filled
		if err == nil {
			end -= margin
		}
		// What came before an error is searched, too.
		complete = InWindow(set, buf[:filled], core, end, cursor, wanted, found) && complete
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			if !complete {
				return scanner.ErrDense
			}
			return nil
		}
		if err != nil {
			return err
		}
		keep := max(end-margin, 0)
		cursor.Advance(buf[:keep])
		filled, core = copy(buf, buf[keep:filled]), end-keep
	}
	return ctx.Err()
}

// smallBuffer is what a stream is read into at first: what lies in containers is mostly small, and there is much of it.
// A buffer of a whole window is cleared when it is made, page by page, which took longer than to search what was in it.
const smallBuffer = 64 << 10

// takeBuffer takes a buffer of n bytes, which may hold anything, until it is given back.
func takeBuffer(n int) []byte {
	p, _ := buffersOf(n).Get().(*[]byte)
	if p == nil || len(*p) < n {
		return make([]byte, n)
	}
	return (*p)[:n]
}

func giveBack(buf []byte) { buffersOf(len(buf)).Put(&buf) }

// buffersOf are the buffers that are not in use, of those of a size.
func buffersOf(n int) *sync.Pool {
	if n <= smallBuffer {
		return &smallBuffers
	}
	return &streamBuffers
}

var smallBuffers, streamBuffers sync.Pool

// InWindow finds the keys of text that start from from on and before to; cursor stands at its beginning. See
// Set.Scan for complete.
func InWindow(
	set *provider.Set, text []byte, from, to int, cursor scanner.Cursor, wanted func(rules.Key) bool, found func(Match),
) (complete bool) {
	if set.Next(text, 0) < 0 {
		return true
	}
	at := 0
	return set.Scan(text, func(m rules.Match) {
		if m.Start < from || m.Start >= to || wanted != nil && !wanted(m.Key) {
			return
		}
		cursor.Advance(text[at:m.Start])
		at = m.Start
		one := New(set, text, m)
		one.Place = cursor.PlaceOf(text[m.Start:m.End])
		found(one)
	})
}

// InTree are the keys in the names of a tree.
func InTree(set *provider.Set, content []byte, f oid.Format) (matches []Match, complete bool) {
	complete = true
	_ = object.EachEntry(content, f, func(e object.Entry) { // who reads the tree reports the error
		complete = set.Scan(e.Name, func(m rules.Match) {
			matches = append(matches, New(set, e.Name, m))
		}) && complete
	})
	return matches, complete
}

// InContent returns the keys of a content with their places.
func InContent(set *provider.Set, content []byte) (matches []Match, complete bool) {
	complete = InWindow(set, content, 0, len(content), scanner.Cursor{}, nil,
		func(m Match) { matches = append(matches, m) })
	return matches, complete
}

// InName returns the keys in a name. See Set.Scan for complete.
func InName(name string, set *provider.Set) (matches []Match, complete bool) {
	complete = set.Scan([]byte(name), func(m rules.Match) { matches = append(matches, New(set, []byte(name), m)) })
	return matches, complete
}
