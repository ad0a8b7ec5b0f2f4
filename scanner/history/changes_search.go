package history

import (
	"errors"
	"slices"

	"skleak/scanner"
	"skleak/scanner/git/commits"
	"skleak/scanner/git/diff"
	"skleak/scanner/git/object"
	"skleak/scanner/git/odb"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
	"skleak/scanner/history/internal/find"
	"skleak/scanner/history/internal/holders"
	"skleak/scanner/history/internal/keyset"
)

// comparison is one step of a search: of a commit with its parents, or, if commit is nil, of what a tip leads to
// besides with nothing.
type comparison struct {
	commit *commits.Commit
	bare   *bareTip

	blobs []oid.ID // that are new in it
	named bool     // there are keys in new names
}

// bareTip is a tip that leads to a tree or a blob.
type bareTip struct {
	ref  string
	id   oid.ID
	kind pack.Kind
}

// manyCommits is from where on to search all objects, in the order in which packs have them, takes less time than to
// read what each commit brings. In git's own repository (849,039 objects) a commit takes 0.5 ms of processor time,
// 0.2 ms of it for its trees, and the search of everything 5 s.
const manyCommits = 16_000

// searchWhole searches the whole database, so that commits need not be read but for their trees. If something in it
// cannot be read, that may have nothing to do with the change: then nothing is gained, and each commit is read after
// all.
func (s *changes) searchWhole() {
	all := *s.repo
	all.db = nil
	defer all.closeList()
	if len(all.list()) > 0 {
		return
	}
	o := s.Options
	o.Coverage, o.Progress = &scanner.Coverage{}, &scanner.Progress{}
	search := newSearch(&all, o)
	if search.run(s.ctx) != nil || !o.Coverage.Complete() {
		return
	}
	if search.crowded.Load() > 0 || search.keys.GaveUp() {
		return
	}
	for number, h := range search.hits {
		if h.kind != pack.Blob {
			continue
		}
		id, own := all.db.ID(number), []uint32(nil)
		for n := range h.keys.All() {
			own = append(own, s.table.Number(search.keys.Key(n)))
		}
		s.hits[id] = blobKeys{own: keyset.New(own)}
		if h.inner {
			s.hits[id], _ = s.keysIn(s.reader, id) // the search has read all of it
		}
	}
	s.whole = true
}

// stepsOfWorker is how many steps a second worker is worth. Each worker makes what it reads for itself, and what two
// make twice, from bases of trees to memory that is touched for the first time, is a tenth of a push of 20 commits of
// git's own repository, with no gain in time. Where blobs are screened, a step takes half as long.
const stepsOfWorker = 64

// workersFor is how many workers search steps.
func (s *changes) workersFor(steps int) int {
	each := stepsOfWorker
	if s.quarantine != nil {
		each *= 4
	}
	return min(s.Jobs, (steps+each-1)/each)
}

// searchAll searches what the steps bring, each object once.
func (s *changes) searchAll(steps []comparison) {
	s.Progress.Total.Add(int64(len(steps)))
	s.byWorkers(s.workersFor(len(steps)), len(steps), func(r *odb.LazyReader) func(int) {
		w := stepSearch{changes: s, reader: r}
		d := s.newDiffer(r, w.changed)
		return func(i int) {
			w.step = &steps[i]
			if c := w.step.commit; c != nil {
				s.text(pack.Commit, c.ID, c.Content, isReached)
			}
			s.compare(r, d, *w.step)
			w.step.blobs = compacted(w.step.blobs)
			s.Progress.Done.Add(1)
		}
	})
}

// stepSearch is one worker's search of one step after the other.
type stepSearch struct {
	*changes
	reader *odb.LazyReader
	step   *comparison
}

// manyBlobs is how many ids of a step are kept before the repeated ones are looked for.
const manyBlobs = 1 << 16

func (w *stepSearch) changed(c diff.Change) {
	w.step.named = w.name(c) || w.step.named
	if !c.Mode.IsBlob() {
		return
	}
	w.blob(w.reader, c.Path, c.ID)
	if n := len(w.step.blobs); n >= manyBlobs && n == cap(w.step.blobs) {
		w.step.blobs = compacted(w.step.blobs)
	}
	w.step.blobs = append(w.step.blobs, c.ID)
}

// name tells whether there are keys in the name at the end of a path.
func (s *changes) name(c diff.Change) bool {
	matches, complete := find.InName(c.Name, s.Rules)
	s.tellDense(s.Rules.Redact(c.Path), complete)
	return len(matches) > 0
}

func compacted(ids []oid.ID) []oid.ID {
	slices.SortFunc(ids, oid.ID.Compare)
	return slices.Compact(ids)
}

// newDiffer makes what compares trees.
func (s *changes) newDiffer(r *odb.LazyReader, changed func(diff.Change)) *diff.Differ {
	return &diff.Differ{
		Format: s.repo.Dir.Format, Borrow: r.Borrow, Has: r.Seems, Open: s.openTree,
		Changed: func(c diff.Change) {
			if s.paths.Add(1) <= holders.MaxSteps {
				changed(c)
			}
		},
		Unread: func(u diff.Unread) {
			if u.OfParent {
				s.noteUnread(u.ID, "", wasThere, u.Err)
				return
			}
			s.noteUnread(u.ID, u.Path, "", u.Err)
			if wrong := (*object.KindError)(nil); errors.As(u.Err, &wrong) && wrong.Is == pack.Blob {
				changed(diff.Change{Path: u.Path, Entry: diff.Entry{Mode: object.File, ID: u.ID}})
			}
		},
	}
}

