package commits

import (
	"math/rand/v2"
	"slices"
	"testing"

	"skleak/scanner/git/oid"
)

func TestParentsFirst(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		commits := make([]Commit, 12)
		for i := range commits {
			commits[i].ID = oid.FromBytes([]byte{byte(r.IntN(8)), byte(i + 1)})
			commits[i].Date = int64(r.IntN(3))
			for range min(i, r.IntN(3)) {
				commits[i].Parents = append(commits[i].Parents, commits[r.IntN(i)].ID)
			}
		}
		r.Shuffle(len(commits), func(i, j int) { commits[i], commits[j] = commits[j], commits[i] })
		sorted := ParentsFirst(slices.Clone(commits))
		at := map[oid.ID]int{}
		for i, c := range sorted {
			at[c.ID] = i
		}
		if len(at) != len(commits) {
			t.Fatalf("%d commits became %d", len(commits), len(at))
		}
		for _, c := range sorted {
			for _, p := range c.Parents {
				if at[p] >= at[c.ID] {
					t.Errorf("a parent stands at %d, behind its child at %d", at[p], at[c.ID])
				}
			}
		}
	}
}
