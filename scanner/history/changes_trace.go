package history

import (
	"slices"

	"skleak/scanner"
	"skleak/scanner/git/diff"
	"skleak/scanner/git/odb"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
	"skleak/scanner/history/internal/find"
)

// traceAll tells which keys are new. Only steps with a key in anything that is new in them are looked at again.
func (s *changes) traceAll(steps []comparison) {
	steps = slices.DeleteFunc(slices.Clone(steps), func(st comparison) bool {
		return !st.named && !slices.ContainsFunc(st.blobs, s.isHit)
	})
	brought := make([][]news, len(steps))
	s.inParallel(len(steps), func(r *odb.LazyReader) func(int) {
		var changed []diff.Change
		d := s.newDiffer(r, func(c diff.Change) {
			if names, _ := find.InName(c.Name, s.Rules); s.isHit(c.ID) || len(names) > 0 {
				changed = append(changed, c)
			}
		})
		return func(i int) {
			changed = changed[:0]
			n := &novelty{changes: s, reader: r, parents: s.compare(d, steps[i])}
			n.compare = func(d *diff.Differ, with []oid.ID) { d.Trees(steps[i].commit.Tree, with) }
			brought[i] = n.newsIn(changed)
		}
	})
	known := map[spot]int{} // the step that brought it
	for i, st := range steps {
		for _, n := range brought[i] {
			if first, ok := known[n.at]; ok && first != i {
				continue
			} else if !ok && s.ignoredFor(n.at.path) {
				s.Coverage.Skip(scanner.SkippedConfigured, 1)
				known[n.at] = -1
				continue
			} else if s.ignoresWithin(n.at.path, n.match.Inside) {
				s.Coverage.Skip(scanner.SkippedConfigured, 1)
				continue
			}
			known[n.at] = i
			s.tell(st, n)
		}
	}
}

func (s *changes) isHit(id oid.ID) bool { _, ok := s.hits[id]; return ok }

// ignoredFor is ignored for a path that may be that of no file: what a ref leads to is at none.
func (s *changes) ignoredFor(path string) bool { return path != "" && s.ignored(path) }

// tell makes a finding of a key that a step brings.
func (s *changes) tell(st comparison, n news) {
	f := scanner.Finding{Source: scanner.SourceHistory, Path: s.Rules.Redact(s.Prefix + n.at.path)}
	if !n.blob.IsZero() {
		f.Blob = s.repo.hex(n.blob)
	}
	if c := st.commit; c != nil {
		f.Commit = find.Describe(s.repo.hex(c.ID), pack.Commit, c.Content, s.Rules)
		s.readTips()
		f.Reachable = !s.tips.strange[c.ID]
		f.Refs, f.AtHead = s.tipsWith(n)
	} else {
		f.Reachable, f.AtHead, f.Refs = true, true, []string{s.Rules.Redact(st.bare.ref)}
	}
	s.found = append(s.found, n.match.Finding(f))
}
