package history

import (
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
	"skleak/scanner/git/mapped"
	"skleak/scanner/git/odb"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
	"skleak/scanner/git/presence"
	"skleak/scanner/history/internal/find"
	"skleak/scanner/history/internal/keyset"
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
	clean  map[*pack.Pack]cleanBlobs // of packs whose idx was made anew

	archives archive.Limits // of what is unpacked
	members  *find.Memory   // of it

	keys     keyset.Table
	keyBytes atomic.Int64 // of all sets of keys noted so far
	links    atomic.Int64 // from trees to what leads to keys
	crowded  atomic.Int64 // objects of which not all keys could be noted
	refName  []byte       // at hand; there may be millions of refs

	mu      sync.Mutex
	hits    map[uint32]*hit // by object number
	missing presence.Missing
	besides []scanner.Finding // what lies in packs and in no object
}

func newSearch(r *Repo, o Options) *search {
	if o.Jobs < 1 {
		o.Jobs = runtime.NumCPU()
	}
	r.db.Memory = o.Memory
	s := &search{
		repo: r, Options: o,
		shallow: r.shallow(o), looseKinds: make([][]pack.Kind, len(r.db.Loose)),
		clean: map[*pack.Pack]cleanBlobs{}, hits: map[uint32]*hit{}, missing: presence.Missing{},
		keys:   keyset.Table{Max: scanner.MostKeys(o.memory())},
		copies: copies{failed: map[uint32]bool{}, instead: map[uint32]copyAt{}},
	}
	s.archives.Memory, s.archives.Walks = o.Memory, o.Jobs
	s.members = find.NewMemory(o.memory() / 8)
	return s
}

// run reads every object of the database.
func (s *search) run(ctx context.Context) error {
	if s.layOut(ctx); ctx.Err() != nil {
		return ctx.Err()
	}
	s.archives.Packed = max(s.repo.db.PackedSize(), 1)
	s.Progress.Total.Add(int64(s.repo.db.Len()))
	if err := s.searchPacks(ctx); err != nil {
		return err
	}
	if err := s.searchUnclaimed(ctx); err != nil {
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
		if clean := s.clean[s.repo.db.Packs[i]]; clean != nil && !again {
			w.Need = clean.others(layout)
			s.passClean(ctx, i, clean, w.Need)
		}
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
	if errors.Is(err, mapped.ErrFault) {
		s.unreadable(scanner.UnreadableCorrupt, odb.Place(s.repo.db.Packs[i]), err.Error())
		return ctx.Err()
	}
	return err
}

// walk is how this search goes through a pack.
func (s *search) walk(l *pack.Layout) *pack.Walk {
	w := &pack.Walk{Layout: l, Kinds: pack.AllKinds, Margin: s.Rules.Overlap(), Workers: s.Jobs, Memory: s.Memory,
		Resolve: s.repo.db.NewReader().Read}
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
	err := mapped.Guard(func() error {
		work()
		return nil
	})
	if err != nil {
		s.unreadable(scanner.UnreadableCorrupt, "objects", err.Error())
	}
}

// maxLate bounds how often new objects are looked for: those that the last ones named. A new commit takes a round for
// each level of its folders.
const maxLate = 1000

// searchLate searches the objects that came after the lists of objects had been made, and that refs, or objects that
// were read, name already.
func (s *search) searchLate(ctx context.Context) error {
	for range maxLate {
		wanted := slices.Collect(maps.Keys(s.missing))
		for _, ref := range s.lost {
			if s.numberOf(ref.id) == absent {
				wanted = append(wanted, ref.id)
			}
		}
		added := s.repo.db.AddLate(wanted)
		if len(added) == 0 {
			return ctx.Err()
		}
		for _, id := range added {
			delete(s.missing, id)
		}
		s.Progress.Total.Add(int64(len(added)))
		s.looseKinds = append(s.looseKinds, nil)
		if err := s.searchLoose(ctx, len(s.repo.db.Loose)-1); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// noteMissing reports the objects that are named and not there.
func (s *search) noteMissing() {
	for _, id := range s.missing.IDs() {
		a := s.missing[id]
		s.unreadable(scanner.UnreadableMissing, "object "+s.repo.hex(id),
			fmt.Sprintf("%s %s names it as a %s; it is not in the repository", a.By, s.repo.hex(a.Naming), a.Kind))
	}
}
