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

// projectHistory is a history as projects have it: a main line into which branches are merged that began on it, or on
// one another, some while before. skew is how many seconds a clock may be wrong; where it is negative, some clocks know
// nothing.
func projectHistory(r *rand.Rand, n, skew int) (f family, ids []oid.ID) {
	f = family{}
	add := func(parents ...oid.ID) oid.ID {
		i := len(ids)
		c := Commit{ID: oid.FromBytes([]byte{byte(r.IntN(256)), byte(i >> 8), byte(i)}), Date: int64(100*i + r.IntN(max(skew, 0)+1))}
		if c.Parents = parents; skew < 0 && r.IntN(40) == 0 {
			c.Date = 0
		}
		f[c.ID] = c
		ids = append(ids, c.ID)
		return c.ID
	}
	main := add()
	branches := []oid.ID{main}
	for len(ids) < n {
		switch at := r.IntN(len(branches)); r.IntN(5) {
		case 0:
			branches = append(branches, ids[max(0, len(ids)-1-r.IntN(1+r.IntN(len(ids))))])
		case 1:
			main = add(main, branches[at])
		case 2:
			main = add(main)
		default:
			branches[at] = add(branches[at])
		}
		if len(branches) > 6 {
			branches = branches[1:]
		}
	}
	return f, ids
}

// TestWalkOfProjects: which commits are wanted is exact where clocks are right, however long ago branches began, and
// never too few where they are wrong.
func TestWalkOfProjects(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	more := 0
	for round := range 400 {
		skew := []int{0, 99, 5_000, -1}[round%4]
		f, ids := projectHistory(r, 50+r.IntN(600), skew)
		any := func() oid.ID { return ids[len(ids)-1-r.IntN(1+r.IntN(len(ids)))] }
		w, without, reached := NewWalk(Source{Read: f.read}), map[oid.ID]bool{}, map[oid.ID]bool{}
		for range r.IntN(4) {
			known := any()
			w.Exclude(f[known])
			f.reach(known, without)
		}
		for range 1 + r.IntN(2) {
			tip := any()
			w.Want(f[tip])
			f.reach(tip, reached)
		}
		found, err := w.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range found {
			if !reached[c.ID] || without[c.ID] && skew >= 0 && skew < 100 {
				t.Fatalf("round %d: a commit too much", round)
			}
			if without[c.ID] {
				more++
			}
			delete(reached, c.ID)
		}
		for id := range reached {
			if !without[id] {
				t.Fatalf("round %d: a commit is missing", round)
			}
		}
	}
	if more == 0 {
		t.Error("no clock was wrong enough to matter")
	}
}

// TestWalkAlongTheMainLine: to find out that an old commit of the main line, where a branch began, is not wanted takes
// the way along the main line, and not what was merged into it.
func TestWalkAlongTheMainLine(t *testing.T) {
	f := family{}
	add := func(id int, parents ...int) {
		c := Commit{ID: oid.FromBytes([]byte{byte(id >> 8), byte(id), 1}), Date: int64(id)}
		for _, p := range parents {
			c.Parents = append(c.Parents, oid.FromBytes([]byte{byte(p >> 8), byte(p), 1}))
		}
		f[c.ID] = c
	}
	const merges, beside = 200, 9
	add(0)
	main := 0
	for i := 1; i <= merges; i++ { // each of a branch of some commits
		first := (i-1)*(beside+1) + 1
		add(first, main)
		for n := range beside - 1 {
			add(first+n+1, first+n)
		}
		add(first+beside, main, first+beside-1)
		main = first + beside
	}
	old, tip := 5*(beside+1), main+1
	add(tip, old) // the branch
	add(tip+1, main, tip)
	read := 0
	w := NewWalk(Source{Read: f.read, Head: func(id oid.ID) (Commit, error) { read++; return f.read(id) }})
	w.Exclude(f[oid.FromBytes([]byte{byte(main >> 8), byte(main), 1})])
	w.Want(f[oid.FromBytes([]byte{byte((tip + 1) >> 8), byte(tip + 1), 1})])
	found, err := w.Run(t.Context())
	if err != nil || len(found) != 2 {
		t.Fatalf("%d commits, want 2: %v", len(found), err)
	}
	if most := merges + 3*clockSlop; read > most {
		t.Errorf("%d commits were read, want %d at most of %d", read, most, len(f))
	}
}
