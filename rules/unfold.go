package rules

import (
	"slices"
	"sync"

	"skleak/rules/internal/ascii"
	"skleak/rules/internal/form"
	"skleak/rules/internal/search"
)

// maxDepth is how deep the forms may nest.
const maxDepth = 3

// A scan is one run over one text. It keeps the memory that decoding needs, one piece a depth.
type scan struct {
	set       *Set
	work      work
	aByte     int // how much work a byte of the text may cost
	decodings [maxDepth]form.Decoding
}

// scans are those that are not in use, for the memory of their decodings.
var scans = sync.Pool{New: func() any { return new(scan) }}

// begin makes a scan, until end is called.
func (s *Set) begin(aByte int) *scan {
	c := scans.Get().(*scan)
	c.set, c.work, c.aByte = s, work{}, aByte
	return c
}

// end gives the scan's memory to the next one, and lets go of the text.
func (c *scan) end() {
	for i := range c.decodings {
		c.decodings[i].Begin(&form.View{}, form.Place{})
	}
	c.set = nil
	scans.Put(c)
}

// confirm tries every reading of the candidate at v.Text[at:]; depth is how many forms v lies in, and
// starts where its literal may start: nil is anywhere. It says whether a reading was cut short by the
// end of the view.
func (c *scan) confirm(v *form.View, at int, starts []int, depth int, found func(Match)) (cut bool) {
	long, short := c.set.search.At(v.Text, at)
	for _, entries := range [...][]search.Entry{long, short} {
		for i := range entries {
			e := &entries[i]
			if !startsAt(e, at, starts) || c.work.isSpent() {
				continue
			}
			if e.Form == form.Plain {
				cut = c.plainAt(v, at, e, depth, found) || cut
			} else if depth < maxDepth {
				cut = c.unfold(v, at, e, depth, found) || cut
			}
		}
	}
	return cut
}

// startsAt says whether a literal whose window is at at starts at one of starts.
func startsAt(e *search.Entry, at int, starts []int) bool {
	if starts == nil {
		return true
	}
	for _, lead := range e.Leads {
		if slices.Contains(starts, at-int(lead)) {
			return true
		}
	}
	return false
}

// plainAt confirms the plain keys whose prefix has its window at at.
func (c *scan) plainAt(v *form.View, at int, e *search.Entry, depth int, found func(Match)) (cut bool) {
	for _, lead := range e.Leads {
		start := at - int(lead)
		if start >= 0 && ascii.HasPrefix(v.Text[start:], c.set.rules[e.Rule].prefix) {
			cut = c.plain(v, start, e, depth, found) || cut
		}
	}
	return cut
}

// plain confirms a plain key. Where its body stops at something that may be a form's way of going
// on, the reading that makes more of it wins.
func (c *scan) plain(v *form.View, start int, e *search.Entry, depth int, found func(Match)) (cut bool) {
	r := &c.set.rules[e.Rule]
	o := r.confirmPlain(*v, start, &c.work)
	if depth < maxDepth && r.builtin {
		longer := false
		cut = c.weave(v, start, e, depth, func(m Match) {
			if !o.found || len(m.Key.Reveal()) > len(o.match.Key.Reveal()) {
				longer = true
				found(m)
			}
		})
		if longer || cut {
			return cut
		}
	}
	if o.found {
		found(o.match)
	}
	return o.cut
}

// unfold undoes a form around the candidate and confirms what is nested in it: the literals that
// start where this one does, or for a loose one any nearby.
func (c *scan) unfold(v *form.View, at int, e *search.Entry, depth int, found func(Match)) (cut bool) {
	d := &c.decodings[depth]
	d.Begin(v, form.Place{At: at, Start: startOf(e, at), Phase: int(e.Phase), Broken: e.Broken, Leads: e.Leads,
		Loose: e.Loose})
	for _, n := range form.Ahead {
		c.work.spend(d.Undo(e.Form, n))
		from, to, starts := d.Nested()
		cut = d.Out.Cut && to == len(d.Out.Text)
		for q := c.set.search.Next(d.Out.Text[:to], from); q >= 0; q = c.set.search.Next(d.Out.Text[:to], q+1) {
			if d.IsLeft(min(q, first(starts, q)), q+form.CandidateLength) {
				continue
			}
			cut = c.confirm(&d.Out, q, starts, depth+1, outward(d, e.Form, found)) || cut
		}
		if !cut || !d.Out.Cut || d.IsWhole() || c.work.isSpent() {
			break
		}
	}
	return cut && v.Cut
}

// startOf is where the longest of an entry's literals starts that fits in front of the candidate at at. A text may
// begin with the rest of a literal.
func startOf(e *search.Entry, at int) (start int) {
	start = at
	for _, lead := range e.Leads {
		if at >= int(lead) {
			start = min(start, at-int(lead))
		}
	}
	return start
}

// first is the first of starts, or else what is given.
func first(starts []int, none int) int {
	if len(starts) == 0 {
		return none
	}
	return slices.Min(starts)
}

// outward turns a match in what was decoded into one in the text around it. A key that the form
// left as it was is no match: it is a candidate of its own, and is judged there.
func outward(d *form.Decoding, id form.ID, found func(Match)) func(Match) {
	plain := form.Plain.String()
	return func(m Match) {
		asIs := m.Form == plain && len(m.Key.Reveal()) == m.End-m.Start
		m.Start, m.End = d.Out.Span(m.Start, m.End)
		if asIs && string(d.Source(m.Start, m.End)) == m.Key.Reveal() {
			return
		}
		if name := id.String(); m.Form == plain {
			m.Form = name
		} else {
			m.Form = name + "+" + m.Form
		}
		found(m)
	}
}
