package keyset

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"skleak/rules"
)

// TestTableIsBounded: of too many keys the same ones remain, whatever the order in which they are found.
func TestTableIsBounded(t *testing.T) {
	t.Parallel()
	const most, all = 1000, 5000
	var first []string
	for seed := range uint64(5) {
		table := Table{Max: most}
		for _, i := range rand.New(rand.NewPCG(seed, 1)).Perm(all) {
			k := keyNumbered(i)
			table.Number(k)
			if n, isNew := table.Add(k); isNew || n != Absent && table.keys[n] != k && !table.keys[n].IsZero() {
				t.Fatalf("key %d has the number %d, and is new twice: %v", i, n, isNew)
			}
		}
		kept := slices.Sorted(func(yield func(string) bool) {
			for n := range table.Close().All() {
				yield(table.keys[n].Fingerprint())
			}
		})
		if len(kept) > most || len(kept) < most/3 || !table.GaveUp() {
			t.Fatalf("%d keys are kept of %d, with room for %d", len(kept), all, most)
		}
		if first == nil {
			first = kept
		}
		if !slices.Equal(first, kept) {
			t.Fatal("which keys are kept depends on the order")
		}
	}
}

func keyNumbered(i int) rules.Key {
	return rules.NewKey("sk_" + "live_" + fmt.Sprintf("%x", sha256.Sum256([]byte(fmt.Sprint("bounded ", i))))[:32])
}
