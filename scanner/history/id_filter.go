package history

import (
	"encoding/binary"
	"maps"
	"math/bits"
	"slices"

	"skleak/scanner/git/pack"
)

// idFilter is a set of ids that may answer yes for one that is not in it, about once in sixteen: it keeps the
// many entries that lead nowhere from being looked up. Ids are hashes, so their own bits are the hash.
type idFilter struct {
	bits  []uint64
	shift uint
}

func newIDFilter(ids int) *idFilter {
	width := max(bits.Len(uint(ids*16)), 12)
	return &idFilter{make([]uint64, 1<<(width-6)), uint(64 - width)}
}

func (f *idFilter) add(id []byte) {
	i := binary.BigEndian.Uint64(id) >> f.shift
	f.bits[i/64] |= 1 << (i % 64)
}

func (f *idFilter) mayHave(id []byte) bool {
	i := binary.BigEndian.Uint64(id) >> f.shift
	return f.bits[i/64]>>(i%64)&1 != 0
}

// filterOf makes a filter of the candidates and the blobs with keys.
func (s *search) filterOf(candidates pack.Bitmap, leafOf map[uint32]uint32) *idFilter {
	numbers := slices.Collect(maps.Keys(leafOf))
	for i, word := range candidates {
		for ; word != 0; word &= word - 1 {
			numbers = append(numbers, uint32(i*64+bits.TrailingZeros64(word)))
		}
	}
	return s.filterOfNumbers(numbers)
}

// filterOfNumbers makes a filter of objects.
func (s *search) filterOfNumbers(numbers []uint32) *idFilter {
	f := newIDFilter(len(numbers))
	for _, number := range numbers {
		id := s.repo.db.ID(number)
		f.add(id[:])
	}
	return f
}
