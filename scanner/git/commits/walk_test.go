package commits

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"skleak/scanner/git/object"
	"skleak/scanner/git/oid"
)

// family is a made-up history.
type family map[oid.ID]Commit

// newFamily makes n commits, each with up to two parents among the earlier ones.
func newFamily(r *rand.Rand, n int, date func(i int) int64) (f family, ids []oid.ID) {
	f = family{}
	for i := range n {
		c := Commit{ID: oid.FromBytes([]byte{byte(r.IntN(256)), byte(i + 1)}), Date: date(i)}
		for range min(i, r.IntN(3)) {
			c.Parents = append(c.Parents, ids[r.IntN(i)])
		}
		f[c.ID] = c
		ids = append(ids, c.ID)
	}
	return f, ids
}

func (f family) read(id oid.ID) (Commit, error) {
	if c, ok := f[id]; ok {
		return c, nil
	}
	return Commit{}, errors.New("not there")
}

// reach is a commit with all that it leads to.
func (f family) reach(id oid.ID, seen map[oid.ID]bool) map[oid.ID]bool {
	if !seen[id] {
		seen[id] = true
		for _, p := range f[id].Parents {
			f.reach(p, seen)
		}
	}
	return seen
}

func TestWalk(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	clocks := []func(int) int64{
		func(i int) int64 { return int64(i) },
		func(int) int64 { return 7 },
		func(int) int64 { return int64(r.IntN(20)) }, // wrong, but by less than the walk allows for
	}
	for round := range 600 {
		f, ids := newFamily(r, 2+r.IntN(20), clocks[round%len(clocks)])
		tip, known := ids[r.IntN(len(ids))], ids[r.IntN(len(ids))]
		w := NewWalk(Source{Read: f.read})
		w.Exclude(f[known])
		w.Want(f[tip])
		found, err := w.Run(t.Context())
		if err != nil || !w.Complete() {
			t.Fatal(err, w.Complete())
		}
		var want []oid.ID
		without := f.reach(known, map[oid.ID]bool{})
		for id := range f.reach(tip, map[oid.ID]bool{}) {
			if !without[id] {
				want = append(want, id)
			}
		}
		slices.SortFunc(want, oid.ID.Compare)
		if !slices.EqualFunc(found, want, func(c Commit, id oid.ID) bool { return c.ID == id }) {
			t.Fatalf("round %d: %d commits, want %d", round, len(found), len(want))
		}
	}
}

// TestWalkEnds makes sure that the edges of a walk are told: what cannot be read, what is left out by intent, and where
// Most did not suffice.
func TestWalkEnds(t *testing.T) {
	ids := make([]oid.ID, 6)
	f := family{}
	for i := range ids {
		ids[i] = oid.FromBytes([]byte{byte(i + 1)})
		c := Commit{ID: ids[i], Date: int64(i)}
		if i > 0 {
			c.Parents = ids[i-1 : i]
		}
		f[ids[i]] = c
	}
	walk := func(f family, change func(*Walk)) (w *Walk, found int) {
		w = NewWalk(Source{Read: f.read})
		change(w)
		w.Want(f[ids[5]])
		all, err := w.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return w, len(all)
	}
	edges := 0
	if _, n := walk(f, func(w *Walk) {
		w.Source.Shallow, w.Source.AtEdge = map[oid.ID]bool{ids[3]: true}, func() { edges++ }
	}); n != 3 || edges != 1 {
		t.Errorf("with an edge: %d commits and %d edges, want 3 and 1", n, edges)
	}
	if w, n := walk(f, func(w *Walk) { w.Most = 2 }); w.Complete() || n == 6 {
		t.Errorf("with too few: %d commits, complete %v", n, w.Complete())
	}
	delete(f, ids[2])
	var missing, child oid.ID
	if _, n := walk(f, func(w *Walk) {
		w.Source.Unread = func(id, by oid.ID, _ error) { missing, child = id, by }
	}); n != 3 || missing != ids[2] || child != ids[3] {
		t.Errorf("with a gap: %d commits, %v missing, named by %v", n, missing, child)
	}
}

// TestAncestryInCircles makes sure that no commit gets lost whose parents lead back to it.
func TestAncestryInCircles(t *testing.T) {
	one, two, three := oid.FromBytes([]byte{1}), oid.FromBytes([]byte{2}), oid.FromBytes([]byte{3})
	sorted := ParentsFirst([]Commit{
		{ID: one, Commit: object.Commit{Parents: []oid.ID{two}}}, {ID: two, Commit: object.Commit{Parents: []oid.ID{one}}}, {ID: three},
	})
	if len(sorted) != 3 || sorted[0].ID != three {
		t.Errorf("sorted as %v", sorted)
	}
}
