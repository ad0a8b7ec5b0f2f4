package rules

import (
	"bytes"

	"skleak/rules/placeholder"
)

const (
	minBody = 10
	maxBody = 255
	// A body that starts so is base64 of "key_…", which WorkOS and its kin issue, and holds all of
	// base64's characters.
	base64Body = "a2V5Xz"
	// lookBehind is how far behind a body the marks are looked for that make a remnant of it.
	lookBehind = 40
)

// An outcome is what became of a candidate.
type outcome struct {
	match Match
	found bool
	// cut says that the view ended before the key did: a longer one may tell more.
	cut bool
}

// confirmPlain judges the candidate whose prefix starts at v.text[at:]. See the package comment for
// the rules and their reasons.
func (r *rule) confirmPlain(v view, at int, w *work) outcome {
	bodyStart := at + len(r.prefix)
	bodyEnd := r.bodyEnd(v.text, bodyStart)
	free, vendor := boundary(v.text, at)
	w.spend(attempt + bodyEnd - at)
	if !free && isAlnum(r.prefix[0]) && !countsLength(v.text[:at], bodyEnd-at) {
		return outcome{}
	}
	if bodyEnd == bodyStart && bodyEnd < len(v.text) {
		return outcome{}
	}
	if v.cut && bodyEnd+lookBehind > len(v.text) && bodyEnd-bodyStart <= r.max {
		return outcome{cut: true}
	}
	after := v.text[bodyEnd:min(len(v.text), bodyEnd+lookBehind)]
	if bodyEnd-bodyStart > r.max || isRemnant(v.text[max(0, at-3):at], after) {
		return outcome{}
	}
	end := bodyEnd
	if r.builtin {
		end = bodyStart + len(bytes.TrimRight(v.text[bodyStart:bodyEnd], "-_"))
	}
	key, body := string(v.text[at:end]), string(v.text[bodyStart:end])
	w.spend(judging * len(body))
	judged := placeholder.JudgeIn(v.text[max(0, at-lookBehind):at], key, body, after)
	if !r.accepts(body, judged) {
		return outcome{}
	}
	return outcome{found: true, match: Match{
		Start: at, End: end, Key: NewKey(key), Form: formNames[formPlain], Rule: r.id, Provider: r.provider,
		Placeholder: judged == placeholder.Dummy, LongPrefix: vendor && r.builtin,
	}}
}

// countsLength says whether the byte before a key is its length, which binary formats write there and
// which may look like a letter or digit.
func countsLength(left []byte, length int) bool {
	n := len(left)
	return n > 0 && int(left[n-1]) == length && (n == 1 || !isBody(left[n-2]))
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

// bodyEnd returns where the run of body characters ends, at most one past the longest body.
func (r *rule) bodyEnd(text []byte, start int) int {
	limit := min(len(text), start+r.max+1)
	end := start
	for end < limit && r.body[text[end]] {
		end++
	}
	if !r.builtin {
		return end
	}
	if hasPrefix(text[start:], base64Body) {
		end = base64BodyEnd(text, start, limit)
	}
	return start + innerPrefix(text[start:end])
}

// base64BodyEnd includes the characters + and / and, at the end, the padding.
func base64BodyEnd(text []byte, start, limit int) int {
	end := start
	for end < limit && (isBody(text[end]) || text[end] == '+' || text[end] == '/') {
		end++
	}
	for pad := 0; pad < 2 && end < limit && text[end] == '='; pad++ {
		end++
	}
	return end
}

// innerPrefix returns where in a run of body characters another key's prefix starts, or its length:
// keys get joined by nothing, a hyphen or an underscore. Inside a word, as in foo_task_live_bar,
// it is none, unless what stands before it can be a key itself.
func innerPrefix(run []byte) int {
	for from := 0; from < len(run); {
		at := bytes.Index(run[from:], []byte("sk_"))
		if at < 0 {
			break
		}
		at += from
		if hasPrefix(run[at:], prefixLive, prefixTest) && (at == 0 || !isAlnum(run[at-1]) || at >= 16) {
			return at
		}
		from = at + 1
	}
	return len(run)
}
