package mapped

import (
	"slices"
	"testing"
)

// Memory that was asked for at once is as long as it should be, empty, and of its own.
func TestMake(t *testing.T) {
	for _, length := range []int{0, 1, readySize / 8, readySize/8 + 3, 1 << 20} {
		one, other := Make[uint64](length), Make[uint64](length)
		if len(one) != length || slices.ContainsFunc(one, func(n uint64) bool { return n != 0 }) {
			t.Fatalf("%d numbers: %d, or not empty", length, len(one))
		}
		for i := range one {
			one[i] = 1
		}
		if slices.Contains(other, 1) {
			t.Fatalf("%d numbers: two have the same memory", length)
		}
	}
}
