package commits

import (
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"skleak/scanner/git/oid"
)

// serverHistory is a history of which a server has all but what is new: what some refs lead to, and what was left
// behind by refs that are gone. Some of what the refs lead to is damaged.
type serverHistory struct {
	family
	tips, known   []oid.ID
	reached, has  map[oid.ID]bool // by tips; by the server
	without, lost map[oid.ID]bool // reached by known; commits that cannot be read
}

func newServerHistory(r *rand.Rand, skew int, damaged bool) *serverHistory {
	f, ids := projectHistory(r, 50+r.IntN(400), skew)
	s := &serverHistory{family: f, reached: map[oid.ID]bool{}, without: map[oid.ID]bool{}, lost: map[oid.ID]bool{}}
	any := func(most int) oid.ID { return ids[len(ids)-1-r.IntN(1+r.IntN(most))] }
	for range r.IntN(4) {
		s.known = append(s.known, any(len(ids)))
	}
	for range 1 + r.IntN(3) {
		s.tips = append(s.tips, any(len(ids)/2))
	}
	if damaged {
		for range 1 + r.IntN(3) {
			s.lost[any(len(ids))] = true
		}
	}
	for _, id := range slices.Concat(s.known, s.tips) {
		delete(s.lost, id)
	}
	s.has = map[oid.ID]bool{}
	for _, id := range s.known {
		s.leads(id, s.without)
		s.reach(id, s.has) // also what lies behind a damaged one, which was whole when it came
	}
	for range r.IntN(3) {
		s.reach(any(len(ids)), s.has)
	}
	for _, id := range s.tips {
		s.leads(id, s.reached)
	}
	return s
}

// leads is reach, as far as what is there can be read.
func (s *serverHistory) leads(id oid.ID, seen map[oid.ID]bool) {
	if seen[id] {
		return
	}
	seen[id] = true
	if !s.lost[id] {
		for _, p := range s.family[id].Parents {
			s.leads(p, seen)
		}
	}
}

func (s *serverHistory) read(id oid.ID) (Commit, error) {
	if s.lost[id] {
		return Commit{}, errors.New("damaged")
	}
	return s.family.read(id)
}

// walk walks, and counts what is read of the unwanted.
func (s *serverHistory) walk(t *testing.T, isNew func(oid.ID) bool) (found, unread map[oid.ID]bool, heads int) {
	t.Helper()
	found, unread = map[oid.ID]bool{}, map[oid.ID]bool{}
	w := NewWalk(Source{
		Read: s.read, New: isNew,
		Head:   func(id oid.ID) (Commit, error) { heads++; return s.read(id) },
		Unread: func(id, _ oid.ID, _ error) { unread[id] = true },
	})
	for _, id := range s.known {
		w.Exclude(s.family[id])
	}
	for _, id := range s.tips {
		w.Want(s.family[id])
	}
	all, err := w.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		if found[c.ID] || c.Date != s.family[c.ID].Date {
			t.Fatalf("%v: found twice, or without having been read", c.ID)
		}
		found[c.ID] = true
	}
	return found, unread, heads
}

// TestWalkOfNew holds a walk that is told which commits are new against what leads where. Where clocks are right, it finds
// what it should, and where they are not, never less; and so it does where all that it is told is wrong.
func TestWalkOfNew(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	heads, before, told := 0, 0, 0
	for round := range 1200 {
		skew := []int{0, 99, 5_000, -1}[round%4]
		damaged := round%3 == 0
		s := newServerHistory(r, skew, damaged)
		found, unread, n := s.walk(t, func(id oid.ID) bool { return !s.has[id] })
		_, _, m := s.walk(t, nil)
		heads, before, told = heads+n, before+m, told+len(unread)
		wrong, _, _ := s.walk(t, func(oid.ID) bool { return r.IntN(2) == 0 })
		always, _, _ := s.walk(t, func(oid.ID) bool { return true })
		for id := range s.reached {
			switch {
			case s.without[id]:
			case s.lost[id]:
				if !unread[id] {
					t.Fatalf("round %d: a commit that cannot be read is not told", round)
				}
			case !found[id] || !wrong[id] || !always[id]:
				t.Fatalf("round %d: a commit is missing", round)
			}
		}
		for id := range found {
			if !s.reached[id] || s.without[id] && skew >= 0 && skew < 100 && !damaged {
				t.Fatalf("round %d: a commit too much", round)
			}
		}
	}
	if heads >= before || told == 0 {
		t.Errorf("%d heads were read, and %d by who knows nothing of what is new; %d damaged commits were told", heads, before, told)
	}
}

// TestWalkOfNewIsShort: what is new waits for nobody, however old it says it is, and where it begins is found along the
// main line.
func TestWalkOfNewIsShort(t *testing.T) {
	s := &serverHistory{family: family{}, has: map[oid.ID]bool{}}
	var main []oid.ID
	add := func(date int64, parents ...oid.ID) oid.ID {
		n := len(s.family)
		c := Commit{ID: oid.FromBytes([]byte{byte(n >> 8), byte(n), 1}), Date: date}
		c.Parents = parents
		s.family[c.ID] = c
		return c.ID
	}
	main = append(main, add(0))
	for i := range int64(500) {
		last := main[len(main)-1]
		main = append(main, add(10*i+10, last, add(10*i+5, last)))
	}
	const back = 40
	s.has = maps.Clone(s.reach(main[500], map[oid.ID]bool{}))
	s.known = []oid.ID{main[500]}
	branch := add(3, main[500-back]) // with a clock that is years late
	branch = add(6000, branch)
	s.tips = []oid.ID{add(6010, main[500], branch)}
	found, _, heads := s.walk(t, func(id oid.ID) bool { return !s.has[id] })
	if len(found) != 3 || heads > back+2 {
		t.Errorf("%d commits were found, want 3; %d others were read, of which %d matter", len(found), heads, back)
	}
}
