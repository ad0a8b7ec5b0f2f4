package history

import (
	"os"
	"slices"

	"skleak/scanner"
	"skleak/scanner/git/odb"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
	"skleak/scanner/history/internal/find"
)

// sweep searches what lies in quarantine and was not met on the way from the tips: a push may bring what nothing
// leads to, and a server keeps it. What git has put there only because a delta needs it is in the repository, too,
// and not new.
func (s *changes) sweep(quarantine string) {
	own, problems := odb.Open([]string{quarantine}, s.repo.Dir.Format)
	defer own.Close()
	for _, p := range problems {
		s.unreadable(scanner.UnreadableCorrupt, p.Place, p.Detail)
	}
	others := odb.OpenLazily(s.outside(quarantine), s.repo.Dir.Format)
	defer others.Close()
	there := others.NewReader()
	for n := range uint32(own.Len()) {
		id := own.ID(n)
		if _, known := s.seen.Load(id); known || there.Has(id) {
			continue
		}
		if s.ctx.Err() != nil {
			return
		}
		s.stray(id)
	}
}

// outside are the objects folders but for the quarantine.
func (s *changes) outside(quarantine string) []string {
	inside, err := os.Stat(quarantine)
	return slices.DeleteFunc(slices.Clone(s.repo.Folders), func(dir string) bool {
		info, err2 := os.Stat(dir)
		return err == nil && err2 == nil && os.SameFile(inside, info)
	})
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
