package history

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/sourcegraph/conc/pool"

	"skleak/rules"
	"skleak/scanner"
	"skleak/scanner/git/odb"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
)

// search is the first half of a scan: every object, once.
type search struct {
	repo *Repo
	Options

	refs       refList
	lost       []lostRef       // refs whose objects are not there
	shallow    map[oid.ID]bool // commits whose parents are absent by intent
	layouts    []*pack.Layout  // by pack; nil where a pack could not be laid out
	looseKinds [][]pack.Kind   // by objects folder and position

	notes  *notes // nil until there is something to trace
	copies copies
	within map[uint32]bool // numbers of the commits of a range; nil: all count

	mu      sync.Mutex
	hits    map[uint32]*hit // by object number
	missing map[oid.ID]absence
}

// hit is an object that holds keys.
type hit struct {
	number  uint32
	kind    pack.Kind
	matches []match
}

// match is one key in an object.
type match struct {
	key         rules.Key
	form        string
	placeholder bool
	longPrefix  bool
	place       scanner.Place
	around      scanner.Surroundings
	name        string // of the entry, where the key stands in a name in a tree
}

// absence is an object that is named and not there.
type absence struct {
	kind   pack.Kind // what it was named as
	naming oid.ID    // the least id of the objects that name it, so that reports do not depend on timing
	by     pack.Kind // 0 in the zero absence
}

func newSearch(r *Repo, o Options) *search {
	if o.Jobs < 1 {
		o.Jobs = runtime.NumCPU()
	}
	r.db.Memory = o.Memory
	s := &search{
		repo: r, Options: o,
		shallow: map[oid.ID]bool{}, looseKinds: make([][]pack.Kind, len(r.db.Loose)),
		hits: map[uint32]*hit{}, missing: map[oid.ID]absence{},
		copies: copies{failed: map[uint32]bool{}, instead: map[uint32]copyAt{}},
	}
	ids, err := r.dir.Shallow()
	if err != nil {
		o.unreadable(scanner.UnreadableRepo, "shallow", err.Error())
	}
	for _, id := range ids {
		s.shallow[id] = true
	}
	return s
}

// run reads every object of the database.
func (s *search) run(ctx context.Context) error {
	s.layOut()
	s.Progress.Total.Add(int64(s.repo.db.Len()))
	if err := s.searchPacks(ctx); err != nil {
		return err
	}
	for i := range s.repo.db.Loose {
		if err := s.searchLoose(ctx, i); err != nil {
			return err
		}
	}
	s.readRefs()
	if err := s.searchLate(ctx); err != nil {
		return err
	}
	s.noteMissing()
	s.checkRefs()
	return nil
}

// searchPacks takes the blobs of all packs first: if there are keys in them, it can note, on its way through trees and
// commits, what leads to them. To go through these once more for it costs a quarter of the whole search again.
func (s *search) searchPacks(ctx context.Context) error {
	if err := s.searchKinds(ctx, false, pack.Blob); err != nil {
		return err
	}
	s.beginNotes()
	return s.searchKinds(ctx, true, pack.Commit, pack.Tree, pack.Tag)
}

// searchKinds searches the objects of some kinds in all packs; again is said from the second time on.
func (s *search) searchKinds(ctx context.Context, again bool, kinds ...pack.Kind) error {
	for i, layout := range s.layouts {
		if layout == nil {
			continue
		}
		w := s.walk(layout)
		w.Kinds, w.Again = pack.Kinds(kinds...), again
		if err := s.searchPack(ctx, i, w); err != nil {
			return err
		}
	}
	return nil
}

// searchPack walks through a pack.
func (s *search) searchPack(ctx context.Context, i int, w *pack.Walk) error {
	var visitors []*searcher
	err := w.Run(ctx, func() pack.Visitor {
		v := s.newSearcher(ctx, i)
		visitors = append(visitors, v)
		return v
	})
	for _, v := range visitors {
		v.finish()
	}
	if errors.Is(err, pack.ErrFault) {
		s.unreadable(scanner.UnreadableCorrupt, odb.Place(s.repo.db.Packs[i]), err.Error())
		return ctx.Err()
	}
	return err
}

