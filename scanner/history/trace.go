package history

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/sourcegraph/conc"

	"skleak/rules"
	"skleak/scanner"
	"skleak/scanner/git/odb"
	"skleak/scanner/git/pack"
)

// trace is the second half of a scan: where the hits belong.
func (s *search) trace(ctx context.Context) ([]scanner.Finding, error) {
	h, g, err := s.holdersAndGraph(ctx)
	if err != nil {
		return nil, err
	}
	t := &tracer{search: s, holders: h, graph: g, reader: s.repo.db.NewReader(), described: map[uint32]*scanner.Commit{}}
	t.tips, t.head = s.readTips(g)
	t.reached = g.reach(commitsOf(t.tips))
	t.refs = h.refsByKey(g, t.tips)
	t.files()
	if s.within == nil {
		t.stray()
	}
	t.messages()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if h.steps >= maxSteps {
		t.untold()
	}
	sortFindings(t.findings)
	return t.findings, nil
}

// holdersAndGraph finds out how trees lead to hits, and how commits hang together. Where the commits are known from the search the
// two go side by side: the latter is work for one core, and the former has time for it while it waits for its last tree.
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

// tracer turns hits into findings.
type tracer struct {
	*search
	holders *holders
	graph   *graph
	reader  *odb.Reader

	tips      []tip
	through   map[uint32][]string // by tag that holds a key, the refs through it; nil until asked for
	head      int32               // HEAD's commit, -1 if there is none
	reached   []bool
	refs      map[rules.Key][]string
	described map[uint32]*scanner.Commit
	findings  []scanner.Finding
}

// files reports the keys that commits have at paths.
func (t *tracer) files() {
	o := t.findOrigins(t.holders, t.graph, t.reached)
	for at, from := range o.found {
		if t.ignored(at.path) {
			t.Coverage.Skip(scanner.SkippedConfigured, 1)
			continue
		}
		l := t.holders.leaves[from.leaf]
		f := scanner.Finding{
			Source: scanner.SourceHistory, Path: t.shown(at.path), Commit: t.describe(t.graph.number[from.commit]),
			Reachable: t.reached[from.commit], AtHead: t.atHead(at), Refs: t.refs[at.key],
		}
		t.add(f, l, func(m match) bool { return m.key == at.key })
	}
}

// ignored asks the configuration about a path and the folders it lies in.
func (o Options) ignored(path string) bool {
	if o.Ignore == nil {
		return false
	}
	path = o.Prefix + path
	for i := range len(path) {
		if path[i] == '/' && o.Ignore(path[:i], true) {
			return true
		}
	}
	return o.Ignore(path, false)
}

// untold reports the keys to which a trace that was cut short did not come, by the ids of their blobs alone.
func (t *tracer) untold() {
	t.unreadable(scanner.UnreadableTooLarge, "history", "keys stand at more paths than can be traced: some paths are not told")
	told := map[rules.Key]bool{}
	for _, f := range t.findings {
		told[f.Key] = true
	}
	for _, l := range t.holders.leaves {
		t.add(scanner.Finding{Source: scanner.SourceHistory}, l, func(m match) bool { return !told[m.key] })
	}
}

// add makes a finding of each match of a leaf that is wanted.
func (t *tracer) add(f scanner.Finding, l leaf, wanted func(match) bool) {
	if l.number != absent {
		f.Blob = t.repo.hex(t.repo.db.ID(l.number))
	}
	for _, m := range l.matches {
		if wanted(m) {
			t.findings = append(t.findings, m.finding(f))
		}
	}
}

// finding completes f with what the match knows.
func (m match) finding(f scanner.Finding) scanner.Finding {
	f.Key, f.Form, f.Placeholder, f.LongPrefix, f.Place = m.key, m.form, m.placeholder, m.longPrefix, m.place
	m.around.Complete(&f, f.Path)
	return f
}

// shown is a path as reports have it.
func (t *tracer) shown(path string) string { return t.Rules.Redact(t.Prefix + path) }

func (t *tracer) atHead(at spot) bool {
	if t.head < 0 {
		return false
	}
	names, ok := t.holders.namesOf(at.path)
	return ok && t.holders.has(t.graph.tree[t.head], names, at.key)
}

// stray reports the blobs with keys that no commit has: those that a tree names with the path below the topmost
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
		f := scanner.Finding{Source: scanner.SourceHistory, Refs: refs, Reachable: len(refs) > 0}
		if at != "" {
			if t.ignored(at) {
				t.Coverage.Skip(scanner.SkippedConfigured, 1)
				continue
			}
			f.Path = t.shown(at)
		}
		t.add(f, l, func(match) bool { return true })
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

// messages reports the keys in commits and tags.
func (t *tracer) messages() {
	for _, h := range t.sortedHits() {
		f := scanner.Finding{}
		switch h.kind {
		case pack.Commit:
			f.Source = scanner.SourceCommit
			if c, ok := t.graph.index[h.number]; ok {
				f.Reachable, f.AtHead = t.reached[c], c == t.head
				f.Refs = t.refsReaching(c)
			}
		case pack.Tag:
			f.Source = scanner.SourceTag
			f.Refs = t.refsThrough(h.number)
			f.Reachable = len(f.Refs) > 0
		default:
			continue
		}
		f.Commit = t.describe(h.number)
		for _, m := range h.matches {
			t.findings = append(t.findings, m.finding(f))
		}
	}
}

// refsReaching names the refs from which a commit can be reached. It walks all descendants; commits with keys
// in their message are few.
func (t *tracer) refsReaching(c int32) []string {
	has := make([]bool, len(t.graph.number))
	has[c] = true
	for _, at := range t.graph.order {
		for _, p := range t.graph.parents[at] {
			has[at] = has[at] || has[p]
		}
	}
	var names []string
	for _, tip := range t.tips {
		if tip.commit >= 0 && has[tip.commit] {
			names = addName(names, tip.name)
		}
	}
	return shownRefs(names)
}

// refsThrough names the refs that lead through a tag.
func (t *tracer) refsThrough(tag uint32) []string {
	if t.through == nil {
		t.through = t.namesThrough(t.graph)
	}
	return shownRefs(t.through[tag])
}

// tellBare tells h what was found so far, by object id alone.
func (s *search) tellBare(h scanner.Handler) error {
	var found []scanner.Finding
	for _, hit := range s.sortedHits() {
		f := scanner.Finding{Source: scanner.SourceHistory}
		switch hit.kind {
		case pack.Blob:
			f.Blob = s.repo.hex(s.repo.db.ID(hit.number))
		case pack.Commit:
			f.Source = scanner.SourceCommit
		case pack.Tag:
			f.Source = scanner.SourceTag
		}
		for _, m := range hit.matches {
			found = append(found, m.finding(f))
		}
	}
	sortFindings(found)
	return tell(found, h)
}

// sortFindings puts findings in an order that depends on nothing but themselves.
func sortFindings(found []scanner.Finding) {
	hash := func(f scanner.Finding) string {
		if f.Commit == nil {
			return ""
		}
		return f.Commit.Hash
	}
	prints := map[rules.Key]string{}
	for _, f := range found {
		if _, ok := prints[f.Key]; !ok {
			prints[f.Key] = f.Key.Fingerprint()
		}
	}
	slices.SortStableFunc(found, func(a, b scanner.Finding) int {
		return cmp.Or(
			cmp.Compare(a.Source, b.Source), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Blob, b.Blob), cmp.Compare(hash(a), hash(b)),
			cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(prints[a.Key], prints[b.Key]),
		)
	})
}
