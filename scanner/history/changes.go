package history

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/sourcegraph/conc/pool"

	"skleak/scanner"
	"skleak/scanner/archive"
	"skleak/scanner/git/commits"
	"skleak/scanner/git/object"
	"skleak/scanner/git/odb"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
	"skleak/scanner/history/internal/find"
	"skleak/scanner/history/internal/holders"
	"skleak/scanner/history/internal/keyset"
)

// Change says what Changes looks at: what tips lead to and what is known does not, as in a push; a range; or what is
// staged.
type Change struct {
	Tips []Tip

	// Known are objects that were there before, with all that they lead to. One that is not here says nothing: it only
	// makes more count as new.
	Known []oid.ID

	// Quarantine is the objects folder in which a server keeps what was pushed until its hooks agree, "" if there is
	// none. All of it is searched, also what no tip leads to, except what the repository has besides.
	Quarantine string

	// Range is "A..B", what B reaches and A does not, in place of Tips and Known.
	Range string

	// Staged is what the next commit is going to change, in place of all above: the content in the index of each path
	// that differs from what HEAD, and in a merge every other parent, has there.
	Staged bool
	// Names limits Staged to some paths, relative to the root of the working tree and with forward slashes; nil: all.
	// Paths that nobody can name are searched all the same: those that are staged and not in the working tree.
	Names []string
}

// Tip is where a push is about to put a ref.
type Tip struct {
	Ref string // its full name on the other side
	ID  oid.ID
}

// Changes searches what is new, and nothing else: of each commit, the content at each path that differs from what all
// of its parents have there, and its message; and tags on the way. Keys that one commit adds and a later one removes
// are among it. It tells h the keys that were not at that path before, each with the first commit that brought it
// there. What came with a renamed file is not new, unless it was in a path that the configuration ignores. What is
// new is decided when all has been searched, so that the number of workers has no say in it.
//
// Of Names, it returns those that are not staged, which are for the caller to read; what is staged to be removed is
// not among them.
func (r *Repo) Changes(ctx context.Context, c Change, o Options, h scanner.Handler) (unstaged []string, err error) {
	return r.changes(ctx, c, o, h, manyCommits)
}

// changes is Changes with another number of commits from which on the whole database is searched first.
func (r *Repo) changes(ctx context.Context, c Change, o Options, h scanner.Handler, many int) (unstaged []string,
	err error) {
	s := r.newChanges(ctx, o, many)
	switch {
	case c.Staged:
		unstaged, err = s.staged(c.Names)
	case c.Range != "":
		err = s.revisionRange(c.Range)
	default:
		err = s.push(c)
	}
	switch {
	case ctx.Err() != nil:
		s.tellBare()
	case err != nil:
		return nil, err
	default:
		s.tellMessages()
	}
	s.tellUnread()
	find.Sort(s.found)
	return unstaged, errors.Join(tell(s.found, h), ctx.Err())
}

// changedBytes stands for the packed size of what is new, which nobody adds up: a push of that size is a large one.
const changedBytes = 256 << 20

// changes is one search of what is new.
type changes struct {
	Options
	ctx    context.Context // of the check that all this belongs to
	repo   *Repo
	reader *odb.LazyReader // for what one goroutine does

	archives archive.Limits // of what is unpacked
	repeated archive.Limits // of what is unpacked once more, for the places of what is told
	members  *find.Memory   // of it

	many  int          // commits from which on the whole database is searched first
	whole bool         // it was: hits is complete
	seen  sync.Map     // ids of the objects that were searched
	paths atomic.Int64 // that were looked at; see holders.MaxSteps

	table keyset.Table

	mu       sync.Mutex
	hits     map[oid.ID]blobKeys   // by blob that was searched and has keys
	keys     map[oid.ID]blobKeys   // by blob that was there before and was asked about
	unread   map[oid.ID]unreadable // what could not be read
	messages []message
	found    []scanner.Finding
	tips     tips
	walk     *commits.Walk // that found the commits

	quarantine *quarantine // nil if there is none
}

