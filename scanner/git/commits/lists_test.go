package commits

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestInverse holds the lists of children against those that are made one by one.
func TestInverse(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		n := r.IntN(20)
		parents, want := newLists(n, 0), make([][]int32, n)
		for c := range int32(n) {
			for range r.IntN(4) { // the same parent may come twice
				p := int32(r.IntN(n))
				parents.all = append(parents.all, p)
				want[p] = append(want[p], c)
			}
			parents.end()
		}
		children := parents.inverse()
		if children.len() != n {
			t.Fatalf("%d lists of %d", children.len(), n)
		}
		for c, list := range want {
			if got := children.of(int32(c)); !slices.Equal(got, list) {
				t.Errorf("children of %d: %v, want %v", c, got, list)
			}
		}
	}
}

// TestNumbering holds it against a map.
func TestNumbering(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 100 {
		numbers, want := make([]uint32, r.IntN(300)), map[uint32]int32{}
		for i := range numbers {
			numbers[i] = uint32(r.IntN(1000))
			want[numbers[i]] = int32(i)
		}
		n := numberingOf(numbers)
		for number := range uint32(1200) {
			got, ok := n.at(number)
			if index, there := want[number]; ok != there || got != index {
				t.Fatalf("%d: %d, %v; want %d, %v", number, got, ok, index, there)
			}
		}
	}
	none := numberingOf(nil)
	if _, ok := none.at(0); ok {
		t.Error("something is found in nothing")
	}
}
