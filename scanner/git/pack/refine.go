package pack

import (
	"encoding/binary"
	"math/bits"

	"skleak/scanner/git/mapped"
)

// refined is a fan-out table by more bits than the idx file has. To check that what trees and commits name is there
// takes three million looks into the idx of git's own repository. With the file's 256 entries a look begins among
// 3,316 ids, and guessing wants two or three places in memory, one after the other; with this it is one, and the
// whole scan takes 7 % less processor time.
type refined struct {
	first []uint32 // by the upper bits of an id: position of the first id with these or higher ones
	shift uint     // of the id's upper 64 bits
}

const (
	// refinedIDs is how many ids share an entry of the refined table, on average: half a byte of memory for each id.
	refinedIDs = 8
	// refinedFrom is the size of an idx from which that is done; where it begins to pay was not looked for.
	refinedFrom = 4096
)

// Refine makes ready for many calls of Find: it reads all ids once, and takes two fifths off each Find in an idx of a
// million (BenchmarkFind); in one of ten thousand it gains nothing. Not while others use the Index. An idx that is
// not in order stays as it is.
func (x *Index) Refine() {
	if x.count < refinedFrom {
		return
	}
	width := uint(bits.Len(uint(x.count / refinedIDs)))
	r := &refined{mapped.Make[uint32](1<<width + 1), 64 - width}
	next := uint64(0) // entry to be filled in
	for i := range x.count {
		at := binary.BigEndian.Uint64(x.ID(i)) >> r.shift
		if at+1 < next {
			return
		}
		for ; next <= at; next++ {
			r.first[next] = uint32(i)
		}
	}
	for ; next < uint64(len(r.first)); next++ {
		r.first[next] = uint32(x.count)
	}
	x.refined = r
}

// around returns where an id can stand, lo inclusive and hi exclusive, and in how many of its upper 40 bits the ids there
// differ: those are the lowest ones, and all others are as in this id.
func (x *Index) around(id []byte) (lo, hi int, differ uint) {
	if r := x.refined; r != nil {
		at := binary.BigEndian.Uint64(id) >> r.shift
		return int(r.first[at]), int(r.first[at+1]), r.shift - 24
	}
	first := int(id[0])
	return int(x.below(first)), int(x.below(first + 1)), 32
}
