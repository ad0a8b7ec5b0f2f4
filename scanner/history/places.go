package history

import (
	"context"
	"io"
	"slices"

	"skleak/rules"
	"skleak/scanner"
	"skleak/scanner/archive"
	"skleak/scanner/git/mapped"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
	"skleak/scanner/git/passes"
	"skleak/scanner/history/internal/find"
)

// grant grants wishes in one more pass, through the wished objects and what they are built on.
func (s *search) grant(ctx context.Context, wishes map[uint32]*wish) error {
	numbers := pack.NewBitmap(s.repo.db.Len())
	for number := range wishes {
		numbers.Add(number)
	}
	var archives archive.Limits // what is unpacked once more does not count against the search
	archives.Memory, archives.Walks = s.Memory, s.Jobs
	return s.all.All(ctx, passes.Pass{Kinds: pack.Kinds(pack.Blob, pack.Commit, pack.Tag), Need: numbers,
		New: func() passes.Visitor { return s.newPlacer(ctx, wishes, &archives) }})
}

// placer finds out where keys stand in the objects of which that is wished.
type placer struct {
	*searcher
	wishes map[uint32]*wish
}

// newPlacer makes one that looks into containers with an allowance. The search named what is not read in them.
func (s *search) newPlacer(ctx context.Context, wishes map[uint32]*wish, archives *archive.Limits) *placer {
	p := &placer{searcher: s.newSearcher(ctx), wishes: wishes}
	p.inside.Limits, p.inside.Coverage, p.inside.Memory = archives, new(scanner.Coverage), nil
	return p
}

// Visit implements passes.Visitor. Objects that are on the way only are looked at for the sake of those built on them.
func (p *placer) Visit(o *pack.Object, number uint32, counts bool) pack.Mark {
	list, complete := []sight(nil), true
	if p.hits[number] != nil || p.crowded.Load() > 0 {
		list, complete = p.sightsIn(o)
	}
	leaveSights(o, list, complete)
	if w := p.wishes[number]; w != nil && counts {
		p.fulfil(w, o.Kind, o.Content, list)
	}
	return 0
}

// Stream implements passes.Visitor.
func (p *placer) Stream(o *pack.Object, number uint32, counts bool, size uint64, content io.Reader) error {
	if w := p.wishes[number]; w != nil && counts {
		return p.streamed(w)(o.Kind, size, content)
	}
	return nil
}

// Failed and Done are not those of the searcher: it told what cannot be read, and what there is.
func (p *placer) Failed(*pack.Pack, oid.ID, error) {}
func (p *placer) Done()                            {}

// whole grants a wish in an object that is read alone.
func (p *placer) whole(w *wish) func(pack.Kind, []byte) {
	return func(kind pack.Kind, content []byte) {
		if kind == pack.Tree {
			p.eachKeyName(content, func(name string, _ []uint32) { p.placeInName(w, []byte(name)) })
			return
		}
		list, _ := p.sightsIn(&pack.Object{Kind: kind, Content: content})
		p.fulfil(w, kind, content, list)
	}
}

// streamed grants a wish in an object that goes by.
func (p *placer) streamed(w *wish) func(pack.Kind, uint64, io.Reader) error {
	return func(kind pack.Kind, size uint64, content io.Reader) error {
		if kind != pack.Blob {
			data, err := pack.ReadBounded(content, size, p.Memory)
			if err == nil {
				p.whole(w)(kind, data)
			}
			return err
		}
		var own []find.Match
		seen := map[uint32]bool{}
		within := p.wishWithin(w)
		err := p.inside.Alongside(content, func(content io.Reader) error {
			return find.InStream(p.ctx, p.Rules, content, find.Window, func(k rules.Key) bool { return p.wants(w, k, seen) },
				func(m find.Match) { own = append(own, m) })
		}, contentOf(p.repo.db.NewReader(), p.repo.db.ID(w.number)))
		p.take(w, p.inside.WithoutSecondSights(own))
		p.take(w, p.inside.Found)
		w.left += within.left
		return err
	}
}

// wishWithin has what p looks into next searched for what a wish is about. It counts by itself.
func (p *placer) wishWithin(w *wish) *wish {
	within := &wish{keys: w.keys, single: w.single}
	seen := map[uint32]bool{}
	p.inside.Wanted = func(k rules.Key) bool { return p.wants(within, k, seen) }
	return within
}

// fulfilWithin grants a wish in what lies in a container, and returns the keys found there.
func (p *placer) fulfilWithin(w *wish, content []byte) (keys map[uint32]bool) {
	within := p.wishWithin(w)
	if !p.inside.Whole(content) {
		return nil
	}
	p.take(w, p.inside.Found)
	w.left += within.left
	keys = map[uint32]bool{}
	for _, one := range w.found {
		keys[one.number] = true
	}
	return keys
}

// take adds matches to what a wish has found.
func (p *placer) take(w *wish, matches []find.Match) {
	for _, m := range matches {
		w.found = append(w.found, found{p.keys.Number(m.Key), m})
	}
}

// wants tells whether one more place of a key is wished; seen are the keys that have one.
func (p *placer) wants(w *wish, k rules.Key, seen map[uint32]bool) bool {
	number := p.keys.Number(k)
	switch {
	case !w.keys.Has(number):
		return false
	case w.single && seen[number]:
		w.left++
		return false
	}
	if w.single {
		seen[number] = true
	}
	return true
}

// fulfil grants a wish in a content whose keys are known.
func (p *placer) fulfil(w *wish, kind pack.Kind, content []byte, list []sight) {
	if w.describe {
		w.commit = find.Describe(p.repo.hex(p.repo.db.ID(w.number)), kind, content, p.Rules)
	}
	var within map[uint32]bool // their places in the bytes of the container are second sights
	if kind == pack.Blob {
		within = p.fulfilWithin(w, content)
	}
	var positions []int
	for _, one := range list {
		if w.keys.Has(one.key) && !within[one.key] {
			positions = append(positions, int(one.at))
		}
	}
	positions = slices.Compact(positions)
	seen := map[uint32]bool{}
	var cursor scanner.Cursor
	at := 0
	p.Rules.ScanAt(content, positions, func(m rules.Match) {
		if !p.wants(w, m.Key, seen) {
			return
		}
		cursor.Advance(content[at:m.Start])
		at = m.Start
		one := find.New(p.Rules, content, m)
		one.Place = cursor.PlaceOf(content[m.Start:m.End])
		w.found = append(w.found, found{p.keys.Number(m.Key), one})
	})
}

// placeInName grants a wish in a name.
func (s *search) placeInName(w *wish, name []byte) {
	s.Rules.Scan(name, func(m rules.Match) {
		if number := s.keys.Number(m.Key); w.keys.Has(number) {
			w.found = append(w.found, found{number, find.New(s.Rules, name, m)})
		}
	})
}

// findOneByOne is findAll for a scan that was ended: it reads each object alone, and what cannot be read is told
// without its place.
func (t *teller) findOneByOne() []scanner.Finding {
	t.limit()
	wishes := t.wishes()
	p := t.newPlacer(context.Background(), wishes, new(archive.Limits))
	r := t.repo.db.NewReader()
	for number, w := range wishes {
		_ = mapped.Guard(func() error { return r.Visit(t.repo.db.ID(number), p.whole(w), p.streamed(w)) })
	}
	return t.findings(wishes)
}
