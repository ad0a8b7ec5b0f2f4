package history

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync"

	"skleak/rules"
	"skleak/rules/provider"
	"skleak/scanner"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
)

// Stream implements pack.Visitor.
func (v *searcher) Stream(o *pack.Object, size uint64, content io.Reader) error {
	number, first := v.countPacked(o.Kind, o.Position, size)
	return v.stream(o.Kind, number, first, size, content)
}

// stream searches an object too large to hold. Blobs go by in windows; what names other objects must be had whole.
// Where nothing but the stream's own Adler-32 vouches for its bytes, in loose files and packs without CRC-32, that is
// checked when the last window has been read. What was found is withheld until then, so that no key is told that may
// never have been there; the object is named as unreadable instead, as smaller ones are that fail theirs. Rejected:
// to inflate all of it twice, once for the check.
func (v *searcher) stream(kind pack.Kind, number uint32, first bool, size uint64, content io.Reader) error {
	if kind != pack.Blob {
		data, err := v.readBounded(content, size)
		if err == nil {
			v.inspect(&pack.Object{Kind: kind, Content: data}, number, first)
		}
		return err
	}
	v.numbers, v.newKeys = v.numbers[:0], v.newKeys[:0]
	v.inner, v.newInner = v.inner[:0], v.newInner[:0]
	id := v.repo.db.ID(number)
	content, check := v.hashing(v.repo.db.Format, kind, size, content)
	search := func(content io.Reader) error {
		return scanStream(v.ctx, v.Rules, content, streamWindow, func(k rules.Key) bool {
			if number := v.numberOfKey(k); number != absent {
				v.numbers = append(v.numbers, number)
			}
			return false
		}, nil)
	}
	var err error
	if first {
		err = v.inside.alongside(content, search, contentOf(v.repo.db.NewReader(), id))
	} else {
		err = search(content)
	}
	if err != nil && err != scanner.ErrDense {
		return err
	}
	v.tellDense(number, err == nil)
	check(id)
	v.addHit(number, kind, v.numbers)
	if first {
		v.noteInside(number)
	}
	return nil
}

// contentOf hands an object's content to a function that reads it.
func contentOf(r objectVisitor, id oid.ID) func(func(io.Reader) error) error {
	return func(f func(io.Reader) error) (err error) {
		failed := r.Visit(id, func(_ pack.Kind, content []byte) { err = f(bytes.NewReader(content)) },
			func(_ pack.Kind, _ uint64, content io.Reader) error { return f(content) })
		return errors.Join(err, failed)
	}
}

// objectVisitor is a reader of objects, see odb.Reader and odb.LazyReader.
type objectVisitor interface {
	Visit(id oid.ID, whole func(pack.Kind, []byte), large func(pack.Kind, uint64, io.Reader) error) error
}

// streamWindow is how much of a large object is searched at a time.
const streamWindow = 1 << 20

// scanStream finds keys in windows; a match belongs to the window in whose core it starts. Its candidate may lie one
// Reach further on, and what decides about the candidate another: so much the windows overlap to either side. It
// returns nil only once r has said io.EOF, scanner.ErrDense if a window was not looked into whole, and ctx's error if
// that ends before. Of the keys that wanted refuses (nil: none), no place is found out.
func scanStream(ctx context.Context, set *provider.Set, r io.Reader, window int, wanted func(rules.Key) bool, found func(match)) error {
	margin := 2 * set.Reach()
	buf, giveBack := takeBuffer(window + 2*margin)
	defer giveBack()
	var cursor scanner.Cursor // at buf[0]
	filled, core, complete := 0, 0, true
	for ctx.Err() == nil {
		n, err := io.ReadFull(r, buf[filled:])
		filled += n
		end := filled
		if err == nil {
			end -= margin
		}
		complete = scanWindow(set, buf[:filled], core, end, cursor, wanted, found) && complete // what came before an error, too
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

// takeBuffer takes a buffer of n bytes, which may hold anything. What lies in containers is mostly small, and there is
// much of it.
func takeBuffer(n int) (buf []byte, giveBack func()) {
	p, _ := streamBuffers.Get().(*[]byte)
	if p == nil || len(*p) < n {
		b := make([]byte, n)
		p = &b
	}
	return (*p)[:n], func() { streamBuffers.Put(p) }
}

var streamBuffers sync.Pool

// scanWindow finds the keys of text that start from from on and before to; cursor stands at its beginning. See
// Set.Scan for complete.
func scanWindow(set *provider.Set, text []byte, from, to int, cursor scanner.Cursor, wanted func(rules.Key) bool, found func(match)) (complete bool) {
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
		one := newMatch(set, text, m)
		one.place = cursor.PlaceOf(text[m.Start:m.End])
		found(one)
	})
}

// newMatch notes a key, but for its place.
func newMatch(set *provider.Set, text []byte, m rules.Match) match {
	return match{key: m.Key, form: m.Form, placeholder: m.Placeholder, longPrefix: m.LongPrefix, around: scanner.SurroundingsOf(set, text, m)}
}
