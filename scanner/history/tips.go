package history

import (
	"cmp"
	"slices"

	"skleak/scanner"
	"skleak/scanner/git/commits"
	"skleak/scanner/git/gitdir"
	"skleak/scanner/git/object"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
	"skleak/scanner/git/repository"
)

// tips are the refs of which a finding tells whether they still have the key: those of a push, or, for a range, those
// of the repository.
type tips struct {
	all []tipRef

	of      *repository.Range // whose they are; nil: a push's
	read    bool              // those of the repository were read
	strange map[oid.ID]bool   // commits of the range to which no ref leads
}

// tipRef is a ref, and what it leads to.
type tipRef struct {
	ref    string
	tree   oid.ID
	commit oid.ID   // zero where it leads to a tree
	tags   []oid.ID // on the way
}

const headRef = "HEAD"

// refsLookedAt is how many refs of a repository are looked at to tell of the keys of a range where they still are:
// HEAD, branches, then tags. To look at all, of which there may be thousands, would take longer than to search the
// range.
const refsLookedAt = 100

// commitsLookedAt is how many commits are looked at to find out whether a ref leads to a range that was named by ids.
const commitsLookedAt = 2000

// readTips reads the refs of the repository, those that a finding would name first, once there is something to tell.
func (s *changes) readTips() {
	if s.tips.of == nil || s.tips.read {
		return
	}
	s.tips.read = true
	refs, _ := s.repo.Dir.Refs() // what cannot be read is for a scan of everything to tell
	rank := func(r gitdir.Ref) int {
		if r.Name == headRef {
			return -1
		}
		return refRank(r.Name)
	}
	slices.SortStableFunc(refs, func(a, b gitdir.Ref) int { return cmp.Or(rank(a)-rank(b), cmp.Compare(a.Name, b.Name)) })
	var ends []commits.Commit
	for _, ref := range refs[:min(len(refs), refsLookedAt)] {
		m := tipRef{ref: ref.Name}
		id, kind, content, err := object.Peel(s.reader.Read, ref.ID, s.repo.Dir.Format,
			func(tag oid.ID, _ []byte) { m.tags = append(m.tags, tag) })
		c, err2 := commits.Parse(id, content, s.repo.Dir.Format)
		switch {
		case err != nil:
		case kind == pack.Tree:
			m.tree = id
			s.tips.all = append(s.tips.all, m)
		case kind == pack.Commit && err2 == nil:
			m.tree, m.commit = c.Tree, id
			s.tips.all = append(s.tips.all, m)
			ends = append(ends, c)
		}
	}
	if len(refs) <= refsLookedAt && !s.tips.of.Tip.ByRef {
		s.findStrange(ends)
	}
}

// findStrange finds the commits of a range to which no ref leads. Where that would take too long, none are told to be
// so.
func (s *changes) findStrange(ends []commits.Commit) {
	w := s.newWalk()
	w.Source.Unread, w.Source.AtEdge = func(oid.ID, oid.ID, error) {}, func() {}
	w.Most = commitsLookedAt
	for _, c := range ends {
		w.Exclude(c)
	}
	w.Want(s.tips.of.Tip.Commit)
	found, err := w.Run(s.ctx)
	if err != nil || !w.Complete() {
		return
	}
	s.tips.strange = map[oid.ID]bool{}
	for _, c := range found {
		s.tips.strange[c.ID] = true
	}
}

// tipsWith returns what names the refs that have a key at the place of news, and tells whether HEAD does; in a push,
// whether any does.
func (s *changes) tipsWith(n *news) func(key uint32) (refs []string, atHead bool) {
	known := map[oid.ID]func(key uint32) bool{} // by tree
	return func(key uint32) (refs []string, atHead bool) {
		for _, m := range s.tips.all {
			if len(refs) > refsShown {
				break
			}
			has := known[m.tree]
			if has == nil {
				has = s.treeHas(m.tree, n)
				known[m.tree] = has
			}
			if has(key) {
				refs = addName(refs, s.Rules.Redact(m.ref))
				atHead = atHead || s.tips.of == nil || m.ref == headRef
			}
		}
		return shownRefs(refs), atHead
	}
}

// treeHas returns what tells whether a tree has a key at the place of news. What cannot be read has none.
func (s *changes) treeHas(tree oid.ID, n *news) func(key uint32) bool {
	mode, id, err := object.Lookup(s.reader.Read, tree, n.path, s.repo.Dir.Format)
	switch {
	case err != nil || !n.inName && !mode.IsBlob():
		return func(uint32) bool { return false }
	case n.inName:
		return func(uint32) bool { return true }
	}
	return s.keysOf(s.reader, id).has
}

// tellMessages makes findings of the keys in commits and tags.
func (s *changes) tellMessages() {
	for _, m := range s.messages {
		s.readTips()
		f := scanner.Finding{Source: m.source, Commit: m.commit, Reachable: m.reached &&
			!s.tips.strange[m.id], AtHead: m.reached}
		if s.tips.of != nil {
			f.AtHead = false
			for _, t := range s.tips.all {
				f.AtHead = f.AtHead || t.ref == headRef && t.commit == m.id
				if t.commit == m.id || t.commit == s.tips.of.Tip.Commit.ID || slices.Contains(t.tags, m.id) {
					f.Refs = addName(f.Refs, t.ref)
				}
			}
			f.Refs = shownRefs(f.Refs)
		}
		for _, one := range m.matches {
			s.found = append(s.found, one.Finding(f))
		}
	}
}
