package history

import (
	"context"
	"sync/atomic"

	"github.com/sourcegraph/conc/pool"

	"skleak/scanner"
	"skleak/scanner/git/odb"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
)

// manyCommits is from where on to search all objects, in the order in which packs have them, takes less time than to read what
// each commit brings. In git's own repository (849,039 objects) a commit takes 0.5 ms of processor time, 0.2 ms of it
// for its trees, and the search of everything 5 s.
const manyCommits = 16_000

// searchWhole searches the whole database, so that commits need not be read but for their trees. If something in it cannot be
// read, that may have nothing to do with the push: then nothing is gained, and each commit is read after all.
func (s *pushSearch) searchWhole(ctx context.Context) {
	repo := &Repo{dir: s.gate.dir}
	db, problems := odb.Open(s.gate.objects, s.gate.dir.Format)
	repo.db = db
	defer repo.Close()
	o := s.Options
	o.Coverage, o.Progress = &scanner.Coverage{}, &scanner.Progress{}
	all := newSearch(repo, o)
	if len(problems) > 0 || all.run(ctx) != nil || !o.Coverage.Complete() {
		return
	}
	wishes := map[uint32]*wish{}
	for number, h := range all.hits {
		if h.kind == pack.Blob {
			wishes[number] = &wish{number: number, keys: h.keys}
		}
		s.hits[db.ID(number)] = nil
	}
	if all.crowded.Load() > 0 || all.grant(ctx, wishes) != nil {
		return
	}
	for number, w := range wishes {
		for _, f := range w.found {
			s.hits[db.ID(number)] = append(s.hits[db.ID(number)], f.match)
		}
	}
	s.whole = true
}

// searchAll searches what the commits bring, each object once.
func (s *pushSearch) searchAll(ctx context.Context, commits []pushStep) {
	s.Progress.Total.Add(int64(len(commits)))
	var next atomic.Int64
	workers := pool.New()
	for range min(s.Jobs, max(len(commits), 1)) {
		workers.Go(func() {
			w := &pushWorker{pushSearch: s, diff: s.newDiff()}
			for i := next.Add(1) - 1; i < int64(len(commits)) && ctx.Err() == nil; i = next.Add(1) - 1 {
				w.commit(&commits[i])
				s.Progress.Done.Add(1)
			}
		})
	}
	workers.Wait()
}

func (s *pushSearch) newDiff() *treeDiff {
	return &treeDiff{gate: s.gate, reader: s.gate.store.NewReader(), coverage: s.Coverage, seen: &s.seen}
}

// pushWorker searches one commit after the other.
type pushWorker struct {
	*pushSearch
	diff *treeDiff
}

func (w *pushWorker) commit(c *pushStep) {
	w.text(pack.Commit, c.id, c.content, isReached)
	w.compare(w.diff, c.foundCommit)
	for _, f := range w.diff.files {
		w.file(w.diff.reader, f)
		c.blobs = append(c.blobs, f.id)
	}
}

// compare finds what a commit brings as against its parents.
func (s *pushSearch) compare(d *treeDiff, c foundCommit) {
	d.forget()
	var before []oid.ID
	for _, id := range c.head.Parents {
		if parent, err := s.gate.readCommit(d.reader, id); err == nil { // one that is not there is at a shallow edge, or was noted
			before = append(before, parent.head.Tree)
		}
	}
	d.trees("", c.head.Tree, before, 0)
}

// file searches a blob, unless that was done already, and a name.
func (s *pushSearch) file(r *odb.LazyReader, f newFile) {
	if name := searchName(f, s.Options); len(name) > 0 {
		s.hit(f.id, nil) // the name is looked at again once the commit is traced
	}
	if _, known := s.seen.LoadOrStore(f.id, true); known {
		return
	}
	if s.whole {
		s.Coverage.Objects.Add(1)
		s.Coverage.Blobs.Add(1)
		return
	}
	matches, err := searchBlob(s.ctx, r, f.id, s.Options)
	if err != nil {
		s.unreadable(unreadableReason(err), s.Rules.Redact(f.path), "object "+s.gate.hex(f.id)+": "+err.Error())
	}
	if len(matches) > 0 {
		s.hit(f.id, matches)
	}
}

// hit notes the keys of an object.
func (s *pushSearch) hit(id oid.ID, matches []match) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hits[id] = append(s.hits[id], matches...)
}

const isReached = true

// text searches a commit or tag; reached tells whether a tip leads to it.
func (s *pushSearch) text(kind pack.Kind, id oid.ID, content []byte, reached bool) {
	if _, known := s.seen.LoadOrStore(id, true); known {
		return
	}
	s.Coverage.Objects.Add(1)
	s.Coverage.Bytes.Add(int64(len(content)))
	f := scanner.Finding{Source: scanner.SourceCommit, Reachable: reached, AtHead: reached}
	if kind == pack.Commit {
		s.Coverage.Commits.Add(1)
	} else {
		s.Coverage.Tags.Add(1)
		f.Source = scanner.SourceTag
	}
	matches, complete := scanContent(s.Rules, content)
	s.tellDense("object "+s.gate.hex(id), complete)
	for i, m := range matches {
		if i == 0 {
			f.Commit = describeContent(s.gate.hex(id), kind, content, s.Rules)
		}
		s.mu.Lock()
		s.found = append(s.found, m.finding(f))
		s.mu.Unlock()
	}
}
