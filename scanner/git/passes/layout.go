package passes

import (
	"context"

	"github.com/sourcegraph/conc"

	"skleak/scanner/git/odb"
	"skleak/scanner/git/pack"
)

// LayOut lays out all packs, and makes the idx anew of those that are without one, or have one that is damaged or
// another pack's. The numbers of objects follow from the idx. It returns what could not be read of those packs; what is
// wrong with the others is told to Unread.
func (s *Objects) LayOut(ctx context.Context, m pack.Mending) (lost []odb.Problem) {
	var need map[int]error
	var checking conc.WaitGroup // which hands on a panic
	checking.Go(func() { need = s.DB.Check() })
	problems := s.layOutPacks()
	checking.Wait()
	for i, err := range need {
		s.Unread(odb.Place(s.DB.Packs[i]), err)
	}
	if len(need) > 0 || s.DB.NeedsMending() {
		lost = s.DB.Mend(ctx, need, m)
		problems = s.layOutPacks()
	}
	for i, err := range problems {
		s.Unread(odb.Place(s.DB.Packs[i]), err)
	}
	_ = s.DB.Tabulate() // an idx that cannot be read any more is told by whoever goes through its pack
	return lost
}

// layOutPacks fills layouts. A pack that cannot be laid out, because its file cannot be read any more, is returned.
func (s *Objects) layOutPacks() (problems map[int]error) {
	problems = map[int]error{}
	s.layouts = make([]*pack.Layout, len(s.DB.Packs))
	for i, p := range s.DB.Packs {
		layout, err := pack.NewLayout(p, s.Jobs)
		if err != nil {
			problems[i] = err
			continue
		}
		s.layouts[i] = layout
	}
	return problems
}

// ranksOf returns, by pack, the ranks of the objects in a set and of what they are built on; nil for a pack without.
func (s *Objects) ranksOf(numbers pack.Bitmap) []pack.Bitmap {
	need := make([]pack.Bitmap, len(s.layouts))
	for p, layout := range s.layouts {
		if layout == nil {
			continue
		}
		ranks := pack.NewBitmap(layout.Len())
		for r := range uint32(layout.Len()) {
			position := layout.Position(r)
			n, isFirst := s.DB.PackNumber(p, position)
			if numbers.Has(n) && s.counts(n, isFirst, copyAt{true, p, position}, false) {
				ranks.Add(r)
				need[p] = ranks
			}
		}
		if need[p] != nil {
			layout.CloseUpward(ranks)
		}
	}
	return need
}
