package history

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"runtime"
	"slices"
	"sort"
	"strings"
	"sync/atomic"

	"github.com/sourcegraph/conc/pool"

	"skleak/rules"
	"skleak/scanner"
	"skleak/scanner/git/gitdir"
	"skleak/scanner/git/index"
	"skleak/scanner/git/odb"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
)

// Staged searches what the next commit is going to change: the content in the index of every path that differs from what HEAD,
// and in a merge every other parent, has there. It tells h the keys that none of them has at that path; one that came
// along with a renamed file is not new.
//
// names limits it to some paths, relative to the root of the working tree and with forward slashes; nil: all. Two kinds of
// path that nobody can name are searched all the same: those that are staged and not in the working tree. It returns
// the names that are not staged, which are for the caller to read; what is staged to be removed is not among them.
func (g *Gate) Staged(ctx context.Context, names []string, o Options, h scanner.Handler) (rest []string, err error) {
	o = g.begin(o)
	x, err := g.readIndex()
	if err != nil {
		o.unreadable(scanner.UnreadableIndex, "index", err.Error())
		return nil, nil
	}
	d := &treeDiff{gate: g, reader: g.store.NewReader(), coverage: o.Coverage}
	d.entries("", x.Entries, x.CacheTree, g.parentTrees(d.reader, o.Coverage), 0)
	files := d.files
	if names != nil {
		files, rest = g.choose(d, x, names)
	}
	left := len(files)
	files = slices.DeleteFunc(files, func(f newFile) bool { return o.ignored(f.path) })
	o.Coverage.Skip(scanner.SkippedConfigured, int64(left-len(files)))
	s := &stagedSearch{Options: o, ctx: ctx, gate: g, diff: d}
	found, err := s.run(ctx, files)
	if err != nil {
		return nil, err
	}
	sortFindings(found)
	return rest, tell(found, h)
}

// parentTrees returns the trees of the commits that the next one follows. Of what cannot be read, nothing is known to be
// there already: then all counts as new.
func (g *Gate) parentTrees(r *odb.LazyReader, c *scanner.Coverage) (trees []oid.ID) {
	var parents []oid.ID
	if head, ok := g.dir.Head(); ok {
		parents = append(parents, head.ID)
	} else if _, err := g.dir.Resolve("HEAD"); !errors.Is(err, gitdir.ErrRefNotFound) {
		c.Unreadable(scanner.UnreadableRef, "HEAD", err.Error())
	}
	merged, err := g.dir.MergeHeads()
	if err != nil {
		c.Unreadable(scanner.UnreadableRef, "MERGE_HEAD", err.Error())
	}
	for _, text := range g.merging {
		if id, err := g.ParseID(text); err == nil {
			merged = append(merged, id)
		}
	}
	for _, id := range append(parents, merged...) {
		commit, err := g.readCommit(r, id)
		if err != nil {
			c.Unreadable(unreadableReason(err), "commit "+g.hex(id), err.Error())
			continue
		}
		trees = append(trees, commit.head.Tree)
	}
	return trees
}

// choose picks the staged files that were named or that nobody could name, and returns the names that are not staged.
func (g *Gate) choose(d *treeDiff, x *index.Index, names []string) (files []newFile, rest []string) {
	named := make(map[string]bool, len(names))
	for _, name := range names {
		named[name] = true
	}
	staged := make(map[string]bool, len(d.files))
	for _, f := range d.files {
		staged[f.path] = true
		if named[f.path] || !existsOnDisk(filepath.Join(g.worktree, filepath.FromSlash(f.path))) {
			files = append(files, f)
		}
	}
	for _, name := range names {
		if !staged[name] && !isSubmodule(x, name) && !d.removed(name) {
			rest = append(rest, name)
		}
	}
	return files, rest
}

func isSubmodule(x *index.Index, path string) bool {
	i := sort.Search(len(x.Entries), func(i int) bool { return x.Entries[i].Path >= path })
	return i < len(x.Entries) && x.Entries[i].Path == path && x.Entries[i].Mode&index.ModeType == index.ModeSubmodule
}

