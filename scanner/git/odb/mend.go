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
// off. place names it in reports. One that git does read is there already.
func (d *DB) AddStray(path, place string) {
	known := slices.ContainsFunc(d.Packs, func(p *pack.Pack) bool { return p.Path == path }) ||
		slices.ContainsFunc(d.broken, func(b broken) bool { return b.path == path })
	if !known && !isLink(path) {
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

// Mend makes the idx of packs anew, as m says of each but for Resolve: of those that could not be opened, and of those
// that Check returned. What it could not read is returned; that an idx is missing was said by Open, and what is wrong
// with one by the error in need. The numbers of all objects change, and no Reader or Layout from before may be used on.
// When ctx ends, so does Mend, and what it has not got to is among the problems.
func (d *DB) Mend(ctx context.Context, need map[int]error, m pack.Mending) (problems []Problem) {
	m.Resolve = func(id oid.ID) (pack.Kind, []byte, error) { return d.NewReader().Read(id) }
	var damaged []*pack.Pack
	packs, waiting := d.Packs, d.broken
	d.Packs, d.broken = nil, nil
	for i, p := range packs {
		if need[i] == nil {
			d.Packs = append(d.Packs, p)
		} else {
			damaged = append(damaged, p)
		}
	}
	d.number()
	var all []mended
	done := func(p *pack.Pack, place string, stray bool, losses []string, err error) {
		all = append(all, mended{p, place, stray, losses, err})
		if p != nil {
			d.Packs = append(d.Packs, p)
			d.number() // the next pack may have bases in this one
		}
	}
	for _, p := range damaged {
		losses, err := p.Reindex(ctx, m)
		done(p, Place(p), false, losses, err)
	}
	for _, b := range waiting {
		p, losses, err := pack.OpenWithoutIndex(ctx, b.path, d.Format, m)
		switch {
		case b.stray && p != nil:
			d.strays[p] = true
		case b.stray && errors.Is(err, fs.ErrNotExist):
			continue // by now it is where git looks for it, and what leads there will be read
		}
		done(p, b.place, b.stray, losses, err)
	}
	for range maxPacksApart { // some have deltas on objects of packs that came after them
		for i := range all {
			if one := &all[i]; one.p != nil && slices.ContainsFunc(one.p.Lacking(), d.hasID) {
				one.losses, one.err = one.p.Reindex(ctx, m)
			}
		}
	}
	for _, one := range all {
		for _, lost := range lossesOf(one.p, one.place, one.losses, one.err) {
			lost.Stray = one.stray
			problems = append(problems, lost)
		}
	}
	return problems
}

// mended is a pack whose idx was made anew; nil: nothing of it can be read.
type mended struct {
	p      *pack.Pack
	place  string
	stray  bool
	losses []string
	err    error
}

func (d *DB) hasID(id oid.ID) bool { return d.Has(id[:d.Format.Size()]) }

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
