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
func (v *searcher) checkID(kind pack.Kind, content []byte, number uint32) {
	if !v.VerifyObjects {
		return
	}
	h := v.repo.db.Format.HashObject(kind.String(), uint64(len(content)))
	h.Write(content)
	v.compareID(kind, h, number)
}

// hashing is checkID for content that goes by: check is to be called at its end.
func (v *searcher) hashing(kind pack.Kind, size uint64, content io.Reader) (through io.Reader, check func(number uint32)) {
	if !v.VerifyObjects {
		return content, func(uint32) {}
	}
	h := v.repo.db.Format.HashObject(kind.String(), size)
	return io.TeeReader(content, h), func(number uint32) { v.compareID(kind, h, number) }
}

// compareID names an object that is not what its id says. Its content is searched all the same.
func (v *searcher) compareID(kind pack.Kind, h hash.Hash, number uint32) {
	id, is := v.repo.db.ID(number), oid.Sum(h)
	if id != is && !pack.IsNameless(id, v.repo.db.Format) {
		v.unreadable(scanner.UnreadableWrongID, "object "+v.repo.hex(id),
			fmt.Sprintf("its content is that of %s %s", kind, v.repo.hex(is)))
	}
}
