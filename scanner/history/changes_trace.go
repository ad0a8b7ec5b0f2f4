package history

import (
	"slices"

	"skleak/scanner"
	"skleak/scanner/git/diff"
	"skleak/scanner/git/odb"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
	"skleak/scanner/history/internal/find"
	"skleak/scanner/history/internal/keyset"
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
			n := &novelty{changes: s, reader: r, parents: s.compare(r, d, steps[i])}
			n.compare = func(d *diff.Differ, with []oid.ID) { d.Trees(steps[i].commit.Tree, with) }
			brought[i] = n.newsIn(changed)
		}
	})
	told := s.firstNews(brought)
	s.inParallel(len(told), func(r *odb.LazyReader) func(int) {
		return func(i int) { s.findPlaces(r, told[i].news) }
	})
	for _, one := range told {
		s.tell(steps[one.step], one.news)
	}
}

// stepNews is what a step brings.
type stepNews struct {
	step int
	*news
}

// firstNews are the news of keys that no earlier step brought to the same place, less what the configuration ignores.
func (s *changes) firstNews(brought [][]news) (told []stepNews) {
	known := map[place]keyset.Set{}
	for i := range brought {
		from := len(told)
		for j := range brought[i] {
			n := &brought[i][j]
			if n.keys = n.keys.Minus(known[n.place]); len(n.keys) == 0 {
				continue
			}
			if s.ignoredFor(n.path) {
				s.Coverage.Skip(scanner.SkippedConfigured, int64(n.keys.Len()))
				known[n.place] = known[n.place].Union(n.keys)
				continue
			}
			if n.keys = s.notIgnoredWithin(n); len(n.keys) > 0 {
				told = append(told, stepNews{i, n})
			}
		}
		for _, one := range told[from:] {
			known[one.place] = known[one.place].Union(one.keys)
		}
	}
	return told
}

// notIgnoredWithin are the keys of news but for those that stand only where the configuration ignores what lies in a
// container.
func (s *changes) notIgnoredWithin(n *news) keyset.Set {
	b := s.hits[n.blob]
	if n.inName || len(b.inside) == 0 {
		return n.keys
	}
	kept := keyset.Of(n.keys.All(), func(key uint32) bool {
		return b.standsAt(key, func(inside string) bool { return !s.ignoresWithin(n.path, inside) })
	})
	s.Coverage.Skip(scanner.SkippedConfigured, int64(n.keys.Len()-kept.Len()))
	return kept
}

// findPlaces finds the matches of news, less those that the configuration ignores.
func (s *changes) findPlaces(r *odb.LazyReader, n *news) {
	if !n.inName {
		n.matches = s.matchesIn(r, n.blob, n.keys)
	}
	n.matches = slices.DeleteFunc(n.matches, func(m find.Match) bool {
		ignored := s.ignoresWithin(n.path, m.Inside)
		if ignored {
			s.Coverage.Skip(scanner.SkippedConfigured, 1)
		}
		return ignored || !n.keys.Has(s.table.Number(m.Key))
	})
}

func (s *changes) isHit(id oid.ID) bool { return !s.hits[id].isEmpty() }

// ignoredFor is ignored for a path that may be that of no file: what a ref leads to is at none.
func (s *changes) ignoredFor(path string) bool { return path != "" && s.ignored(path) }

// tell makes findings of what a step brings.
func (s *changes) tell(st comparison, n *news) {
	f := scanner.Finding{Source: scanner.SourceHistory, Path: s.Rules.Redact(s.Prefix + n.path)}
	if !n.blob.IsZero() {
		f.Blob = s.repo.hex(n.blob)
	}
	tips := func(uint32) (refs []string, atHead bool) { return []string{s.Rules.Redact(st.bare.ref)}, true }
	f.Reachable = true
	if c := st.commit; c != nil {
		f.Commit = find.Describe(s.repo.hex(c.ID), pack.Commit, c.Content, s.Rules)
		s.readTips()
		f.Reachable = !s.tips.strange[c.ID]
		tips = s.tipsWith(n)
	}
	for _, m := range n.matches {
		f.Refs, f.AtHead = tips(s.table.Number(m.Key))
		s.found = append(s.found, m.Finding(f))
	}
}