// removed is true for a path that is staged to be removed.
func (d *treeDiff) removed(path string) bool {
	return slices.ContainsFunc(d.gone, func(e goneEntry) bool {
		return e.path == path || e.tree && strings.HasPrefix(path, e.path+"/")
	})
}

// stagedSearch searches the files that differ.
type stagedSearch struct {
	Options
	ctx  context.Context // of the check that all this belongs to
	gate *Gate
	diff *treeDiff
}

// run searches the files, each worker one after the other, and then takes away what is not new.
func (s *stagedSearch) run(ctx context.Context, files []newFile) (found []scanner.Finding, err error) {
	s.Progress.Total.Add(int64(len(files)))
	jobs := s.Jobs
	if jobs < 1 {
		jobs = runtime.NumCPU()
	}
	matches := make([][]match, len(files))
	var next atomic.Int64
	workers := pool.New()
	for range min(jobs, len(files)) {
		workers.Go(func() {
			r := s.gate.store.NewReader()
			for i := next.Add(1) - 1; i < int64(len(files)) && ctx.Err() == nil; i = next.Add(1) - 1 {
				matches[i] = s.file(r, files[i])
				s.Progress.Done.Add(1)
			}
		})
	}
	workers.Wait()
	n := &novelty{Options: s.Options, ctx: ctx, gate: s.gate, reader: s.diff.reader, gone: s.diff.gone}
	for i, f := range files {
		if len(matches[i]) == 0 {
			continue
		}
		known := n.known(f)
		for _, m := range matches[i] {
			if !known(m.key) {
				where := scanner.Finding{Source: scanner.SourceIndex, Path: s.Rules.Redact(s.Prefix + f.path), Blob: s.gate.hex(f.id)}
				found = append(found, m.finding(where))
			}
		}
	}
	return found, ctx.Err()
}

// file returns the keys in a file and in what is new of its name.
func (s *stagedSearch) file(r *odb.LazyReader, f newFile) []match {
	matches := searchName(f, s.Options)
	content, err := searchBlob(s.ctx, r, f.id, s.Options)
	if err != nil {
		s.unreadable(unreadableReason(err), s.Rules.Redact(f.path), "staged as "+s.gate.hex(f.id)+": "+err.Error())
	}
	return append(matches, content...)
}

// searchName returns the keys in what is new of a file's path.
func searchName(f newFile, o Options) (matches []match) {
	name := []byte(f.path[f.fresh:])
	complete := o.Rules.Scan(name, func(m rules.Match) { matches = append(matches, newMatch(o.Rules, name, m)) })
	o.tellDense(o.Rules.Redact(f.path), complete)
	return matches
}

// searchBlob reads and searches one blob, and counts it.
func searchBlob(ctx context.Context, r *odb.LazyReader, id oid.ID, o Options) (matches []match, err error) {
	count := func(size int64) {
		o.Coverage.Objects.Add(1)
		o.Coverage.Blobs.Add(1)
		o.Coverage.Bytes.Add(size)
	}
	dense := false
	err = r.Visit(id, func(_ pack.Kind, content []byte) {
		count(int64(len(content)))
		if scanner.IsLFSPointer(content) {
			o.Coverage.Skip(scanner.SkippedLFS, 1)
		}
		found, complete := scanContent(o.Rules, content)
		matches, dense = found, !complete
	}, func(_ pack.Kind, size uint64, content io.Reader) error {
		count(int64(size))
		err := scanStream(ctx, o.Rules, content, streamWindow, nil, func(m match) { matches = append(matches, m) })
		if dense = err == scanner.ErrDense; dense {
			return nil
		}
		return err
	})
	if err != nil {
		return nil, err // what was found before its checksum failed is not believed; see searcher.stream
	}
	o.Progress.Found.Add(int64(len(matches)))
	if dense {
		err = scanner.ErrDense
	}
	return matches, err
}
