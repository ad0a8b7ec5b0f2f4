package history

import (
	"context"
	"fmt"
	"hash/maphash"
	"maps"
	"path"
	"runtime"
	"slices"
	"sync/atomic"

	"skleak/scanner"
	"skleak/scanner/archive"
	"skleak/scanner/git/commits"
	"skleak/scanner/git/odb"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
	"skleak/scanner/git/passes"
	"skleak/scanner/git/presence"
	"skleak/scanner/history/internal/find"
	"skleak/scanner/history/internal/holders"
	"skleak/scanner/history/internal/keyset"
)

// search is the first half of a scan: every object, once.
type search struct {
	repo *Repo
	Options

	all     passes.Objects
	refs    refList
	lost    []lostRef               // refs whose objects are not there
	shallow map[oid.ID]bool         // commits whose parents are absent by intent
	clean   map[*pack.Pack][]uint32 // of packs whose idx was made anew; see screener
	notes   *notes                  // nil until there is something to trace

	archives archive.Limits // of what is unpacked
	members  *find.Memory   // of it

	keys     keyset.Table
	keyBytes atomic.Int64 // of all sets of keys noted so far
	crowded  atomic.Int64 // objects of which not all keys could be noted
	refName  []byte       // at hand; there may be millions of refs

	hits map[uint32]*hit // by object number
	// contents are hashes of what was looked at, of objects with keys and of containers, by object number: another copy may
	// be something else. The seed is another one in each run, so that nobody can make two contents with one hash.
	contents map[uint32]uint64
	seed     maphash.Seed

	missing presence.Missing
	besides []scanner.Finding // what lies in packs and in no object
}

// notes are what the search takes down of trees and commits once it knows of blobs with keys, so that tracing these
// need not go through them again for it. Clean repositories, which are most, pay nothing.
type notes struct {
	trees   *holders.Notes
	commits []*commits.Nodes // by worker
}

func newSearch(r *Repo, o Options) *search {
	if o.Jobs < 1 {
		o.Jobs = runtime.NumCPU()
	}
	r.db.Bound(o.Memory)
	s := &search{
		repo: r, Options: o, all: passes.Objects{DB: r.db, Jobs: o.Jobs, Memory: o.Memory}, shallow: r.shallow(o),
		clean: map[*pack.Pack][]uint32{}, hits: map[uint32]*hit{}, contents: map[uint32]uint64{},
		seed: maphash.MakeSeed(), missing: presence.Missing{},
		keys: keyset.Table{Max: scanner.MostKeys(o.memory())},
	}
	s.all.Unread = func(place string, err error) { s.unreadable(scanner.UnreadableCorrupt, place, err.Error()) }
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
	if err := s.all.Loose(ctx, 0, s.pass(ctx)); err != nil {
		return err
	}
	s.readRefs()
	if err := s.searchLate(ctx); err != nil {
		return err
	}
	s.noteMissing()
	s.checkRefs()
	return nil
}

// layOut makes ready for going through the packs. The blobs of those that have their idx made anew are screened.
func (s *search) layOut(ctx context.Context) {
	lost := s.all.LayOut(ctx,
		pack.Mending{Memory: s.Memory, Workers: s.Jobs, Margin: s.Rules.Overlap(), Screen: s.screen})
	if s.KeepIdx && ctx.Err() == nil {
		for p := range s.clean {
			if err := p.WriteIndex(); err != nil {
				lost = append(lost, odb.Problem{Place: odb.Place(p), Detail: err.Error()})
			}
		}
	}
	for _, p := range lost {
		switch {
		case ctx.Err() != nil: // Scan returns that
		case p.Stray && odb.IsTemporary(path.Base(p.Place)): // what git never finished has no end that could be missed
			s.Coverage.Skip(scanner.SkippedUnfinished, 1)
		default:
			s.unreadable(scanner.UnreadableCorrupt, p.Place, p.Detail)
		}
	}
}

// pass is how the search goes through objects.
func (s *search) pass(ctx context.Context, kinds ...pack.Kind) passes.Pass {
	p := passes.Pass{First: true, Kinds: pack.Kinds(kinds...), Margin: s.Rules.Overlap(), SkimRow: archive.RunHead,
		New: func() passes.Visitor { return s.newSearcher(ctx) }}
	switch {
	case s.VerifyObjects: // which wants each object whole
	case s.notes != nil: // which want the trees
		p.Skim = pack.Kinds(pack.Blob)
	default:
		p.Skim = pack.Kinds(pack.Blob, pack.Tree)
	}
	return p
}

// searchPacks takes the blobs of all packs first: if there are keys in them, it can note, on its way through trees and
// commits, what leads to them. To go through these once more for it costs a quarter of the whole search again.
func (s *search) searchPacks(ctx context.Context) error {
	blobs := s.pass(ctx, pack.Blob)
	blobs.Clean = s.clean
	if err := s.all.Packs(ctx, blobs); err != nil {
		return err
	}
	if numbers := s.hitsOf(pack.Blob); len(numbers) > 0 {
		s.notes = &notes{trees: holders.NewNotes(s.repo.db, numbers, s.memory())}
	}
	return s.all.Packs(ctx, s.pass(ctx, pack.Commit, pack.Tree, pack.Tag))
}

// hitsOf are the numbers of the objects of a kind that hold keys, in the order of their ids.
func (s *search) hitsOf(kind pack.Kind) []uint32 {
	return slices.DeleteFunc(s.sortedHits(), func(number uint32) bool { return s.hits[number].kind != kind })
}

// sortedHits are the numbers of the objects with keys, in the order of their ids.
func (s *search) sortedHits() []uint32 {
	return slices.SortedFunc(maps.Keys(s.hits), func(a, b uint32) int { return s.repo.db.ID(a).Compare(s.repo.db.ID(b)) })
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
			if s.repo.db.NumberOf(ref.id) == odb.Absent {
				wanted = append(wanted, ref.id)
			}
		}
		added := s.repo.db.AddLate(wanted)
		if len(added) == 0 {
			break
		}
		for _, id := range added {
			delete(s.missing, id)
		}
		s.Progress.Total.Add(int64(len(added)))
		if err := s.all.Loose(ctx, len(s.repo.db.Loose)-1, s.pass(ctx)); err != nil {
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
