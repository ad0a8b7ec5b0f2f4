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
	return findID(ids, len(id), id, lo, hi, 32)
}

// guess returns where between two positions an id stands if ids are spread evenly there; see around.
func guess(want uint64, lo, hi int, differ uint) int {
	at := want >> 24 & (1<<(differ&63) - 1)
	return lo + int(uint64(hi-lo)*at>>(differ&63))
}

// findID looks for an id between the positions lo and hi of names, gap bytes from one to the next; differ is that of
// around. Ids are hashes and so spread evenly: guessing a position from the id's value
// and walking from there takes two or three looks where a binary search of a large idx takes twenty, each of them a
// cache miss.
func findID(names []byte, gap int, id []byte, lo, hi int, differ uint) (position int, ok bool) {
	want := binary.BigEndian.Uint64(id)
	low := want >> 24 >> (differ & 63) << (differ & 63)
	high := low + 1<<(differ&63)
	mid := guess(want, lo, hi, differ) // of the ranges that follow, the size is no power of two, and dividing takes its time
	for guesses := 1; lo < hi; guesses++ {
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
		mid = lo + (hi-lo)/2
		if at := want >> 24; guesses < maxGuesses && low <= at && at < high {
			mid = lo + int(uint64(hi-lo)*(at-low)/(high-low))
		}
	}
	return 0, false
}
