package history

import (
	"context"
	"fmt"
	"slices"

	"github.com/sourcegraph/conc"

	"skleak/scanner"
	"skleak/scanner/git/commits"
	"skleak/scanner/git/odb"
	"skleak/scanner/git/pack"
	"skleak/scanner/git/passes"
	"skleak/scanner/history/internal/holders"
	"skleak/scanner/history/internal/keyset"
)

// trace is the second half of a scan: where the hits belong.
func (s *search) trace(ctx context.Context) ([]scanner.Finding, error) {
	h, g, err := s.holdersAndGraph(ctx)
	if err != nil {
		return nil, err
	}
	t := &tracer{teller: &teller{search: s}, holders: h, graph: g}
	t.tips, t.head = s.readTips(g)
	t.reached = g.Reached(commitsOf(t.tips))
	t.refs = t.refsByKey()
	held := t.lookBelow()
	t.files()
	t.stray(held())
	t.messages()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if h.IsCutShort() {
		t.untold()
	}
	t.tellRemovals()
	if n := s.crowded.Load(); n > 0 {
		s.unreadable(scanner.UnreadableTooLarge, "history",
			fmt.Sprintf("%d objects hold more keys than can be traced: not all of their places are told", n))
	}
	return t.findAll(ctx)
}

// holdersAndGraph finds out how trees lead to hits, and how commits hang together. Where the commits are known from
// the search the two go side by side: the latter is work for one core, and the former has time for it while it waits
// for its last tree.
func (s *search) holdersAndGraph(ctx context.Context) (h *holders.Holders, g *commits.Graph, err error) {
	q := holders.Question{Objects: &s.all, Trees: s.hitsOf(pack.Tree), Memory: s.memory(),
		KeyNames: func() func([]byte, func(string, []uint32)) { return s.newSearcher(ctx).eachKeyName }}
	for _, number := range s.hitsOf(pack.Blob) {
		q.Blobs = append(q.Blobs, holders.Leaf{Number: number, Keys: s.hits[number].keys})
	}
	if s.notes == nil || !s.notes.trees.Complete() {
		nodes, err := passes.Collect(ctx, &s.all, passes.Pass{Kinds: pack.Kinds(pack.Commit)}, s.collectCommit)
		if err != nil {
			return nil, nil, err
		}
		g = commits.NewGraph(nodes, s.repo.db)
		h, err = holders.Find(ctx, q, nil)
		return h, g, err
	}
	var side conc.WaitGroup // which hands on a panic
	side.Go(func() { g = commits.NewGraph(s.notes.commits, s.repo.db) })
	h, err = holders.Find(ctx, q, s.notes.trees)
	side.Wait()
	return h, g, err
}

// noteCommit adds a commit to those of a graph; what cannot be read, the search tells.
func (s *search) noteCommit(nodes *commits.Nodes, o *pack.Object, number uint32, first bool) {
	if first {
		nodes.Read(o.Content, number, s.repo.db)
	}
}

// collectCommit is noteCommit for passes.Collect: each worker's list is of one element.
func (s *search) collectCommit(
	list []*commits.Nodes, o *pack.Object, number uint32, first bool,
) ([]*commits.Nodes, pack.Mark) {
	if len(list) == 0 {
		list = append(list, &commits.Nodes{})
	}
	s.noteCommit(list[0], o, number, first)
	return list, 0
}

// tracer finds out what is to be told of the hits.
type tracer struct {
	*teller
	holders *holders.Holders
	graph   *commits.Graph

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
		one := t.tellingOf(t.holders.Leaves[from.leaf], from.keys)
		one.finding.Path, one.finding.Reachable = t.shown(from.path), t.reached[from.commit]
		if from.from != "" {
			one.finding.RenamedFrom = t.shown(from.from)
		}
		one.path, one.commit = from.path, t.graph.Number[from.commit]
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
	for _, l := range t.holders.Leaves {
		var left []uint32
		for key := range l.Keys.All() {
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
func (t *tracer) tellingOf(l holders.Leaf, keys keyset.Set) telling {
	one := telling{finding: scanner.Finding{Source: scanner.SourceHistory}, keys: keys, object: l.Number, name: l.Name,
		commit: odb.Absent}
	if !l.IsName() {
		one.finding.Blob = t.repo.hex(t.repo.db.ID(l.Number))
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
	names, ok := t.holders.ParsePath(at.path)
	if !ok {
		return nil
	}
	return t.holders.KeysAt(t.graph.Tree[t.head], names, at.inName)
}

// messages tells the keys in commits and tags.
func (t *tracer) messages() {
	commits, tags := t.hitsOf(pack.Commit), t.hitsOf(pack.Tag)
	names := t.refsReaching(commits)
	for _, number := range commits {
		f := scanner.Finding{Source: scanner.SourceCommit}
		if c, ok := t.graph.At(number); ok {
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

// held is what commits have.
type held struct {
	trees  holders.Seen
	leaves []bool
}

// lookBelow finds out what the commits have, while others do something else. It is ready when the returned function
// returns.
func (t *tracer) lookBelow() func() held {
	h := held{t.holders.NewSeen(), make([]bool, len(t.holders.Leaves))}
	var side conc.WaitGroup // which hands on a panic
	side.Go(func() { t.holders.Below(t.graph.Tree, h.trees, func(leaf uint32) { h.leaves[leaf] = true }) })
	return func() held {
		side.Wait()
		return h
	}
}

// stray tells the blobs with keys that no commit has: those that a tree names with the path below the topmost
// such tree, the others with their id alone.
func (t *tracer) stray(h held) {
	paths := t.strayPaths(h.trees)
	direct := t.refsToLeaves()
	for i, l := range t.holders.Leaves {
		if h.leaves[i] {
			continue
		}
		at, refs := paths[uint32(i)], shownRefs(direct[uint32(i)])
		one := t.tellingOf(l, l.Keys)
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
func (t *tracer) strayPaths(seen holders.Seen) map[uint32]string {
	tops := t.holders.Tops(seen)
	slices.SortFunc(tops, func(a, b uint32) int { return t.repo.db.ID(a).Compare(t.repo.db.ID(b)) })
	paths := map[uint32]string{}
	for _, top := range tops {
		t.holders.Diff(top, odb.Absent, func(path []uint32, leaf uint32) {
			if _, known := paths[leaf]; !known {
				paths[leaf] = t.holders.PathOf(path)
			}
		})
	}
	return paths
}
