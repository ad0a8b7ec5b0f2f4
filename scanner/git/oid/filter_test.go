package oid

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
)

func TestFilter(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	random := func() (id ID) {
		for i := 0; i < len(id); i += 8 {
			binary.BigEndian.PutUint64(id[i:], r.Uint64())
		}
		return id
	}
	for _, n := range []int{0, 1, 100, 5000} {
		f := NewFilter(n)
		for range n {
			id := random()
			f.Add(id[:])
			if !f.MayHave(id[:]) {
				t.Fatalf("%d ids: one that was added is not there", n)
			}
		}
		passed := 0
		for range 10_000 {
			if id := random(); f.MayHave(id[:]) {
				passed++
			}
		}
		if passed > 10_000/12 {
			t.Errorf("%d ids: %d others of 10,000 pass", n, passed)
		}
	}
}
