package rules

// weave tries the forms in which a key that starts plainly may go on: a character of the body is
// escaped, or something that is no part of it stands in its midst. e is the plain entry of a built-in
// rule and at where its prefix starts.
func (c *scan) weave(v *view, at int, e *entry, depth int, found func(Match)) (cut bool) {
	r := &c.set.rules[e.rule]
	end := r.bodyEnd(v.text, at+prefixLen)
	if end-at-prefixLen > r.max {
		return false
	}
	if end == len(v.text) {
		return false // confirmPlain has said what there is to say
	}
	for _, form := range goesOn(v.text[end:]) {
		cut = c.unfoldPlain(v, at, end, form, e, depth, found) || cut
	}
	return cut
}

// goesOn lists the forms that what stands behind a body may belong to.
func goesOn(after []byte) []formID {
	switch after[0] {
	case '%':
		if len(after) > 2 && hexValue(after[1]) >= 0 && hexValue(after[2]) >= 0 {
			return []formID{formPercent}
		}
	case '&':
		return []formID{formHTML, formInvisible}
	case '=':
		return []formID{formQuotedPrintable}
	case '+':
		return []formID{formUTF7}
	case '\\':
		return []formID{formEscaped, formContinued, formJoined}
	case '`', '^':
		return []formID{formContinued, formJoined}
	case '"', '\'':
		return []formID{formJoined}
	}
	if invisible(after) > 0 || highlightEnd(after) > 0 {
		return []formID{formInvisible}
	}
	return nil
}

// unfoldPlain undoes a form around a plain prefix, which the form leaves as it is. If it leaves what
// stands behind the body as it is too, at end, it has nothing to say.
func (c *scan) unfoldPlain(v *view, at, end int, form formID, e *entry, depth int, found func(Match)) (cut bool) {
	d := &c.work[depth]
	d.src, d.at, d.start, d.phase, d.broken = *v, at, at, 0, false
	for _, n := range ahead {
		d.around(n)
		decoders[form](d)
		d.near = d.locate(at)
		if !hasPrefix(d.out.text[d.near:], prefixLive, prefixTest) || d.leaves(end, d.near+end-at) {
			return false
		}
		cut = c.plain(&d.out, d.near, e, depth+1, d.outward(form, found))
		if !cut || !d.out.cut {
			break
		}
	}
	return cut && v.cut
}

// leaves says whether the byte at src.text[i] stands unchanged at out.text[k].
func (d *decoding) leaves(i, k int) bool {
	return k < len(d.out.text) && int(d.out.from[k]) == i && int(d.out.to[k]) == i+1 && d.out.text[k] == d.src.text[i]
}
