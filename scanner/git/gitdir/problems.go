package gitdir

import (
	"errors"
	"fmt"
)

// problemsShown is how many problems one reading names. A packed-refs full of rubbish has millions
// of them, and nobody reads a list of those.
const problemsShown = 1000

// problems collects what went wrong, up to a limit; the rest is counted.
type problems struct {
	shown []Problem
	more  int
}

// add takes in a problem. With %w, one that is an *OutsideError is marked as such.
func (p *problems) add(place, format string, args ...any) {
	if len(p.shown) == problemsShown {
		p.more++
		return
	}
	err := fmt.Errorf(format, args...)
	p.shown = append(p.shown, Problem{place, err.Error(), errors.As(err, new(*OutsideError))})
}

// problem notes one on opening.
func (d *Dir) problem(place, format string, args ...any) {
	var p problems
	p.add(place, format, args...)
	d.Problems = append(d.Problems, p.list()...)
}

// list returns the problems; where some are left out, the last one says how many.
func (p *problems) list() []Problem {
	if p.more == 0 {
		return p.shown
	}
	return append(p.shown, Problem{Detail: fmt.Sprintf("and %d more", p.more)})
}
