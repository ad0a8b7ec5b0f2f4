package history

import (
	"context"
	"maps"
	"slices"
)

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
