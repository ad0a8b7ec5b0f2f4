package history

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"skleak/rules"
	"skleak/scanner"
	"skleak/scanner/history/gitdir"
	"skleak/scanner/history/odb"
	"skleak/scanner/history/oid"
	"skleak/scanner/history/pack"
)

// tip is a ref and the object it leads to, tags peeled.
type tip struct {
	name   string
	commit int32  // -1 where it leads to something else
	object uint32 // what it leads to, whatever that is
	tags   []uint32
}

// refsShown is how many refs a finding names.
const refsShown = 20

// readRefs reads all refs, and notes what kept any from being read.
func (s *search) readRefs() {
	refs, problems := s.repo.dir.Refs()
	for _, p := range problems {
		s.Coverage.Unreadable(reasonOf(p, scanner.UnreadableRef), p.Place, p.Detail)
	}
	s.refs = slices.DeleteFunc(refs, func(r gitdir.Ref) bool { return r.ID.IsZero() })
}

// checkRefs notes the refs whose object is not there. No other object may name it, so this is what tells a
// repository that lost its latest commits from a clean one.
func (s *search) checkRefs() {
	for _, ref := range s.refs {
		if s.numberOf(ref.ID) == absent {
			err := &odb.MissingError{ID: ref.ID, Format: s.repo.db.Format}
			s.Coverage.Unreadable(scanner.UnreadableMissing, ref.Name, "it leads to "+err.Error())
		}
	}
}

// readTips resolves all refs. What lies behind one that cannot be resolved was noted by the search, but for a
// chain of tags without end.
func (s *search) readTips(g *graph) (tips []tip, head int32) {
	r := s.repo.db.NewReader()
	head = -1
	for _, ref := range s.refs {
		t, err := s.peel(r, g, ref.ID)
		if err != nil {
			if errors.Is(err, errManyTags) {
				s.Coverage.Unreadable(scanner.UnreadableRef, ref.Name, err.Error())
			}
			continue
		}
		t.name = ref.Name
		tips = append(tips, t)
		if ref.Name == "HEAD" {
			head = t.commit
		}
	}
	return tips, head
}

// maxTags is how many tags may point at one another.
const maxTags = 32

// peel follows tags to what they name.
func (s *search) peel(r *odb.Reader, g *graph, id oid.ID) (t tip, err error) {
	t.commit = -1
	for range maxTags {
		n := s.numberOf(id)
		if n == absent {
			return t, fmt.Errorf("it leads to %w", &odb.MissingError{ID: id, Format: s.repo.db.Format})
		}
		t.object = n
		if c, ok := g.index[n]; ok {
			t.commit = c
			return t, nil
		}
		kind, content, err := r.ReadNumber(n)
		if err != nil {
			return t, fmt.Errorf("reading object %s: %w", s.repo.hex(id), err)
		}
		if kind != pack.Tag {
			return t, nil
		}
		t.tags = append(t.tags, n)
		next, _, ok := cutIDLine(content, "object ", s.repo.db.Format)
		if !ok {
			return t, fmt.Errorf("tag %s names no object", s.repo.hex(id))
		}
		id = next
	}
	return t, errManyTags
}

var errManyTags = fmt.Errorf("more than %d tags point at one another", maxTags)

func commitsOf(tips []tip) (commits []int32) {
	for _, t := range tips {
		if t.commit >= 0 {
			commits = append(commits, t.commit)
		}
	}
	return commits
}

// shownRefs sorts and cuts a list of ref names: branches first, then tags, then the rest, so that the hundreds
// of refs that a forge keeps of pull requests do not crowd them out. HEAD stands for the branch it is on,
// and is named only where there is no other.
func shownRefs(names []string) []string {
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(refRank(a)-refRank(b), cmp.Compare(a, b)) })
	names = slices.Compact(names)
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
			byRoot[root] = append(byRoot[root], t.name)
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
			refs[at] = append(refs[at], t.name)
		}
	}
	return refs
}

// refsToLeaves is refsToBlobs with the refs that lead to a tree above the blob, or above the name.
func (h *holders) refsToLeaves(tips []tip) map[uint32][]string {
	refs := h.refsToBlobs(tips)
	for _, t := range tips {
		if t.commit < 0 {
			h.walk([]uint32{t.object}, map[uint32]bool{}, func(leaf uint32) { refs[leaf] = append(refs[leaf], t.name) })
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
