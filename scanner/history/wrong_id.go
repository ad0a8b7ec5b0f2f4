package history

import (
	"fmt"
	"hash"
	"io"

	"skleak/scanner"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
)

// checkID holds an object against its id, if that was asked for.
func (o Options) checkID(f oid.Format, kind pack.Kind, content []byte, id oid.ID) {
	if !o.VerifyObjects {
		return
	}
	h := f.HashObject(kind.String(), uint64(len(content)))
	h.Write(content)
	o.compareID(f, kind, h, id)
}

// hashing is checkID for content that goes by: check is to be called at its end.
func (o Options) hashing(f oid.Format, kind pack.Kind, size uint64, content io.Reader) (through io.Reader, check func(id oid.ID)) {
	if !o.VerifyObjects {
		return content, func(oid.ID) {}
	}
	h := f.HashObject(kind.String(), size)
	return io.TeeReader(content, h), func(id oid.ID) { o.compareID(f, kind, h, id) }
}

// compareID names an object that is not what its id says. Its content is searched all the same.
func (o Options) compareID(f oid.Format, kind pack.Kind, h hash.Hash, id oid.ID) {
	if is := oid.Sum(h); id != is && !pack.IsNameless(id, f) {
		o.unreadable(scanner.UnreadableWrongID, "object "+id.Hex(f), fmt.Sprintf("its content is that of %s %s", kind, is.Hex(f)))
	}
}
