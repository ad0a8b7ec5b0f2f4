package keys

import (
	"bytes"
	"slices"

	"skleak/rules/internal/ascii"
)

// BodyEnd returns where the body at text[start:] ends, at most one past the longest body.
func BodyEnd(text []byte, start int) int {
	limit := min(len(text), start+MaxBody+1)
	end := start
	for end < limit && ascii.IsBody(text[end]) {
		end++
	}
	if ascii.HasPrefix(text[start:], base64Body) {
		end = base64BodyEnd(text, start, limit)
	}
	if whole := wholeBody(text[start:]); whole > 0 {
		return start + whole
	}
	if padded := paddedBody(text[start:min(len(text), start+MaxBody)]); padded > end-start {
		return start + padded
	}
	end = start + innerPrefix(text[start:end])
	return end - nameBehind(text[start:end], text[end:])
}

// paddedBody is the length of base64 with a + or / in it and its padding at its end, or 0: a body that a home-made
// generator makes.
func paddedBody(text []byte) int {
	n := 0
	for n < len(text) && (ascii.IsAlnum(text[n]) || text[n] == '+' || text[n] == '/') {
		n++
	}
	end := n
	for end < len(text) && end-n < 2 && text[end] == '=' {
		end++
	}
	if end == n || end < 24 || !ascii.IsAlnum(text[n-1]) || !bytes.ContainsAny(text[:n], "+/") {
		return 0
	}
	random := IsMixed(bytes.Map(func(r rune) rune {
		if r == '+' || r == '/' {
			return -1
		}
		return r
	}, text[:n]))
	if !random {
		return 0
	}
	return end
}

// base64BodyEnd includes the characters + and / and, at the end, the padding.
func base64BodyEnd(text []byte, start, limit int) int {
	end := start
	for end < limit && (ascii.IsBody(text[end]) || text[end] == '+' || text[end] == '/') {
		end++
	}
	for pad := 0; pad < 2 && end < limit && text[end] == '='; pad++ {
		end++
	}
	return end
}

// otherPrefixes are those of values that are no secret keys of ours, and may stand directly behind one.
var otherPrefixes = []string{"pk_live_", "pk_test_", "rk_live_", "rk_test_", "ek_live_", "ek_test_", "whsec_"}

// innerPrefix returns where in a run of body characters another value's prefix starts, or its length:
// keys get joined by nothing, a hyphen or an underscore. Inside a word, as in foo_task_live_bar,
// it is none, unless what stands before it can be a key itself.
func innerPrefix(run []byte) int {
	for at := range run {
		if c := run[at]; c != 's' && c != 'p' && c != 'r' && c != 'e' && c != 'w' {
			continue
		}
		free := at == 0 || !ascii.IsAlnum(run[at-1]) || at >= 16
		if free && (ascii.HasPrefix(run[at:], Live, Test) || at >= MinBody && ascii.HasPrefix(run[at:], otherPrefixes...)) {
			return at
		}
	}
	return len(run)
}

// bodyLengths are those that keys have whose bodies are of letters and digits.
var bodyLengths = []int{24, 32, 40, 28, 43, 64, 16}

// hasUsualLength says whether a body is as long as keys are and can be random.
func hasUsualLength(body []byte) bool {
	return slices.Contains(bodyLengths, len(body)) && (IsMixedOrHex(body) || isTwoCases(body))
}

// IsUsual says whether text starts with a body that is as long as keys are and random.
func IsUsual(text []byte) bool {
	end := 0
	for end < len(text) && end <= AccountLength && ascii.IsBody(text[end]) {
		end++
	}
	return (hasUsualLength(text[:end]) || wholeBody(text) == end) && end >= 24
}

// nameBehind is the length of the next variable's name at the end of a body where a line end was lost between the
// two: KEY=<key>NEXT_NAME=… It is one where a body as long as keys are remains in front of it, and an equals sign
// follows.
func nameBehind(body, after []byte) int {
	if ascii.HasPrefix(after, ".") {
		return suffixBehind(body)
	}
	if !ascii.HasPrefix(after, "=") || ascii.HasPrefix(after, "==") || goesOnSoftly(body, after) {
		return 0
	}
	for _, n := range bodyLengths {
		if endsBeforeName(body, n) {
			return len(body) - n
		}
	}
	return 0
}

// goesOnSoftly says whether the equals sign behind a body is quoted-printable's at the end of a line, and the next line
// makes a body of it that is as long as keys are.
func goesOnSoftly(body, after []byte) bool {
	next := bytes.TrimPrefix(bytes.TrimPrefix(after, []byte("=")), []byte("\r"))
	if !ascii.HasPrefix(next, "\n") {
		return false
	}
	end := 1
	for end < len(next) && end <= MaxBody && ascii.IsBody(next[end]) {
		end++
	}
	return hasUsualLength(append(body[:len(body):len(body)], next[1:end]...))
}

// endsBeforeName says whether the first n characters of a run can be a body, and the others a variable's name.
func endsBeforeName(run []byte, n int) bool {
	return n+3 < len(run) && hasUsualLength(run[:n]) && isVariable(run[n:]) && !endsInCapitals(run[:n])
}

// endsInCapitals says whether a body is of hex digits but for capitals at its end: they are the start of a name.
func endsInCapitals(body []byte) bool {
	start := bytes.TrimRight(body, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
	return len(start) < len(body) && len(start) >= shortestReading && IsHexText(start) &&
		bytes.ContainsAny(start, "abcdef")
}

// suffixBehind is the length of a hyphen or underscore and a word behind a body that is as long as keys are, in the
// name of a file: KEY-prod.json.
func suffixBehind(body []byte) int {
	for _, n := range bodyLengths {
		if n+2 < len(body) && (body[n] == '-' || body[n] == '_') && IsMixedOrHex(body[:n]) &&
			len(bytes.Trim(body[n+1:], "abcdefghijklmnopqrstuvwxyz")) == 0 {
			return len(body) - n
		}
	}
	return 0
}

// isVariable says whether text is a name in capitals: STRIPE_KEY.
func isVariable(text []byte) bool {
	for i, c := range text {
		if !ascii.IsUpper(c) && (i == 0 || c != '_' && !ascii.IsDigit(c)) {
			return false
		}
	}
	return len(text) >= 3
}