// walk is how this search goes through a pack.
func (s *search) walk(l *pack.Layout) *pack.Walk {
	w := &pack.Walk{Layout: l, Kinds: pack.AllKinds, Margin: s.Rules.Overlap(), Workers: s.Jobs, Memory: s.Memory, Resolve: s.repo.db.NewReader().Read}
	if !s.VerifyObjects { // which wants each object whole
		w.Skim = pack.Kinds(pack.Blob)
	}
	return w
}

// searchLoose reads the loose objects of one objects folder.
func (s *search) searchLoose(ctx context.Context, i int) error {
	s.looseKinds[i] = make([]pack.Kind, s.repo.db.Loose[i].Len())
	return s.eachLoose(ctx, i, func(next func() (from, to int, ok bool)) {
		v := s.newSearcher(ctx, -1)
		defer v.finish()
		var r odb.LooseReader
		for from, to, ok := next(); ok; from, to, ok = next() {
			for at := from; at < to; at++ {
				v.looseObject(&r, i, at)
			}
		}
	})
}

// eachLoose runs one work for each worker; next gives it the positions of some loose objects that lie in one folder.
func (s *search) eachLoose(ctx context.Context, i int, work func(next func() (from, to int, ok bool))) error {
	list := s.repo.db.Loose[i]
	if list.Len() == 0 {
		return ctx.Err()
	}
	var folder atomic.Int32
	next := func() (from, to int, ok bool) {
		first := folder.Add(1) - 1
		if first > 255 || ctx.Err() != nil {
			return 0, 0, false
		}
		from, to = list.Folder(byte(first))
		return from, to, true
	}
	workers := pool.New()
	for range s.Jobs {
		workers.Go(func() { s.guard(func() { work(next) }) })
	}
	workers.Wait()
	return ctx.Err()
}

// guard does the work of one goroutine. If a mapped file faults under it, the work ends there and what it
// did not get to is noted in one entry.
func (s *search) guard(work func()) {
	err := pack.Guard(func() error {
		work()
		return nil
	})
	if err != nil {
		s.unreadable(scanner.UnreadableCorrupt, "objects", err.Error())
	}
}

// searcher looks at one object after the other; each worker has one.
type searcher struct {
	*search
	ctx  context.Context // of the scan that all this belongs to
	pack int             // index of the pack that is walked; -1 for loose objects

	hits    []*hit
	missing map[oid.ID]absence
	named   namings
	edges   []edge       // see notes
	nodes   []commitNode // see notes

	done, objects, blobs, commits, tags, bytes int64
	shallowEdges, lfsPointers                  int64
}

func (s *search) newSearcher(ctx context.Context, pack int) *searcher {
	return &searcher{search: s, ctx: ctx, pack: pack, missing: map[oid.ID]absence{}}
}

// finish adds what this worker learned to what all know.
func (v *searcher) finish() {
	v.flush()
	v.lookUpAll()
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, h := range v.hits {
		v.search.hits[h.number] = h
	}
	for id, a := range v.missing {
		v.search.missing[id] = a.orEarlier(v.search.missing[id])
	}
	v.notes.add(v.edges, v.nodes)
	v.Coverage.Skip(scanner.SkippedShallow, v.shallowEdges)
	v.Coverage.Skip(scanner.SkippedLFS, v.lfsPointers)
}

// flush adds the counts; the shared counters are touched once in a thousand objects.
func (v *searcher) flush() {
	c := v.Coverage
	c.Objects.Add(v.objects)
	c.Blobs.Add(v.blobs)
	c.Commits.Add(v.commits)
	c.Tags.Add(v.tags)
	c.Bytes.Add(v.bytes)
	v.Progress.Done.Add(v.done)
	v.done, v.objects, v.blobs, v.commits, v.tags, v.bytes = 0, 0, 0, 0, 0, 0
}

// count counts an object; a second copy of one is read but not counted again.
func (v *searcher) count(kind pack.Kind, size uint64, first bool) {
	if v.done++; v.done >= 1024 {
		v.flush()
	}
	v.bytes += int64(size)
	if !first {
		return
	}
	v.objects++
	switch kind {
	case pack.Blob:
		v.blobs++
	case pack.Commit:
		v.commits++
	case pack.Tag:
		v.tags++
	}
}

