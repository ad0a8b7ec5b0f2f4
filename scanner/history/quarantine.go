package history

import (
	"bytes"
	"errors"
	"os"

	"github.com/sourcegraph/conc"

	"skleak/scanner"
	"skleak/scanner/git/mapped"
	"skleak/scanner/git/odb"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
	"skleak/scanner/history/internal/find"
)

// quarantine is where a server keeps what was pushed until its hooks agree.
type quarantine struct {
	own      *odb.DB  // what lies there
	outside  []string // the other objects folders
	problems []odb.Problem

	screening conc.WaitGroup // which hands on a panic
	screened  []screened     // the packs, once that is done
}

// screened is a pack of which each blob was looked at, in the order in which packs have them.
type screened struct {
	index *pack.Index
	clean []uint32 // by position: the size of a blob that holds nothing that anybody will ask for; 0 for all else
}

// openQuarantine opens what lies in quarantine, and begins to screen it: each pack is read once, from base to delta, and
// not version by version as commits bring them. What is not found to be clean then is read as if nobody had.
func (s *changes) openQuarantine(dir string) *quarantine {
	q := &quarantine{}
	q.own, q.problems = odb.Open([]string{dir}, s.repo.Dir.Format)
	inside, err := os.Stat(dir)
	for _, folder := range s.repo.Folders {
		if info, err2 := os.Stat(folder); err == nil && err2 == nil && os.SameFile(inside, info) {
			s.repo.Objects.First(folder)
		} else {
			q.outside = append(q.outside, folder)
		}
	}
	if s.VerifyObjects { // which wants each object whole
		return q
	}
	q.screening.Go(func() {
		for _, p := range q.own.Packs {
			if one, ok := s.screen(p); ok {
				q.screened = append(q.screened, one)
			}
		}
	})
	return q
}

// isNew returns what tells of a commit that the repository has nothing of it but in quarantine, and so nothing either
// that leads to it; nil if there is no quarantine.
func (q *quarantine) isNew(objects *odb.Lazy) func(oid.ID) bool {
	if q == nil {
		return nil
	}
	return func(id oid.ID) bool { return !objects.Elsewhere(id) }
}

func (s *changes) closeQuarantine() {
	s.quarantine.screening.Wait()
	s.quarantine.own.Close()
	s.quarantine = nil
}

// screenedBytes is how much of a pack a second worker is worth: the commits are looked at meanwhile.
const screenedBytes = 4 << 20

// screen looks at the blobs of a pack.
func (s *changes) screen(p *pack.Pack) (one screened, ok bool) {
	layout, err := pack.NewLayout(p, s.Jobs)
	if err != nil {
		return one, false
	}
	var all []*screener
	workers := min(s.Jobs, int(p.Size()/screenedBytes)+1)
	w := pack.Walk{Layout: layout, Kinds: pack.Kinds(pack.Blob), Margin: s.Rules.Overlap(), Workers: workers, Memory: s.Memory}
	err = w.Run(s.ctx, func() pack.Visitor {
		all = append(all, newScreener(s.Rules))
		return all[len(all)-1]
	})
	if err != nil {
		return one, false
	}
	one = screened{p.Index, make([]uint32, p.Index.Len())}
	for _, v := range all {
		for _, blob := range v.clean {
			one.clean[blob.place] = blob.size
		}
	}
	return one, true
}

// cleanSize is the size of a blob of which every copy in quarantine was found to be clean; 0 for all else.
func (q *quarantine) cleanSize(id []byte) (size uint32) {
	if q == nil {
		return 0
	}
	q.screening.Wait()
	if len(q.screened) < len(q.own.Packs) {
		return 0
	}
	err := mapped.Guard(func() error {
		for _, one := range q.screened {
			at, there := one.index.Find(id)
			if !there {
				continue
			}
			if size = one.clean[at]; size == 0 || one.isTwice(at) {
				return errNotClean
			}
		}
		return nil
	})
	if err != nil {
		return 0
	}
	return size
}

var errNotClean = errors.New("a copy is not clean")

// isTwice tells whether the id at a position stands there twice.
func (one *screened) isTwice(at int) bool {
	same := func(other int) bool {
		return other >= 0 && other < one.index.Len() && bytes.Equal(one.index.ID(at), one.index.ID(other))
	}
	return same(at-1) || same(at+1)
}

// sweep searches what lies in quarantine and was not met on the way from the tips: a push may bring what nothing
// leads to, and a server keeps it. What git has put there only because a delta needs it is in the repository, too,
// and not new.
func (s *changes) sweep() {
	s.quarantine.screening.Wait()
	for _, p := range s.quarantine.problems {
		s.unreadable(scanner.UnreadableCorrupt, p.Place, p.Detail)
	}
	others := odb.OpenLazily(s.quarantine.outside, s.repo.Dir.Format)
	defer others.Close()
	there := others.NewReader()
	err := mapped.Guard(func() error { // ids are read where the idx lies
		for n := range uint32(s.quarantine.own.Len()) {
			id := s.quarantine.own.ID(n)
			if _, known := s.seen.Load(id); known || there.Has(id) {
				continue
			}
			if s.ctx.Err() != nil {
				return nil
			}
			s.stray(id)
		}
		return nil
	})
	if err != nil {
		s.unreadable(scanner.UnreadableCorrupt, "quarantine", err.Error())
	}
}

// stray searches an object to which no tip leads.
func (s *changes) stray(id oid.ID) {
	kind, content, err := s.reader.Read(id)
	switch {
	case err != nil:
		s.noteUnread(id, "", "", err)
	case kind == pack.Blob:
		s.blob(s.reader, "", id)
		if keys := s.hits[id]; !keys.isEmpty() {
			s.tellStray(id, s.matchesIn(s.reader, id, keys.set()))
		}
	case kind == pack.Tree:
		s.openTree(id, content)
		matches, complete := find.InTree(s.Rules, content, s.repo.Dir.Format)
		s.tellDense("object "+s.repo.hex(id), complete)
		s.tellStray(id, matches)
	default:
		s.text(kind, id, content, !isReached)
	}
}

func (s *changes) tellStray(id oid.ID, matches []find.Match) {
	for _, m := range matches {
		s.found = append(s.found, m.Finding(scanner.Finding{Source: scanner.SourceHistory, Blob: s.repo.hex(id)}))
	}
}
