package holders

import (
	"math/bits"

	"skleak/scanner/git/pack"
)

// places are a set of numbers of objects, each with its place among them: a map in a bit and a half for each object.
type places struct {
	pack.Bitmap
	below []uint32 // by word: how many numbers are in those before it
}

func newPlaces(set pack.Bitmap) places {
	p := places{set, make([]uint32, len(set)+1)}
	for i, word := range set {
		p.below[i+1] = p.below[i] + uint32(bits.OnesCount64(word))
	}
	return p
}

// Len is how many numbers there are.
func (p places) Len() int {
	if len(p.below) == 0 {
		return 0
	}
	return int(p.below[len(p.below)-1])
}

// of returns the place of a number, if it is one of them.
func (p places) of(number uint32) (place int, ok bool) {
	i := int(number / 64)
	if i >= len(p.Bitmap) || !p.Has(number) {
		return 0, false
	}
	before := p.Bitmap[i] & (1<<(number%64) - 1)
	return int(p.below[i]) + bits.OnesCount64(before), true
}