func (r *Repo) newChanges(ctx context.Context, o Options, many int) *changes {
	if o.Progress == nil {
		o.Progress = &scanner.Progress{}
	}
	if o.Jobs < 1 {
		o.Jobs = runtime.NumCPU()
	}
	r.Objects.Memory, r.Objects.KeepIdx = o.Memory, o.KeepIdx
	r.tellProblems(o)
	s := &changes{
		Options: o, ctx: ctx, repo: r, reader: r.Objects.NewReader(), many: many,
		table: keyset.Table{Max: scanner.MostKeys(o.memory())},
		hits:  map[oid.ID]blobKeys{}, keys: map[oid.ID]blobKeys{}, unread: map[oid.ID]unreadable{},
	}
	s.archives.Memory, s.archives.Walks, s.archives.Packed = o.Memory, o.Jobs, changedBytes
	s.repeated.Memory, s.repeated.Walks = o.Memory, o.Jobs
	s.members = find.NewMemory(o.memory() / 8)
	return s
}

// push searches what a push brings.
func (s *changes) push(c Change) error {
	if c.Quarantine != "" {
		s.quarantine = s.openQuarantine(c.Quarantine)
		defer s.closeQuarantine()
	}
	w := s.newWalk()
	known := make(map[oid.ID]bool, len(c.Known))
	for _, id := range c.Known {
		if known[id] {
			continue
		}
		known[id] = true
		if c, err := w.Source.Head(id); err == nil {
			w.Exclude(c)
		}
	}
	var steps []comparison
	for _, tip := range c.Tips {
		if bare := s.start(w, tip, known); bare != nil {
			steps = append(steps, *bare)
		}
	}
	if err := s.commits(w, steps); err != nil {
		return err
	}
	if s.quarantine != nil {
		s.sweep()
	}
	return nil
}

// commits searches what a walk leads to, and what tips lead to besides.
func (s *changes) commits(w *commits.Walk, others []comparison) error {
	found, err := w.Run(s.ctx)
	if err != nil {
		return err
	}
	s.walk = w
	var steps []comparison
	for _, c := range commits.ParentsFirst(found) {
		steps = append(steps, comparison{commit: &c})
	}
	if len(steps) >= s.many {
		s.searchWhole()
	}
	steps = append(steps, others...)
	s.searchAll(steps)
	s.traceAll(steps)
	return s.ctx.Err()
}

// revisionRange searches the commits that a range names.
func (s *changes) revisionRange(text string) error {
	named, err := s.repo.ParseRange(text)
	if err != nil {
		return err
	}
	s.tips.of = &named
	w := s.newWalk()
	if named.From != nil {
		w.Exclude(named.From.Commit)
	}
	s.start(w, Tip{named.Tip.Text, named.Tip.ID}, nil)
	return s.commits(w, nil)
}

// newWalk makes a walk through the commits of the repository.
func (s *changes) newWalk() *commits.Walk {
	return commits.NewWalk(commits.Source{
		Read: func(id oid.ID) (commits.Commit, error) { return commits.Read(s.reader.Read, id, s.repo.Dir.Format) },
		Head: func(id oid.ID) (commits.Commit, error) {
			return commits.ReadHead(s.reader.Borrow, id, s.repo.Dir.Format)
		},
		Unread: func(id, child oid.ID, err error) {
			s.noteUnread(id, "", "commit "+s.repo.hex(child)+" names it: ", err)
		},
		Shallow: s.repo.shallow(s.Options),
		AtEdge:  func() { s.Coverage.Skip(scanner.SkippedShallow, 1) },
		New:     s.quarantine.isNew(s.repo.Objects),
	})
}

