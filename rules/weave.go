package rules

import "bytes"

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
	for _, form := range goesOn(v.text, end, end-at-prefixLen) {
		if !c.work.isSpent() {
			cut = c.unfoldPlain(v, at, end, form, e, depth, found) || cut
		}
	}
	return cut
}

// goesOn lists the forms that what stands behind a body of length body may belong to, at text[end:].
func goesOn(text []byte, end, body int) (forms []formID) {
	after := text[end:]
	switch {
	case body == 0 && formatJoint(after) > 0:
		return []formID{formJoined}
	case body == 0 && lostColour(after) > 0:
		return []formID{formInvisible}
	case foldLength(text[:end], after) > 0:
		return []formID{formContinued}
	}
	switch after[0] {
	case '%':
		if _, ok := hexAfter(after, 1, 2); ok {
			return []formID{formPercent}
		}
	case '&':
		if bytes.IndexByte(after[:min(len(after), longestEntity)], ';') > 0 {
			forms = append(forms, formHTML)
		}
	case '=':
		if _, ok := hexAfter(after, 1, 2); ok || softBreak(after) > 0 {
			return []formID{formQuotedPrintable}
		}
	case '+':
		if bytes.IndexByte(after[:min(len(after), longestUTF7)], '-') > 0 {
			return []formID{formUTF7}
		}
	case '\\':
		switch {
		case lineEnd(after[1:]) > 0:
			return []formID{formContinued}
		case mayJoin(text, end, body):
			return []formID{formEscaped, formJoined}
		}
		return []formID{formEscaped}
	case '`', '^', '"', '\'':
		if lineEnd(after[1:]) > 0 {
			forms = append(forms, formContinued)
		}
		if mayJoin(text, end, body) {
			forms = append(forms, formJoined)
		}
		return forms
	}
	if invisible(after) > 0 || highlightEnd(after) > 0 {
		forms = append(forms, formInvisible)
	}
	return forms
}

// mayJoin says whether a body that ends at text[end:] may go on behind a joint.
func mayJoin(text []byte, end, body int) bool {
	if quoteLength(text[end:]) == 0 {
		return false
	}
	_, kind := readJoint(text, end)
	return kind != noJoint && (body < minBody || kind.isSafe())
}

// unfoldPlain undoes a form around a plain prefix, which the form leaves as it is. If it leaves what
// stands behind the body as it is too, at end, it has nothing to say.
func (c *scan) unfoldPlain(v *view, at, end int, form formID, e *entry, depth int, found func(Match)) (cut bool) {
	d := &c.decodings[depth]
	d.src, d.at, d.start, d.phase, d.broken = *v, at, at, 0, false
	for _, n := range ahead {
		c.decode(d, form, n)
		d.near = d.locate(at)
		if !hasPrefix(d.out.text[d.near:], prefixLive, prefixTest) || d.leaves(end, d.near+end-at) {
			return false
		}
		cut = c.plain(&d.out, d.near, e, depth+1, d.outward(form, found))
		if !cut || !d.out.cut || d.last == len(d.src.text) || c.work.isSpent() {
			break
		}
	}
	return cut && v.cut
}

// leaves says whether the byte at src.text[i] stands unchanged at out.text[k].
func (d *decoding) leaves(i, k int) bool {
	return k < len(d.out.text) && int(d.out.from[k]) == i && int(d.out.to[k]) == i+1 && d.out.text[k] == d.src.text[i]
}
