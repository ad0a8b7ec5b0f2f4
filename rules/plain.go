package rules

import (
	"bytes"

	"skleak/rules/internal/ascii"
	"skleak/rules/internal/form"
	"skleak/rules/internal/keys"
	"skleak/rules/placeholder"
)

const (
	// lookBehind is how far behind a body the marks are looked for that make a remnant of it.
	lookBehind = 40
	// lineBefore is how far in front of a key the beginning of markup is looked for that ends behind it.
	lineBefore = 200
)

// An outcome is what became of a candidate.
type outcome struct {
	match Match
	found bool
	// cut says that the view ended before the key did: a longer one may tell more.
	cut bool
}

// confirmPlain judges the candidate whose prefix starts at v.Text[at:]. See the package comment for
// the rules and their reasons.
func (r *rule) confirmPlain(v form.View, at int, w *work) outcome {
	bodyStart := at + len(r.prefix)
	x := r.extent(v.Text, at)
	bodyEnd := x.End
	w.spend(form.Attempt + bodyEnd - at)
	if !x.Free && ascii.IsAlnum(r.prefix[0]) || bodyEnd == bodyStart && bodyEnd < len(v.Text) {
		return outcome{}
	}
	if v.Cut && bodyEnd+lookBehind > len(v.Text) && bodyEnd-bodyStart <= r.max {
		return outcome{cut: true}
	}
	after := v.Text[bodyEnd:min(len(v.Text), bodyEnd+lookBehind)]
	if bodyEnd-bodyStart > r.max || !x.Whole && keys.IsRemnant(v.Text[max(0, at-lineBefore):at],
		v.Text[bodyStart:bodyEnd], after) {
		return outcome{}
	}
	end := bodyEnd
	if r.builtin {
		end = bodyStart + len(bytes.TrimRight(v.Text[bodyStart:bodyEnd], "-_"))
	}
	key, body := string(v.Text[at:end]), string(v.Text[bodyStart:end])
	w.spend(judging * len(body))
	judged := placeholder.JudgeIn(v.Text[max(0, at-lookBehind):at], key, body, after)
	if !r.accepts(body, judged) {
		return outcome{}
	}
	var others []Key
	for _, end := range x.Others {
		if judged == placeholder.Secret {
			others = append(others, NewKey(string(v.Text[at:end])))
		}
	}
	return outcome{found: true, match: Match{
		Start: at, End: end, Key: NewKey(key), Form: form.Plain.String(), Rule: r.id, Provider: r.provider,
		Placeholder: judged == placeholder.Dummy, LongPrefix: x.Vendor && r.builtin, Others: others,
	}}
}

// extent reads what stands around the prefix at text[at:].
func (r *rule) extent(text []byte, at int) keys.Extent {
	if r.builtin {
		return keys.Read(text, at)
	}
	x := keys.Extent{End: r.bodyEnd(text, at+len(r.prefix))}
	x.Free, x.Vendor = keys.Boundary(text, at)
	return x
}

// bodyEnd returns where the run of body characters ends, at most one past the longest body.
func (r *rule) bodyEnd(text []byte, start int) int {
	if r.builtin {
		return keys.BodyEnd(text, start)
	}
	limit := min(len(text), start+r.max+1)
	end := start
	for end < limit && r.body[text[end]] {
		end++
	}
	return end
}

// accepts decides by length and by what the body was judged to be. A name that happens to start
// like a key is passed over in silence, but for the rules of people's own: they asked for it. A
// body that is too short for a key is worth a word only if it stands for one.
func (r *rule) accepts(body string, judged placeholder.Judgment) bool {
	if !r.builtin {
		return len(body) >= r.min
	}
	return judged == placeholder.Dummy || judged == placeholder.Secret && len(body) >= r.min
}