// start follows a tip to a commit, and searches the tags on the way. Where it leads to a tree or a blob, which is
// rare, all of that is new.
func (s *changes) start(w *commits.Walk, tip Tip, known map[oid.ID]bool) (bare *comparison) {
	read := func(id oid.ID) (pack.Kind, []byte, error) {
		if known[id] {
			return 0, nil, errKnown
		}
		return s.reader.Read(id)
	}
	id, kind, content, err := object.Peel(read, tip.ID, s.repo.Dir.Format, func(id oid.ID, content []byte) {
		s.text(pack.Tag, id, content, isReached)
	})
	switch {
	case errors.Is(err, errKnown):
	case err != nil:
		s.noteUnread(id, tip.Ref, "", err)
	case kind != pack.Commit:
		return &comparison{bare: &bareTip{tip.Ref, id, kind}}
	default:
		c, err := commits.Parse(id, content, s.repo.Dir.Format)
		if err != nil {
			s.noteUnread(id, tip.Ref, "", err)
			return nil
		}
		w.Want(c)
		if s.tips.of == nil {
			s.tips.all = append(s.tips.all, tipRef{ref: tip.Ref, tree: c.Tree})
		}
	}
	return nil
}

var errKnown = errors.New("the object is known")

// inParallel lets workers take the numbers below n, one by one. newWorker makes what each of them does with a number.
func (s *changes) inParallel(n int, newWorker func(r *odb.LazyReader) func(i int)) {
	s.byWorkers(min(s.Jobs, n), n, newWorker)
}

// byWorkers is inParallel for so many workers.
func (s *changes) byWorkers(count, n int, newWorker func(r *odb.LazyReader) func(i int)) {
	var next atomic.Int64
	worker := func() {
		work := newWorker(s.repo.Objects.NewReader())
		for i := next.Add(1) - 1; i < int64(n) && s.ctx.Err() == nil; i = next.Add(1) - 1 {
			work(int(i))
		}
	}
	if count == 1 { // most commits have few files, and a goroutine would need a stack of its own for them
		worker()
		return
	}
	workers := pool.New()
	for range count {
		workers.Go(worker)
	}
	workers.Wait()
}

// noteUnread says that an object, which is wanted for what stands at place, cannot be read; "": the object itself is
// the place. Of all places of one, the first in the alphabet is told, so that reports do not depend on timing.
func (s *changes) noteUnread(id oid.ID, place, detail string, err error) {
	object := "object " + s.repo.hex(id)
	one := unreadable{unreadableReason(err), object, detail + err.Error()}
	if place != "" {
		one = unreadable{one.reason, s.Rules.Redact(place), object + ": " + one.detail}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if old, ok := s.unread[id]; !ok || cmp.Or(cmp.Compare(one.place, old.place), cmp.Compare(one.detail, old.detail)) < 0 {
		s.unread[id] = one
	}
}

func (s *changes) tellUnread() {
	for _, id := range slices.SortedFunc(maps.Keys(s.unread), oid.ID.Compare) {
		u := s.unread[id]
		s.unreadable(u.reason, u.place, u.detail)
	}
	if s.table.GaveUp() {
		s.unreadable(scanner.UnreadableTooLarge, "history",
			fmt.Sprintf("history holds more than %d different keys: only some of them are told", s.table.Max))
	}
	if s.paths.Load() > holders.MaxSteps {
		s.unreadable(scanner.UnreadableTooLarge, "history",
			"trees name one another at too many paths: some were not searched")
	}
}

// tellBare finds what was found before an interruption, by object id alone.
func (s *changes) tellBare() {
	s.found = s.found[:0]
	var told keyset.Set
	for i, id := range slices.SortedFunc(maps.Keys(s.hits), oid.ID.Compare) {
		keys := s.hits[id].set()
		if i >= bareObjects && len(keys.Minus(told)) == 0 {
			continue
		}
		told = told.Union(keys)
		s.tellStray(id, s.matchesIn(s.reader, id, keys))
	}
	for _, m := range s.messages {
		for _, one := range m.matches {
			s.found = append(s.found, one.Finding(scanner.Finding{Source: m.source}))
		}
	}
}
