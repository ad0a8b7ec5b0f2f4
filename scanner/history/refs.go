package history

import (
	"cmp"
	"errors"
	"iter"
	"slices"
	"strings"

	"skleak/rules"
	"skleak/scanner"
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
	problems := s.repo.dir.EachRef(func(r gitdir.Ref) {
		switch n := s.numberOf(r.ID); {
		case r.ID.IsZero():
		case n == absent:
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
		if n := s.numberOf(ref.id); n != absent { // it came late
			s.refs.add(namedObject{ref.name, n})
			continue
		}
		s.unreadable(scanner.UnreadableMissing, ref.name, "it leads to object "+s.repo.hex(ref.id)+", which is not there")
	}
}

// readTips resolves all refs. What lies behind one that cannot be resolved was noted by the search, but for a
// chain of tags without end.
func (s *search) readTips(g *graph) (tips []tip, head int32) {
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
		if ref.name == "HEAD" {
			head = t.commit
		}
	}
	return tips, head
}

// namesThrough are the refs that lead through each tag that holds a key.
func (s *search) namesThrough(g *graph) map[uint32][]string {
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
func (s *search) peel(r *odb.Reader, g *graph, n uint32) (t tip, tags []uint32, err error) {
	t.commit, t.object = -1, n
	if c, ok := g.index[n]; ok {
		t.commit = c
		return t, nil, nil
	}
	read := func(id oid.ID) (kind pack.Kind, content []byte, err error) {
		t.object = s.numberOf(id)
		if c, ok := g.index[t.object]; ok {
			t.commit = c
			return pack.Commit, nil, nil
		}
		return r.Read(id)
	}
	onTag := func(id oid.ID, _ []byte) { tags = append(tags, s.numberOf(id)) }
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

// addName adds a name to a list for shownRefs. Of millions, no more are kept than could be shown.
func addName(names []string, name string) []string {
	names = append(names, name)
	if len(names) < 50*refsShown {
		return names
	}
	names = sortNames(names)
	return names[:min(len(names), refsShown+1)] // one more, as HEAD may go
}

func sortNames(names []string) []string {
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(refRank(a)-refRank(b), cmp.Compare(a, b)) })
	return slices.Compact(names)
}

// shownRefs sorts and cuts a list of ref names: branches first, then tags, then the rest, so that the hundreds
// of refs that a forge keeps of pull requests do not crowd them out. HEAD stands for the branch it is on,
// and is named only where there is no other.
func shownRefs(names []string) []string {
	names = sortNames(names)
	if len(names) > 1 {
		names = slices.DeleteFunc(names, func(n string) bool { return n == "HEAD" })
	}
	return names[:min(len(names), refsShown)]
}

func refRank(name string) int {
	for i, prefix := range []string{"refs/heads/", "refs/tags/", "refs/remotes/"} {
		if strings.HasPrefix(name, prefix) {
			return i
		}
	}
	return 3
}

// refsByKey tells which refs still have which key in their tree.
func (h *holders) refsByKey(g *graph, tips []tip) map[rules.Key][]string {
	byRoot := map[uint32][]string{}
	for _, t := range tips {
		root := t.object
		if t.commit >= 0 {
			root = g.tree[t.commit]
		}
		if _, holds := h.links[root]; holds {
			byRoot[root] = addName(byRoot[root], t.name)
		}
	}
	refs := map[rules.Key][]string{}
	for root, names := range byRoot {
		for key := range h.keysBelow(root) {
			refs[key] = append(refs[key], names...)
		}
	}
	for leaf, names := range h.refsToBlobs(tips) {
		for _, key := range h.leaves[leaf].keys() {
			refs[key] = append(refs[key], names...)
		}
	}
	for key, names := range refs {
		refs[key] = shownRefs(names)
	}
	return refs
}

// refsToBlobs tells, by leaf, which refs lead straight to its blob.
func (h *holders) refsToBlobs(tips []tip) map[uint32][]string {
	leafOf := map[uint32]uint32{}
	for i, l := range h.leaves {
		if l.number != absent {
			leafOf[l.number] = uint32(i)
		}
	}
	refs := map[uint32][]string{}
	for _, t := range tips {
		if t.commit >= 0 {
			continue
		}
		if at, ok := leafOf[t.object]; ok {
			refs[at] = addName(refs[at], t.name)
		}
	}
	return refs
}

// refsToLeaves is refsToBlobs with the refs that lead to a tree above the blob, or above the name.
func (h *holders) refsToLeaves(tips []tip) map[uint32][]string {
	refs := h.refsToBlobs(tips)
	for _, t := range tips {
		if t.commit < 0 {
			h.walk([]uint32{t.object}, map[uint32]bool{}, func(leaf uint32) { refs[leaf] = addName(refs[leaf], t.name) })
		}
	}
	return refs
}

// keysBelow collects the keys of a tree.
func (h *holders) keysBelow(root uint32) map[rules.Key]bool {
	keys := map[rules.Key]bool{}
	h.walk([]uint32{root}, map[uint32]bool{}, func(leaf uint32) {
		for _, m := range h.leaves[leaf].matches {
			keys[m.key] = true
		}
	})
	return keys
}

// walk calls f for each leaf below some trees; seen keeps the trees already walked.
func (h *holders) walk(trees []uint32, seen map[uint32]bool, f func(leaf uint32)) {
	stack := slices.Clone(trees)
	for len(stack) > 0 {
		t := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if seen[t] {
			continue
		}
		seen[t] = true
		for _, l := range h.links[t] {
			if l.leaf {
				f(l.node)
			} else {
				stack = append(stack, l.node)
			}
		}
	}
}
