package history

import (
	"context"

	"github.com/sourcegraph/conc"

	"skleak/scanner"
	"skleak/scanner/git/odb"
	"skleak/scanner/git/pack"
)

// layOut lays out all packs, and makes the idx anew of those that are without one, or have one that is damaged or
// another pack's. It comes before anything else of a search: object numbers follow from the idx files.
func (s *search) layOut(ctx context.Context) {
	var need map[int]error
	var checking conc.WaitGroup // which hands on a panic
	checking.Go(func() { need = s.repo.db.Check() })
	problems := s.layOutPacks()
	checking.Wait()
	for i, err := range need {
		s.unreadable(scanner.UnreadableCorrupt, odb.Place(s.repo.db.Packs[i]), err.Error())
	}
	if len(need) > 0 || s.repo.db.NeedsMending() {
		s.mend(ctx, need)
		problems = s.layOutPacks()
	}
	for i, err := range problems {
		s.unreadable(scanner.UnreadableCorrupt, odb.Place(s.repo.db.Packs[i]), err.Error())
	}
}

// layOutPacks fills layouts. A pack that cannot be laid out, because its file cannot be read any more, is returned.
func (s *search) layOutPacks() (problems map[int]error) {
	problems = map[int]error{}
	s.layouts = make([]*pack.Layout, len(s.repo.db.Packs))
	for i, p := range s.repo.db.Packs {
		layout, err := pack.NewLayout(p, s.Jobs)
		if err != nil {
			problems[i] = err
			continue
		}
		s.layouts[i] = layout
	}
	return problems
}

// mend makes the idx of packs anew, and screens their blobs on the way. What is wrong with them was noted.
func (s *search) mend(ctx context.Context, need map[int]error) {
	m := odb.Mending{Memory: s.Memory, Workers: s.Jobs, Margin: s.Rules.Overlap(), Screen: s.screen}
	problems := s.repo.db.Mend(ctx, need, m)
	if s.KeepIdx && ctx.Err() == nil {
		for p := range s.clean {
			if err := p.WriteIndex(); err != nil {
				problems = append(problems, odb.Problem{Place: odb.Place(p), Detail: err.Error()})
			}
		}
	}
	for _, p := range problems {
		if ctx.Err() == nil { // else Scan returns that
			s.noteMended(p)
		}
	}
}
