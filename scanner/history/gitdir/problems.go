package gitdir

import "fmt"

// problemsShown is how many problems one reading names. A packed-refs full of rubbish has millions
// of them, and nobody reads a list of those.
const problemsShown = 1000

// problems collects what went wrong, up to a limit; the rest is counted.
type problems struct {
	shown []Problem
	more  int
}

func (p *problems) add(place, format string, args ...any) {
	if len(p.shown) == problemsShown {
		p.more++
		return
	}
	p.shown = append(p.shown, Problem{place, fmt.Sprintf(format, args...)})
}

// list returns the problems; where some are left out, the last one says how many.
func (p *problems) list() []Problem {
	if p.more == 0 {
		return p.shown
	}
	return append(p.shown, Problem{"", fmt.Sprintf("and %d more", p.more)})
}
