package oid

import (
	"encoding/binary"
	"math/bits"
)

// Filter is a set of ids that may answer yes for one that is not in it, about once in sixteen: it keeps the
// many entries that lead nowhere from being looked up. Ids are hashes, so their own bits are the hash.
type Filter struct {
	bits  []uint64
	shift uint
}

// NewFilter makes an empty filter for so many ids.
func NewFilter(ids int) *Filter {
	width := max(bits.Len(uint(ids*16)), 12)
	return &Filter{make([]uint64, 1<<(width-6)), uint(64 - width)}
}

// Add puts the raw bytes of an id into the filter.
func (f *Filter) Add(id []byte) {
	i := binary.BigEndian.Uint64(id) >> f.shift
	f.bits[i/64] |= 1 << (i % 64)
}

// MayHave is true for all ids that were added, and for a few others.
func (f *Filter) MayHave(id []byte) bool {
	i := binary.BigEndian.Uint64(id) >> f.shift
	return f.bits[i/64]>>(i%64)&1 != 0
}
