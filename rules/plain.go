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

// confirmPlain judges the candidate whose prefix starts at v.text[at:]. See the package comment for
// the rules and their reasons.
func (r *rule) confirmPlain(v view, at int, w *work) outcome {
	bodyStart := at + len(r.prefix)
	x := r.extent(v.text, at)
	bodyEnd := x.end
	w.spend(attempt + bodyEnd - at)
	if !x.free && isAlnum(r.prefix[0]) || bodyEnd == bodyStart && bodyEnd < len(v.text) {
		return outcome{}
	}
	if v.cut && bodyEnd+lookBehind > len(v.text) && bodyEnd-bodyStart <= r.max {
		return outcome{cut: true}
	}
	after := v.text[bodyEnd:min(len(v.text), bodyEnd+lookBehind)]
	if bodyEnd-bodyStart > r.max || !x.whole && isRemnant(v.text[max(0, at-lineBefore):at], after) {
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
		Placeholder: judged == placeholder.Dummy, LongPrefix: x.vendor && r.builtin,
	}}
}

// An extent says where a body ends and what touches the prefix.
type extent struct {
	end    int
	free   bool // nothing that a longer word could be
	vendor bool // a longer prefix
	whole  bool // see wholeBody
}

// extent reads what stands around the prefix at text[at:].
func (r *rule) extent(text []byte, at int) (x extent) {
	start := at + len(r.prefix)
	x.end = r.bodyEnd(text, start)
	x.free, x.vendor = boundary(text, at)
	if !r.builtin {
		return x
	}
	x.whole = wholeBody(text[start:]) > 0
	if end := recordEnd(text, at, x.end); end > start {
		x.end, x.free, x.vendor = end, true, false
	}
	x.free = x.free || x.whole || isTouched(text[max(0, at-vendorReach):at], text[start:x.end])
	return x
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
	if whole := wholeBody(text[start:]); whole > 0 {
		return start + whole
	}
	if padded := paddedBody(text[start:min(len(text), start+maxBody)]); padded > end-start {
		return start + padded
	}
	end = start + innerPrefix(text[start:end])
	return end - nameBehind(text[start:end], text[end:])
}

// paddedBody is the length of base64 with a + or / in it and its padding at its end, or 0: a body that a home-made
// generator makes.
func paddedBody(text []byte) int {
	n := 0
	for n < len(text) && (isAlnum(text[n]) || text[n] == '+' || text[n] == '/') {
		n++
	}
	end := n
	for end < len(text) && end-n < 2 && text[end] == '=' {
		end++
	}
	random := isMixed(bytes.Map(func(r rune) rune {
		if r == '+' || r == '/' {
			return -1
		}
		return r
	}, text[:n]))
	if end == n || end < 24 || !random || !isAlnum(text[n-1]) || !bytes.ContainsAny(text[:n], "+/") {
		return 0
	}
	return end
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

// others are the prefixes of values that are no secret keys of ours, and may stand directly behind one.
var others = []string{"pk_live_", "pk_test_", "rk_live_", "rk_test_", "ek_live_", "ek_test_", "whsec_"}

// innerPrefix returns where in a run of body characters another value's prefix starts, or its length:
// keys get joined by nothing, a hyphen or an underscore. Inside a word, as in foo_task_live_bar,
// it is none, unless what stands before it can be a key itself.
func innerPrefix(run []byte) int {
	for at := range run {
		if c := run[at]; c != 's' && c != 'p' && c != 'r' && c != 'e' && c != 'w' {
			continue
		}
		free := at == 0 || !isAlnum(run[at-1]) || at >= 16
		if free && (hasPrefix(run[at:], prefixLive, prefixTest) || at >= minBody && hasPrefix(run[at:], others...)) {
			return at
		}
	}
	return len(run)
}

// bodyLengths are those that keys have whose bodies are of letters and digits.
var bodyLengths = []int{24, 32, 40, 28, 43, 64, 16}

// nameBehind is the length of the next variable's name at the end of a body where a line end was lost between the
// two: KEY=<key>NEXT_NAME=… It is one where a body as long as keys are remains in front of it, and an equals sign
// follows.
func nameBehind(body, after []byte) int {
	if hasPrefix(after, ".") {
		return suffixBehind(body)
	}
	if !hasPrefix(after, "=") || hasPrefix(after, "==") {
		return 0
	}
	for _, n := range bodyLengths {
		if n+3 < len(body) && isMixedOrHex(body[:n]) && isVariable(body[n:]) {
			return len(body) - n
		}
	}
	return 0
}

// suffixBehind is the length of a hyphen or underscore and a word behind a body that is as long as keys are, in the
// name of a file: KEY-prod.json.
func suffixBehind(body []byte) int {
	for _, n := range bodyLengths {
		if n+2 < len(body) && (body[n] == '-' || body[n] == '_') && isMixedOrHex(body[:n]) && len(bytes.Trim(body[n+1:], "abcdefghijklmnopqrstuvwxyz")) == 0 {
			return len(body) - n
		}
	}
	return 0
}

func isMixedOrHex(text []byte) bool { return isMixed(text) || isHexText(text) }

// isVariable says whether text is a name in capitals: STRIPE_KEY.
func isVariable(text []byte) bool {
	for i, c := range text {
		if !isUpper(c) && (i == 0 || c != '_' && !isDigit(c)) {
			return false
		}
	}
	return len(text) >= 3
}
