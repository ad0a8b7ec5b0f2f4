package history

import (
	"slices"

	"skleak/scanner"
)

// stray tells the blobs with keys that no commit has: those that a tree names with the path below the topmost
// such tree, the others with their id alone.
func (t *tracer) stray() {
	seen := map[uint32]bool{}
	found := make([]bool, len(t.holders.leaves))
	t.holders.walk(t.graph.tree, seen, func(leaf uint32) { found[leaf] = true })
	paths := t.strayPaths(seen)
	direct := t.holders.refsToLeaves(t.tips)
	for i, l := range t.holders.leaves {
		if found[i] {
			continue
		}
		at, refs := paths[uint32(i)], shownRefs(direct[uint32(i)])
		one := t.tellingOf(l, l.keys)
		one.finding = scanner.Finding{Source: scanner.SourceHistory, Refs: refs, Reachable: len(refs) > 0, Blob: one.finding.Blob}
		if at != "" {
			if t.ignored(at) {
				t.Coverage.Skip(scanner.SkippedConfigured, 1)
				continue
			}
			one.finding.Path = t.shown(at)
		}
		t.tell(one)
	}
}

// strayPaths tells where leaves lie below the trees that no commit has and no other tree names.
func (t *tracer) strayPaths(seen map[uint32]bool) map[uint32]string {
	named := map[uint32]bool{}
	var tops []uint32
	for tree, links := range t.holders.links {
		if seen[tree] {
			continue
		}
		tops = append(tops, tree)
		for _, l := range links {
			if !l.leaf {
				named[l.node] = true
			}
		}
	}
	slices.SortFunc(tops, func(a, b uint32) int { return t.repo.db.ID(a).Compare(t.repo.db.ID(b)) })
	paths := map[uint32]string{}
	for _, top := range tops {
		if named[top] {
			continue
		}
		t.holders.diff(top, absent, nil, func(path []uint32, leaf uint32) {
			if _, known := paths[leaf]; !known {
				paths[leaf] = t.holders.path(path)
			}
		})
	}
	return paths
}
