package history

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/sourcegraph/conc"

	"skleak/scanner"
	"skleak/scanner/git/pack"
	"skleak/scanner/history/internal/keyset"
)

// trace is the second half of a scan: where the hits belong.
func (s *search) trace(ctx context.Context) ([]scanner.Finding, error) {
	h, g, err := s.holdersAndGraph(ctx)
	if err != nil {
		return nil, err
	}
	t := &tracer{teller: newTeller(s), holders: h, graph: g}
	t.tips, t.head = s.readTips(g)
	t.reached = g.reach(commitsOf(t.tips))
	t.refs = h.refsByKey(g, t.tips, s.keys.Len())
	t.files()
	t.stray()
	t.messages()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if h.steps >= maxSteps {
		t.untold()
	}
	if n := s.crowded.Load(); n > 0 {
		s.unreadable(scanner.UnreadableTooLarge, "history",
			fmt.Sprintf("%d objects hold more keys than can be traced: not all of their places are told", n))
	}
	return t.findAll(ctx)
}

// holdersAndGraph finds out how trees lead to hits, and how commits hang together. Where the commits are known from
// the search the two go side by side: the latter is work for one core, and the former has time for it while it waits
// for its last tree.
func (s *search) holdersAndGraph(ctx context.Context) (h *holders, g *graph, err error) {
	var side conc.WaitGroup // which hands on a panic
	var graphErr error
	if s.knowCommits() {
		side.Go(func() { g, graphErr = s.readGraph(ctx) })
	}
	h, err = s.findHolders(ctx)
	side.Wait()
	if g == nil && graphErr == nil && err == nil {
		g, graphErr = s.readGraph(ctx)
	}
	return h, g, errors.Join(err, graphErr)
}

// tracer finds out what is to be told of the hits.
type tracer struct {
	*teller
	holders *holders
	graph   *graph

	tips    []tip
	through map[uint32][]string // by tag that holds a key, the refs through it; nil until asked for
	head    int32               // HEAD's commit, -1 if there is none
	reached []bool
	refs    [][]string // by key
}

// files tells the keys that commits have at paths.
func (t *tracer) files() {
	o := t.findOrigins(t.holders, t.graph, t.reached)
	for _, from := range o.told(t.keysAtHead) {
		if t.ignored(from.path) {
			t.Coverage.Skip(scanner.SkippedConfigured, int64(from.keys.Len()))
			continue
		}
		one := t.tellingOf(t.holders.leaves[from.leaf], from.keys)
		one.finding.Path, one.finding.Reachable, one.finding.RenamedFrom = t.shown(from.path), t.reached[from.commit], from.from
		if from.from != "" {
			one.finding.RenamedFrom = t.shown(from.from)
		}
		one.path, one.commit = from.path, t.graph.number[from.commit]
		one.atHead, one.refs = t.keysAtHead(from.place), t.refs
		t.tell(one)
	}
}

// untold tells the keys to which a trace that was cut short did not come, by the ids of their blobs alone.
func (t *tracer) untold() {
	t.unreadable(scanner.UnreadableTooLarge, "history",
		"keys stand at more paths than can be traced: some paths are not told")
	told := pack.NewBitmap(t.keys.Len())
	for _, one := range t.list {
		for key := range one.keys.All() {
			told.Add(key)
		}
	}
	for _, l := range t.holders.leaves {
		var left []uint32
		for key := range l.keys.All() {
			if !told.Has(key) {
				left = append(left, key)
				told.Add(key)
			}
		}
		if len(left) > 0 {
			t.tell(t.tellingOf(l, keyset.New(left)))
		}
	}
}

// tellingOf is what there is to tell of keys in a leaf, without a path.
func (t *tracer) tellingOf(l leaf, keys keyset.Set) telling {
	one := telling{finding: scanner.Finding{Source: scanner.SourceHistory}, keys: keys, object: l.number, name: l.name,
		commit: absent}
	if !l.isName() {
		one.finding.Blob = t.repo.hex(t.repo.db.ID(l.number))
	}
	return one
}

// shown is a path as reports have it.
func (t *tracer) shown(path string) string { return t.Rules.Redact(t.Prefix + path) }

// keysAtHead are the keys that HEAD has at a place.
func (t *tracer) keysAtHead(at place) keyset.Set {
	if t.head < 0 {
		return nil
	}
	names, ok := t.holders.namesOf(at.path)
	if !ok {
		return nil
	}
	return t.holders.keysAt(t.graph.tree[t.head], names, at.inName)
}

// messages tells the keys in commits and tags.
func (t *tracer) messages() {
	var commits, tags []uint32
	for _, number := range t.sortedHits() {
		switch t.hits[number].kind {
		case pack.Commit:
			commits = append(commits, number)
		case pack.Tag:
			tags = append(tags, number)
		}
	}
	names := t.refsReaching(commits)
	for _, number := range commits {
		f := scanner.Finding{Source: scanner.SourceCommit}
		if c, ok := t.graph.index[number]; ok {
			f.Reachable, f.AtHead, f.Refs = t.reached[c], c == t.head, names[c]
		}
		t.tell(telling{finding: f, keys: t.hits[number].keys, object: number, commit: number})
	}
	for _, number := range tags {
		refs := t.refsThrough(number)
		f := scanner.Finding{Source: scanner.SourceTag, Refs: refs, Reachable: len(refs) > 0}
		t.tell(telling{finding: f, keys: t.hits[number].keys, object: number, commit: number})
	}
}

// refsThrough names the refs that lead through a tag.
func (t *tracer) refsThrough(tag uint32) []string {
	if t.through == nil {
		t.through = t.namesThrough(t.graph)
	}
	return shownRefs(t.through[tag])
}

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
		one.finding = scanner.Finding{Source: scanner.SourceHistory, Refs: refs, Reachable: len(refs) > 0,
			Blob: one.finding.Blob}
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
