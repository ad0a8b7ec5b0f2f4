package history

import (
	"bytes"
	"context"
	"fmt"

	"skleak/scanner"
	"skleak/scanner/git/odb"
	"skleak/scanner/history/internal/find"
)

// stray is a pack that lies in the git directory where git does not look for it.
type stray struct{ file, place string }

// AddStray has Scan read such a pack. place is its path in the git directory.
func (r *Repo) AddStray(file, place string) { r.strays = append(r.strays, stray{file, place}) }

// mostBesides is how many keys are told that lie in no object.
const mostBesides = 10_000

// searchUnclaimed searches, as they are, the bytes of packs that belong to no object. They are named all the same,
// since nothing says what they are; at the end of a pack that git never finished, they are the beginning of an
// object.
func (s *search) searchUnclaimed(ctx context.Context) error {
	for _, p := range s.repo.db.Packs {
		for _, part := range p.Unclaimed() {
			var found []find.Match
			full := false
			text := p.Bytes(part)
			err := find.InStream(ctx, s.Rules, bytes.NewReader(text), find.Window, nil, func(m find.Match) {
				if full = full || len(s.besides)+len(found) == mostBesides; !full {
					found = append(found, m)
				}
			})
			switch {
			case err == scanner.ErrDense:
				s.unreadable(scanner.UnreadableTooLarge, odb.Place(p), err.Error())
			case err != nil:
				return err
			case full:
				s.unreadable(scanner.UnreadableTooLarge, odb.Place(p), "more keys stand between its objects than are told")
			}
			if s.repo.db.IsStray(p) {
				s.Coverage.Skip(scanner.SkippedUnfinished, 1)
			} else {
				s.unreadable(scanner.UnreadableCorrupt, odb.Place(p),
					fmt.Sprintf("bytes %d to %d belong to no object: they were searched as they are", part.From, part.To))
			}
			place := s.Rules.Redact(s.Inside + "objects/" + odb.Place(p))
			for _, m := range found {
				s.besides = append(s.besides, m.Finding(scanner.Finding{Source: scanner.SourceGitDir, Path: place}))
			}
		}
	}
	return nil
}

// searchRefName searches the name of a ref in a table. All other names of refs are those of files, or stand in one,
// and are searched with the rest of the git directory.
func (s *search) searchRefName(name string) {
	s.refName = append(s.refName[:0], name...)
	text := s.refName
	if s.Rules.Next(text, 0) < 0 {
		return // before anything is allocated for it
	}
	complete := find.InWindow(s.Rules, text, 0, len(text), scanner.Cursor{}, nil, func(m find.Match) {
		m.Place = scanner.Place{}
		s.besides = append(s.besides, m.Finding(scanner.Finding{Source: scanner.SourceGitDir,
			Path: s.Rules.Redact(s.Inside + name)}))
	})
	if !complete {
		s.unreadable(scanner.UnreadableTooLarge, s.Rules.Redact(name), scanner.ErrDense.Error())
	}
}
