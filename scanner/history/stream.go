package history

import (
	"bytes"
	"errors"
	"hash/maphash"
	"io"

	"skleak/rules"
	"skleak/scanner"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
	"skleak/scanner/history/internal/find"
	"skleak/scanner/history/internal/keyset"
)

// Stream implements passes.Visitor: it searches a blob too large to hold, which goes by in windows.
//
// Where nothing but the stream's own Adler-32 vouches for its bytes, in loose files and packs without CRC-32, that is
// checked when the last window has been read. What was found is withheld until then, so that no key is told that may
// never have been there; the object is named as unreadable instead, as smaller ones are that fail theirs. Rejected:
// to inflate all of it twice, once for the check.
func (v *searcher) Stream(_ *pack.Object, number uint32, first bool, size uint64, content io.Reader) error {
	v.Passed(pack.Blob, size, first)
	v.numbers, v.newKeys = v.numbers[:0], v.newKeys[:0]
	id := v.repo.db.ID(number)
	content, check := v.hashing(v.repo.db.Format, pack.Blob, size, content)
	var hash maphash.Hash
	hash.SetSeed(v.seed)
	content = io.TeeReader(content, &hash)
	search := func(content io.Reader) error {
		return find.InStream(v.ctx, v.Rules, content, find.Window, func(k rules.Key) bool {
			if number := v.numberOfKey(k); number != keyset.Absent {
				v.numbers = append(v.numbers, number)
			}
			return false
		}, nil)
	}
	err := v.inside.Alongside(content, search, contentOf(v.repo.db.NewReader(), id))
	if err != nil && err != scanner.ErrDense {
		return err
	}
	v.tellDense(number, err == nil)
	check(id)
	if !first && v.isKnown(number, hash.Sum64()) {
		return nil
	}
	v.looked[number] = hash.Sum64()
	before := v.noted[number]
	delete(v.noted, number)
	v.addHit(number, pack.Blob, v.numbers)
	v.noteInside(number)
	v.join(number, before)
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
