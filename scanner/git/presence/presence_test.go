package presence

import (
	"testing"

	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
)

// TestMissing makes sure that what is said of a missing object does not depend on the order in which it was noticed.
func TestMissing(t *testing.T) {
	id := func(b byte) oid.ID { return oid.FromBytes([]byte{b}) }
	byTree, byTag := Absence{pack.Blob, pack.Tree, id(2)}, Absence{pack.Commit, pack.Tag, id(3)}
	for _, order := range [][]Absence{{byTree, byTag}, {byTag, byTree}} {
		all := Missing{}
		for _, a := range order {
			part := Missing{}
			part.Add(id(9), a)
			part.Add(id(1), a)
			all.AddAll(part)
		}
		if ids := all.IDs(); len(ids) != 2 || ids[0] != id(1) || all[id(9)] != byTree {
			t.Errorf("%v, %v", ids, all[id(9)])
		}
	}
}
