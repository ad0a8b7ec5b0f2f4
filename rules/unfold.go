package rules

import "slices"

// How far the forms may nest, and how much of a text is decoded around a candidate. Decoding starts
// with a little, since most candidates are none, and goes on to more while a key does not end. What
// is left of reach is for decoders and judges that look past that.
const (
	maxDepth = 3
	behind   = 96 // decoded before the candidate: the boundary, a vendor's prefix
	nearby   = 40 // how far from the outer candidate the inner one may be, in decoded bytes
	reach    = 4096

	// How far from a loose candidate the inner one may be.
	looseBefore = 24
	looseBehind = 24
)

var ahead = [...]int{64, 224, 800, reach - 1024}

// A scan is one run over one text. It keeps the memory that decoding needs, one piece a depth.
type scan struct {
	set       *Set
	work      work
	aByte     int // how much work a byte of the text may cost
	decodings [maxDepth]decoding
}

// confirm tries every reading of the candidate at v.text[at:]; depth is how many forms v lies in, and
// starts where its literal may start: nil is anywhere. It says whether a reading was cut short by the
// end of the view.
func (c *scan) confirm(v *view, at int, starts []int, depth int, found func(Match)) (cut bool) {
	long, short := c.set.searcher.windowsAt(v.text, at)
	for _, window := range [...]int{long, short} {
		if window < 0 {
			continue
		}
		for i := range c.set.entries[window] {
			e := &c.set.entries[window][i]
			if !e.startsAt(at, starts) || c.work.isSpent() {
				continue
			}
			if e.form == formPlain {
				cut = c.plainAt(v, at, e, depth, found) || cut
			} else if depth < maxDepth {
				cut = c.unfold(v, at, e, depth, found) || cut
			}
		}
	}
	return cut
}

// startsAt says whether a literal whose window is at at starts at one of starts.
func (e *entry) startsAt(at int, starts []int) bool {
	if starts == nil {
		return true
	}
	for _, lead := range e.leads {
		if slices.Contains(starts, at-int(lead)) {
			return true
		}
	}
	return false
}

// plainAt confirms the plain keys whose prefix has its window at at.
func (c *scan) plainAt(v *view, at int, e *entry, depth int, found func(Match)) (cut bool) {
	for _, lead := range e.leads {
		start := at - int(lead)
		if start >= 0 && hasPrefix(v.text[start:], c.set.rules[e.rule].prefix) {
			cut = c.plain(v, start, e, depth, found) || cut
		}
	}
	return cut
}

// plain confirms a plain key. Where its body stops at something that may be a form's way of going
// on, the reading that makes more of it wins.
func (c *scan) plain(v *view, start int, e *entry, depth int, found func(Match)) (cut bool) {
	r := &c.set.rules[e.rule]
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
func (c *scan) unfold(v *view, at int, e *entry, depth int, found func(Match)) (cut bool) {
	d := &c.decodings[depth]
	d.src, d.at, d.start, d.phase, d.broken = *v, at, at-int(slices.Max(e.leads)), int(e.phase), e.broken
	if e.loose {
		d.start = max(0, at-nearby/2)
	}
	for _, n := range ahead {
		c.decode(d, e.form, n)
		from, to, starts := d.nested(e)
		cut = d.out.cut && to == len(d.out.text)
		for q := c.set.searcher.next(d.out.text[:to], from); q >= 0; q = c.set.searcher.next(d.out.text[:to], q+1) {
			if d.isLeft(min(q, first(starts, q)), q+windowLong) {
				continue
			}
			cut = c.confirm(&d.out, q, starts, depth+1, d.outward(e.form, found)) || cut
		}
		if !cut || !d.out.cut || d.last == len(d.src.text) || c.work.isSpent() {
			break
		}
	}
	return cut && v.cut
}

// decode undoes the form around the candidate, and n bytes behind it.
func (c *scan) decode(d *decoding, form formID, n int) {
	d.around(n)
	decoders[form](d)
	c.work.spend(attempt + d.last - d.first + d.extra)
}

// isLeft says whether out.text[start:end] stands in the source as it is: then it is a candidate of its own
// there. Without this, a literal that the form leaves alone would be its own neighbour at every depth.
func (d *decoding) isLeft(start, end int) bool {
	for k := start; k < end; k++ {
		if !d.leaves(int(d.out.from[start])+k-start, k) {
			return false
		}
	}
	return true
}

// first is the first of starts, or else what is given.
func first(starts []int, none int) int {
	if len(starts) == 0 {
		return none
	}
	return slices.Min(starts)
}

// nested says where in what was decoded to look for the inner literal, and where that must start.
func (d *decoding) nested(e *entry) (from, to int, starts []int) {
	if d.near < 0 {
		d.near = d.locate(d.start)
	}
	if e.loose {
		near := d.locate(d.at)
		return max(0, near-looseBefore), min(len(d.out.text), near+looseBehind), nil
	}
	starts = append(d.starts[:0], d.near)
	to = d.near
	for _, lead := range e.leads {
		if near := d.locate(d.at - int(lead)); len(e.leads) > 1 && !slices.Contains(starts, near) {
			starts = append(starts, near)
			to = max(to, near)
		}
	}
	d.starts = starts
	return d.near, min(len(d.out.text), to+nearby), starts
}

// outward turns a match in what was decoded into one in the text around it. A key that the form
// left as it was is no match: it is a candidate of its own, and is judged there.
func (d *decoding) outward(form formID, found func(Match)) func(Match) {
	return func(m Match) {
		plain := m.Form == formNames[formPlain] && len(m.Key.Reveal()) == m.End-m.Start
		m.Start, m.End = d.out.span(m.Start, m.End)
		if plain && string(d.src.text[m.Start:m.End]) == m.Key.Reveal() {
			return
		}
		if name := formNames[form]; m.Form == formNames[formPlain] {
			m.Form = name
		} else {
			m.Form = name + "+" + m.Form
		}
		found(m)
	}
}

// decoders are the forms.
var decoders = [formCount]func(*decoding){
	formBase64:          decodeBase64,
	formHex:             decodeHex,
	formUTF16:           decodeUTF16,
	formUTF32:           decodeUTF32,
	formUTF7:            step(utf7Step).decode,
	formEscaped:         step(escapedStep).decode,
	formStripped:        step(strippedStep).decode,
	formPercent:         step(percentStep).decode,
	formHTML:            step(htmlStep).decode,
	formQuotedPrintable: step(quotedPrintableStep).decode,
	formHexBytes:        decodeHexBytes,
	formDecimalBytes:    decodeDecimalBytes,
	formColumns:         decodeColumns,
	formContinued:       step(continuedStep).decode,
	formInvisible:       step(invisibleStep).decode,
	formJoined:          decodeJoined,
	formReversed:        decodeReversed,
	formRot13:           step(rot13Step).decode,
}
