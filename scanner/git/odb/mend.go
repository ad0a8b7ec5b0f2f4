package odb

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/sourcegraph/conc"

	"skleak/scanner/cause"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
)

// broken is a pack that could not be opened with its idx.
type broken struct {
	path, place string
	stray       bool // see AddStray
}

// AddStray has Mend take in a pack that lies where git does not look for it, such as one of a fetch that was broken
// off. place names it in reports.
func (d *DB) AddStray(path, place string) {
	if !isLink(path) {
		d.broken = append(d.broken, broken{path, place, true})
	}
}

// AddBundle has Mend take in the pack of a bundle.
func (d *DB) AddBundle(path, place string) { d.broken = append(d.broken, broken{path, place, false}) }

// IsStray is true for the packs of AddStray. What their objects name need not be there.
func (d *DB) IsStray(p *pack.Pack) bool { return d.strays[p] }

// Check recomputes the checksums of the idx files and returns the packs, by their place in Packs, that need a new
// one: whose idx is damaged, or belongs to another pack. It takes a millisecond for 10,000 objects.
func (d *DB) Check() map[int]error {
	errs := make([]error, len(d.Packs))
	var wg conc.WaitGroup // which hands on a panic
	for i, p := range d.Packs {
		wg.Go(func() { errs[i] = p.CheckIndex() })
	}
	wg.Wait()
	need := map[int]error{}
	for i, err := range errs {
		if err != nil {
			need[i] = err
		}
	}
	return need
}

// Mending says how Mend goes about it: as of each pack, but for Resolve, and with a Screen for those who want to look
// at the objects while they go by. Screen makes ready for a pack; seen is called once its objects have their positions.
type Mending struct {
	Memory  int64
	Workers int
	Margin  int
	Screen  func() (newVisitor func() pack.Visitor, seen func(p *pack.Pack, positions []uint32)) // may be nil
}

// mended is a pack whose idx is made anew.
type mended struct {
	make   func(pack.Mending) (*pack.Pack, []string, error)
	p      *pack.Pack // nil: nothing of it can be read
	place  string
	losses []string
	err    error
}

// run makes the idx.
func (one *mended) run(d *DB, m Mending) {
	how := pack.Mending{Memory: m.Memory, Workers: m.Workers, Margin: m.Margin}
	how.Resolve = func(id oid.ID) (pack.Kind, []byte, error) { return d.NewReader().Read(id) }
	if m.Screen == nil {
		one.p, one.losses, one.err = one.make(how)
		return
	}
	var positions []uint32
	newVisitor, seen := m.Screen()
	how.NewVisitor, how.Renumber = newVisitor, func(of []uint32) { positions = of }
	if one.p, one.losses, one.err = one.make(how); one.err == nil && one.p != nil {
		seen(one.p, positions)
	}
}

// Mend makes the idx of packs anew: of those that could not be opened, and of those that Check returned. What it
// could not read is returned; that an idx is missing was said by Open, and what is wrong with one by the error in
// need. The numbers of all objects change, and no Reader or Layout from before may be used on. When ctx ends, so does
// Mend, and what it has not got to is among the problems.
func (d *DB) Mend(ctx context.Context, need map[int]error, m Mending) (problems []Problem) {
	var others []*pack.Pack
	var all []*mended
	for i, p := range d.Packs {
		if need[i] == nil {
			others = append(others, p)
			continue
		}
		all = append(all, &mended{place: Place(p), make: func(how pack.Mending) (*pack.Pack, []string, error) {
			losses, err := p.Reindex(ctx, how)
			return p, losses, err
		}})
	}
	d.Packs = others
	d.number()
	for _, b := range d.broken {
		all = append(all, &mended{place: b.place, make: func(how pack.Mending) (*pack.Pack, []string, error) {
			p, losses, err := pack.OpenWithoutIndex(ctx, b.path, d.Format, how)
			if b.stray && p != nil {
				d.strays[p] = true
			}
			if b.stray && errors.Is(err, fs.ErrNotExist) {
				err = nil // by now it is where git looks for it, and what leads there will be read
			}
			return p, losses, err
		}})
	}
	d.broken = nil
	for _, one := range all {
		if one.run(d, m); one.p != nil {
			d.Packs = append(d.Packs, one.p)
			d.number() // the next pack may have bases in this one
		}
	}
	d.complete(ctx, all, m)
	for _, one := range all {
		problems = append(problems, lossesOf(one.p, one.place, one.losses, one.err)...)
	}
	return problems
}

// complete does those packs once more that have deltas on objects of packs that came after them.
func (d *DB) complete(ctx context.Context, all []*mended, m Mending) {
	for range maxPacksApart {
		again := false
		for _, one := range all {
			if one.p == nil || !slices.ContainsFunc(one.p.Lacking(),
				func(id oid.ID) bool { return d.Has(id[:d.Format.Size()]) }) {
				continue
			}
			again = true
			p := one.p
			one.make = func(how pack.Mending) (*pack.Pack, []string, error) {
				losses, err := p.Reindex(ctx, how)
				return p, losses, err
			}
			one.run(d, m)
		}
		if !again {
			return
		}
	}
}

// NeedsMending is true where packs could not be opened with their idx.
func (d *DB) NeedsMending() bool { return len(d.broken) > 0 }

// lossesOf puts in words what was lost of a pack that has a new idx, or none (err).
func lossesOf(p *pack.Pack, place string, losses []string, err error) (problems []Problem) {
	if err != nil {
		return []Problem{{Place: place, Detail: "its objects cannot be listed without its idx: " + cause.Of(err).Error()}}
	}
	if p != nil && p.Damage != nil {
		losses = append(losses, p.Damage.Error())
	}
	for _, loss := range losses {
		problems = append(problems, Problem{Place: place, Detail: loss})
	}
	return problems
}

// Place names a pack in reports: not by its path, which belongs to the machine.
func Place(p *pack.Pack) string { return "pack/" + filepath.Base(p.Path) }
