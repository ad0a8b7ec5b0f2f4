package history

import (
	"errors"
	"iter"
	"slices"

	"skleak/scanner"
	"skleak/scanner/git/commits"
	"skleak/scanner/git/gitdir"
	"skleak/scanner/git/object"
	"skleak/scanner/git/odb"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
)

// tip is a ref and the object it leads to, tags peeled.
type tip struct {
	name   string
	commit int32  // -1 where it leads to something else
	object uint32 // what it leads to, whatever that is
}

// namedObject is a ref by the number of its object: 5 million of them take 120 MB and their names.
type namedObject struct {
	name   string
	object uint32
}

// lostRef is a ref whose object is not there.
type lostRef struct {
	name string
	id   oid.ID
}

// refList holds refs in pieces: one list that grows takes twice the memory while it does.
type refList struct{ pieces [][]namedObject }

const refPiece = 1 << 12

func (l *refList) add(ref namedObject) {
	last := len(l.pieces) - 1
	if last < 0 || len(l.pieces[last]) == refPiece {
		l.pieces = append(l.pieces, make([]namedObject, 0, refPiece))
		last++
	}
	l.pieces[last] = append(l.pieces[last], ref)
}

func (l *refList) len() (n int) {
	for _, piece := range l.pieces {
		n += len(piece)
	}
	return n
}

func (l *refList) all() iter.Seq[namedObject] {
	return func(yield func(namedObject) bool) {
		for _, piece := range l.pieces {
			for _, ref := range piece {
				if !yield(ref) {
					return
				}
			}
		}
	}
}

// refsShown is how many refs a finding names.
const refsShown = 20

// readRefs reads all refs, and notes what kept any from being read.
func (s *search) readRefs() {
	s.refs, s.lost = refList{}, nil
	problems := s.repo.Dir.EachRef(func(r gitdir.Ref) {
		if s.repo.Dir.Reftable {
			s.searchRefName(r.Name)
		}
		switch n := s.repo.db.NumberOf(r.ID); {
		case r.ID.IsZero():
		case n == odb.Absent:
			s.lost = append(s.lost, lostRef{r.Name, r.ID})
		default:
			s.refs.add(namedObject{r.Name, n})
		}
	})
	for _, p := range problems {
		s.unreadable(reasonOf(p, scanner.UnreadableRef), p.Place, p.Detail)
	}
}

// checkRefs notes the refs whose object is not there. No other object may name it, so this is what tells a
// repository that lost its latest commits from a clean one.
func (s *search) checkRefs() {
	for _, ref := range s.lost {
		if n := s.repo.db.NumberOf(ref.id); n != odb.Absent { // it came late
			s.refs.add(namedObject{ref.name, n})
			continue
		}
		s.unreadable(scanner.UnreadableMissing, ref.name,
			"the ref leads to object "+s.repo.hex(ref.id)+", which is not there")
	}
}

// readTips resolves all refs, and puts them in the order in which findings name them. What lies behind one that
// cannot be resolved was noted by the search, but for a chain of tags without end.
func (s *search) readTips(g *commits.Graph) (tips []tip, head int32) {
	r := s.repo.db.NewReader()
	tips, head = make([]tip, 0, s.refs.len()), -1
	for ref := range s.refs.all() {
		t, _, err := s.peel(r, g, ref.object)
		if err != nil {
			if errors.Is(err, object.ErrManyTags) {
				s.unreadable(scanner.UnreadableRef, ref.name, err.Error())
			}
			continue
		}
		t.name = ref.name
		tips = append(tips, t)
		if ref.name == headRef {
			head = t.commit
		}
	}
	slices.SortFunc(tips, func(a, b tip) int { return compareRefs(a.name, b.name) })
	return tips, head
}

// namesThrough are the refs that lead through each tag that holds a key.
func (s *search) namesThrough(g *commits.Graph) map[uint32][]string {
	names := map[uint32][]string{}
	r := s.repo.db.NewReader()
	for ref := range s.refs.all() {
		_, tags, _ := s.peel(r, g, ref.object) // what it cannot follow was noted by readTips
		for _, tag := range tags {
			if _, hit := s.hits[tag]; hit {
				names[tag] = addName(names[tag], ref.name)
			}
		}
	}
	return names
}

// peel follows tags from the object with number n to what they name, and returns the tags as well.
func (s *search) peel(r *odb.Reader, g *commits.Graph, n uint32) (t tip, tags []uint32, err error) {
	t.commit, t.object = -1, n
	if c, ok := g.At(n); ok {
		t.commit = c
		return t, nil, nil
	}
	read := func(id oid.ID) (kind pack.Kind, content []byte, err error) {
		t.object = s.repo.db.NumberOf(id)
		if c, ok := g.At(t.object); ok {
			t.commit = c
			return pack.Commit, nil, nil
		}
		return r.Read(id)
	}
	onTag := func(id oid.ID, _ []byte) { tags = append(tags, s.repo.db.NumberOf(id)) }
	_, _, _, err = object.Peel(read, s.repo.db.ID(n), s.repo.db.Format, onTag)
	return t, tags, err
}

func commitsOf(tips []tip) (commits []int32) {
	for _, t := range tips {
		if t.commit >= 0 && (len(commits) == 0 || commits[len(commits)-1] != t.commit) { // neighbours often are at one commit
			commits = append(commits, t.commit)
		}
	}
	return commits
}
