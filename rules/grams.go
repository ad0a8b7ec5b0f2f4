package rules

import (
	"math/bits"
	"math/rand/v2"
)

// gram is ten characters of printable ASCII in a row, six bits each, so that two grams are equal only if
// their characters are, but for case and the four signs that differ from others as letters do by case.
type gram uint64

const (
	gramLength = 10
	gramMask   = 1<<(6*gramLength) - 1
)

// gramReader makes the grams of a text, one for each character.
type gramReader struct {
	gram   gram
	length int // of the text without a gap, as far as it is read
}

// next reads a character, and is true where a gram ends with it.
func (g *gramReader) next(c byte) bool {
	if c >= 0x60 {
		c -= 0x20
	}
	if c <= ' ' || c >= 0x60 {
		g.length = 0
		return false
	}
	g.gram = (g.gram<<6 | gram(c-' ')) & gramMask
	g.length++
	return g.length >= gramLength
}

// gramSet is a set of grams: a table with open addressing, at most half full. With a map of Go's, texts were read
// at a third of the speed. Its zero value is empty.
type gramSet struct {
	slots  []gram // a power of two of them; 0 is an empty one, which no gram is
	used   int
	factor uint64 // odd, and random: nobody can choose keys whose grams meet in one slot
}

// slot is where g is, or else where it belongs.
func (s *gramSet) slot(g gram) *gram {
	i := int(uint64(g) * s.factor >> (64 - bits.TrailingZeros(uint(len(s.slots)))))
	for s.slots[i] != 0 && s.slots[i] != g {
		i = (i + 1) & (len(s.slots) - 1)
	}
	return &s.slots[i]
}

func (s *gramSet) has(g gram) bool { return s.used > 0 && *s.slot(g) == g }

func (s *gramSet) add(g gram) {
	if 2*s.used >= len(s.slots) {
		old := s.slots
		*s = gramSet{make([]gram, max(64, 2*len(old))), s.used, rand.Uint64() | 1}
		for _, g := range old {
			if g != 0 {
				*s.slot(g) = g
			}
		}
	}
	if at := s.slot(g); *at == 0 {
		*at = g
		s.used++
	}
}