// Visit implements pack.Visitor.
func (v *searcher) Visit(o *pack.Object) pack.Mark {
	number, first := v.repo.db.PackNumber(v.pack, o.Position)
	first = v.takesPlace(number, first, inPack(v.pack, o.Position))
	v.count(o.Kind, uint64(len(o.Content)), first)
	return v.inspect(o, number, first) | v.note(o, number, first)
}

// Skim implements pack.Skimmer: of most blobs that nothing is built on, what is new is enough. Pointers of Git LFS are known by
// their beginning, and short.
func (v *searcher) Skim(o *pack.Object, size int, fresh []byte) (whole bool) {
	if size < scanner.LFSLimit || v.Rules.Next(fresh, 0) >= 0 {
		return true
	}
	number, first := v.repo.db.PackNumber(v.pack, o.Position)
	first = v.takesPlace(number, first, inPack(v.pack, o.Position))
	v.count(o.Kind, uint64(size), first)
	return false
}

// inspect searches an object and checks what it names.
func (v *searcher) inspect(o *pack.Object, number uint32, first bool) pack.Mark {
	v.checkID(o.Kind, o.Content, number)
	mark := v.look(o, number) // at a later copy as well: the first may be the one that cannot be read
	if first && o.Kind == pack.Blob && scanner.IsLFSPointer(o.Content) {
		v.lfsPointers++
	}
	var err error
	switch o.Kind {
	case pack.Tree:
		err = v.checkTree(o, number)
	case pack.Commit:
		err = v.checkCommit(o.Content, number, first)
	case pack.Tag:
		err = v.checkTag(o.Content, number)
	}
	if err != nil && first {
		v.unreadable(scanner.UnreadableCorrupt, o.Kind.String()+" "+v.repo.hex(v.repo.db.ID(number)), err.Error())
	}
	return mark
}

// Failed implements pack.Visitor.
func (v *searcher) Failed(p *pack.Pack, position int, err error) {
	v.done++
	v.fail(v.repo.db.PackNumber(v.pack, position))
	v.unread(oid.FromBytes(p.Index.ID(position)), odb.Place(p), err)
}

func (v *searcher) unread(id oid.ID, where string, err error) {
	if v.ctx.Err() != nil {
		return // it was interrupted: Scan returns that
	}
	reason := scanner.UnreadableCorrupt
	switch err.(type) {
	case *pack.TooLargeError, *pack.BombError:
		reason = scanner.UnreadableTooLarge
	case *odb.MissingError:
		reason = scanner.UnreadableMissing
	}
	v.unreadable(reason, "object "+v.repo.hex(id), fmt.Sprintf("in %s: %v", where, err))
}

// looseObject reads and inspects one loose object.
func (v *searcher) looseObject(r *odb.LooseReader, dir, position int) {
	list := v.repo.db.Loose[dir]
	number, first := v.repo.db.LooseNumber(dir, position)
	err := r.Visit(list, position,
		func(kind pack.Kind, content []byte) {
			v.looseKinds[dir][position] = kind
			first := v.takesPlace(number, first, inLoose(dir, position))
			v.count(kind, uint64(len(content)), first)
			v.inspect(&pack.Object{Kind: kind, Content: content}, number, first)
		},
		func(kind pack.Kind, size uint64, content io.Reader) error {
			v.looseKinds[dir][position] = kind
			first := v.takesPlace(number, first, inLoose(dir, position))
			v.count(kind, size, first)
			return v.stream(kind, number, first, size, content)
		})
	if err != nil {
		v.fail(number, first)
		v.unread(list.ID(position), "its loose file", err)
	}
}

// noteMissing reports the objects that are named and not there.
func (s *search) noteMissing() {
	ids := slices.SortedFunc(maps.Keys(s.missing), oid.ID.Compare)
	for _, id := range ids {
		a := s.missing[id]
		s.unreadable(scanner.UnreadableMissing, "object "+s.repo.hex(id),
			fmt.Sprintf("%s %s names it as a %s; it is not in the repository", a.by, s.repo.hex(a.naming), a.kind))
	}
}

// orEarlier returns the absence named by the lesser id.
func (a absence) orEarlier(b absence) absence {
	if b.by != 0 && bytes.Compare(b.naming[:], a.naming[:]) < 0 {
		return b
	}
	return a
}
