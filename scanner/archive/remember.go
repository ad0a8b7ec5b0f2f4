package archive

import (
	"hash/maphash"
	"io"
)

// Rememberer is a Visitor that looks into many contents with the same members, such as the versions of a program in a
// history, and remembers what it found in each. A member that it remembers is not unpacked again. It is asked about
// members of zip files alone: what else packs its members does so one with another.
type Rememberer interface {
	Visitor
	// Recall tells whether a member is remembered that is about to be looked into at a place, where its name was told.
	Recall(p Place, m Member) bool
	// Remember follows a Recall that was false, once the member was looked into; whole, if it was.
	Remember(m Member, whole bool)
}

// Member tells the packed content of a member from all others.
type Member struct {
	hash         uint64 // with a seed that nobody outside of this process knows
	container    string // which decides how a member is read
	isDocument   bool
	method       uint16
	crc          uint32
	packed, size int64
}

var memberSeed = maphash.MakeSeed()

// memberOf tells what a member is from its packed bytes.
func (z *zipFile) memberOf(e zipEntry, body int64) (m Member, err error) {
	var h maphash.Hash
	h.SetSeed(memberSeed)
	r, done := z.packed(io.NewSectionReader(z, body, e.packed))
	defer done()
	if _, err := r.WriteTo(&h); err != nil {
		return m, err
	}
	return Member{h.Sum64(), z.kind, z.isDocument(e), e.method, e.crc, e.packed, e.size}, nil
}

// recalled tells whether the visitor remembers the member at a place. If not, remember is to be called with the error
// that ended the look into it.
func (z *zipFile) recalled(at Place, e zipEntry, body int64) (known bool, remember func(error), err error) {
	r, ok := z.walk.Visitor.(Rememberer)
	if !ok || e.packed < 0 || e.method == 0 { // what is stored is searched as fast as it is told from others
		return false, func(error) {}, nil
	}
	m, err := z.memberOf(e, body)
	if endsWalk(err) {
		return false, nil, err
	}
	if err != nil { // which comes again, and is named
		return false, func(error) {}, nil
	}
	if r.Recall(at, m) {
		return true, nil, nil
	}
	return false, func(err error) { r.Remember(m, err == nil) }, nil
}
