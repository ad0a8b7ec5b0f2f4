package pack

import (
	"bytes"
	"encoding/binary"
)

// maxGuesses bounds the guessing in findID: the ids of a hostile idx need not be even, or sorted.
const maxGuesses = 6

// FindID returns the position of an id among sorted ones that lie one behind the other, and of which those from lo up
// to hi are all that begin with its first byte.
func FindID(ids []byte, id []byte, lo, hi int) (position int, ok bool) {
	first := uint64(id[0])
	return findID(ids, len(id), id, lo, hi, first<<32, (first+1)<<32)
}

// findID looks for an id between the positions lo and hi of names, gap bytes from one to the next, whose upper 40
// bits are from low on and below high. Ids are hashes and so spread evenly: guessing a position from the id's value
// and walking from there takes two or three looks where a binary search of a large idx takes twenty, each of them a
// cache miss.
func findID(names []byte, gap int, id []byte, lo, hi int, low, high uint64) (position int, ok bool) {
	want := binary.BigEndian.Uint64(id)
	for guesses := 0; lo < hi; guesses++ {
		mid := lo + (hi-lo)/2
		if at := want >> 24; guesses < maxGuesses && low <= at && at < high {
			mid = lo + int(uint64(hi-lo)*(at-low)/(high-low))
		}
		name := names[mid*gap:][:len(id)]
		got := binary.BigEndian.Uint64(name)
		if got == want {
			switch bytes.Compare(id, name) {
			case 0:
				return mid, true
			case -1:
				hi = mid
			default:
				lo = mid + 1
			}
		} else if want < got {
			hi, high = mid, got>>24+1
		} else {
			lo, low = mid+1, got>>24
		}
	}
	return 0, false
}