// openTree counts a tree that is new.
func (s *changes) openTree(id oid.ID, content []byte) bool {
	if s.first(id) {
		s.Coverage.Objects.Add(1)
		s.Coverage.Bytes.Add(int64(len(content)))
		s.checkContent(pack.Tree, id, content)
	}
	return s.paths.Load() <= holders.MaxSteps && s.ctx.Err() == nil
}

// first is true for an object that was not seen yet, and sees it.
func (s *changes) first(id oid.ID) bool {
	_, known := s.seen.LoadOrStore(id, true)
	return !known
}

// compare finds what a step brings, as against the trees that it returns.
func (s *changes) compare(r *odb.LazyReader, d *diff.Differ, st comparison) (parents []oid.ID) {
	switch {
	case st.commit != nil:
		parents = s.treesOf(r.Read, st.commit.Parents)
		d.Trees(st.commit.Tree, parents)
	case st.bare.kind == pack.Tree:
		d.Trees(st.bare.id, nil)
	default:
		d.Changed(diff.Change{Entry: diff.Entry{Mode: object.File, ID: st.bare.id}})
	}
	return parents
}

// treesOf are the trees of the parents of a commit. One that is not there is at a shallow edge, or was noted.
func (s *changes) treesOf(read object.Reader, parents []oid.ID) (trees []oid.ID) {
	for _, id := range parents {
		if tree, ok := s.walk.TreeOf(id); ok {
			trees = append(trees, tree)
		} else if parent, err := commits.Read(read, id, s.repo.Dir.Format); err == nil {
			trees = append(trees, parent.Tree)
		}
	}
	return trees
}

// blob searches a blob, unless that was done already.
func (s *changes) blob(r *odb.LazyReader, path string, id oid.ID) {
	if !s.first(id) {
		return
	}
	if s.whole {
		s.Coverage.Objects.Add(1)
		s.Coverage.Blobs.Add(1)
		return
	}
	if size := s.quarantine.cleanSize(id[:s.repo.Dir.Format.Size()]); size > 0 {
		s.Coverage.Objects.Add(1)
		s.Coverage.Blobs.Add(1)
		s.Coverage.Bytes.Add(int64(size))
		return
	}
	keys, err := s.searchBlob(r, path, id)
	if err != nil {
		s.noteUnread(id, path, "", err)
	}
	if !keys.isEmpty() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.hits[id] = keys
	}
}

// searchBlob reads and searches one blob, and counts it. What is there in its place is searched too. Of one that is
// too dense to be looked into whole, it returns what was found, and scanner.ErrDense.
func (s *changes) searchBlob(r *odb.LazyReader, path string, id oid.ID) (keys blobKeys, err error) {
	own := ownKeys{changes: s}
	within := s.newInside(s.ctx, &s.archives, nil)
	within.Memory = s.members
	kind, err := s.readBlob(r, id, within, &own, isCounted)
	switch {
	case !wasRead(err):
		return blobKeys{}, err // what was found before its checksum failed is not believed; see searcher.stream
	case err == nil && kind != pack.Blob:
		err = &object.KindError{ID: id, Format: s.repo.Dir.Format, Is: kind, Wanted: pack.Blob}
	}
	place := "object " + s.repo.hex(id)
	if path != "" {
		place = s.Rules.Redact(path)
	}
	s.tellInside(within, place)
	s.Progress.Found.Add(int64(len(own.numbers) + len(within.Found)))
	return s.newBlobKeys(own.numbers, within.Found), err
}

func (s *changes) checkContent(kind pack.Kind, id oid.ID, content []byte) {
	s.checkID(s.repo.Dir.Format, kind, content, id)
}

const isReached = true

// message is a commit or tag with keys.
type message struct {
	source  scanner.Source
	id      oid.ID
	commit  *scanner.Commit
	reached bool // a tip leads to it
	matches []find.Match
}

// text searches a commit or tag.
func (s *changes) text(kind pack.Kind, id oid.ID, content []byte, reached bool) {
	if !s.first(id) {
		return
	}
	s.Coverage.Objects.Add(1)
	s.Coverage.Bytes.Add(int64(len(content)))
	s.checkContent(kind, id, content)
	matches, complete := find.InContent(s.Rules, content)
	s.tellDense("object "+s.repo.hex(id), complete)
	m := message{source: scanner.SourceCommit, id: id, reached: reached, matches: matches}
	if kind == pack.Commit {
		s.Coverage.Commits.Add(1)
	} else {
		s.Coverage.Tags.Add(1)
		m.source = scanner.SourceTag
	}
	if len(m.matches) == 0 {
		return
	}
	s.Progress.Found.Add(int64(len(m.matches)))
	m.commit = find.Describe(s.repo.hex(id), kind, content, s.Rules)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.messages = append(s.messages, m)
}

// unreadableReason sorts an error of reading an object.
func unreadableReason(err error) string {
	if missing := (*odb.MissingError)(nil); errors.As(err, &missing) {
		return scanner.UnreadableMissing
	}
	large, bomb := (*pack.TooLargeError)(nil), (*pack.BombError)(nil)
	if errors.As(err, &large) || errors.As(err, &bomb) || errors.Is(err, scanner.ErrDense) {
		return scanner.UnreadableTooLarge
	}
	return scanner.UnreadableCorrupt
}
