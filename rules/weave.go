package rules

import (
	"skleak/rules/internal/ascii"
	"skleak/rules/internal/form"
	"skleak/rules/internal/keys"
	"skleak/rules/internal/search"
)

// weave tries the forms in which a key that starts plainly may go on: a character of the body is
// escaped, or something that is no part of it stands in its midst. e is the plain entry of a built-in
// rule and at where its prefix starts.
func (c *scan) weave(v *form.View, at int, e *search.Entry, depth int, found func(Match)) (cut bool) {
	r := &c.set.rules[e.Rule]
	end := r.bodyEnd(v.Text, at+keys.PrefixLen)
	if end-at-keys.PrefixLen > r.max {
		return false
	}
	if end == len(v.Text) {
		return false // confirmPlain has said what there is to say
	}
	for _, id := range form.GoesOn(v.Text, end, end-at-keys.PrefixLen) {
		if !c.work.isSpent() {
			cut = c.unfoldPlain(v, at, end, id, e, depth, found) || cut
		}
	}
	return cut
}

// unfoldPlain undoes a form around a plain prefix, which the form leaves as it is. If it leaves what
// stands behind the body as it is too, at end, it has nothing to say.
func (c *scan) unfoldPlain(v *form.View, at, end int, id form.ID, e *search.Entry, depth int,
	found func(Match)) (cut bool) {
	d := &c.decodings[depth]
	d.Begin(v, form.Place{At: at, Start: at})
	for _, n := range form.Ahead {
		c.work.spend(d.Undo(id, n))
		near := d.Locate(at)
		if !ascii.HasPrefix(d.Out.Text[near:], keys.Live, keys.Test) || d.Leaves(end, near+end-at) {
			return false
		}
		cut = c.plain(&d.Out, near, e, depth+1, outward(d, id, found))
		if !cut || !d.Out.Cut || d.IsWhole() || c.work.isSpent() {
			break
		}
	}
	return cut && v.Cut
}
