package keys

import (
	"bytes"
	"slices"

	"skleak/rules/internal/ascii"
)

// wholeBody is the length of the body at the start of text if its shape is unmistakable: no word and no other value
// looks so, whatever touches it on either side. Else it is 0. These are 51 and 97 letters and digits, a UUID, what
// WorkOS makes, and what names a store and a scope in front of 64 hex digits.
func wholeBody(text []byte) int {
	switch {
	case isUUID(text):
		return uuidLength
	case ascii.HasPrefix(text, "51"):
		return accountBody(text)
	case ascii.HasPrefix(text, base64Body):
		if n := base64BodyEnd(text, 0, min(len(text), MaxBody)); n >= 26 {
			return n
		}
	}
	return storeBody(text)
}

const (
	// base64Body begins what is base64 of "key_…", which WorkOS and its kin issue, and holds all of base64's characters.
	base64Body = "a2V5Xz"
	// AccountLength is that of a body of 51 and 97 letters and digits.
	AccountLength = 99
	uuidLength    = 36
)

// accountBody is the length of 51 and 97 letters and digits, of all three kinds.
func accountBody(text []byte) int {
	if len(text) < AccountLength || !IsMixed(text[2:AccountLength]) {
		return 0
	}
	return AccountLength
}

// IsMixed says whether text is of letters of both cases and digits and of nothing else.
func IsMixed(text []byte) bool {
	lower, upper, digit := false, false, false
	for _, c := range text {
		switch {
		case ascii.IsLower(c):
			lower = true
		case ascii.IsUpper(c):
			upper = true
		case ascii.IsDigit(c):
			digit = true
		default:
			return false
		}
	}
	return lower && upper && digit
}

func isUUID(text []byte) bool {
	if len(text) < uuidLength {
		return false
	}
	for i, c := range text[:uuidLength] {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if c != '-' {
				return false
			}
		} else if !ascii.IsHex(c) {
			return false
		}
	}
	return bytes.ContainsAny(text[:uuidLength], "123456789")
}

// storeBody is the length of 5x1_ or the like and 64 hex digits.
func storeBody(text []byte) int {
	n := bytes.IndexByte(text[:min(len(text), 6)], '_') + 1
	if n < 4 || len(text) < n+64 || text[n-3] != 'x' || !ascii.IsDigit(text[0]) || !ascii.IsDigit(text[n-2]) {
		return 0
	}
	for _, c := range text[n : n+64] {
		if !ascii.IsHex(c) {
			return 0
		}
	}
	return n + 64
}

// touched are the words that people leave in front of a key without anything between, beside what endsToken knows.
var touched = []string{"Bearer", "bearer", "key", "Key", "KEY", "secret", "SECRET", "token", "TOKEN", "env",
	Live[:PrefixLen-1], Test[:PrefixLen-1]}

// isTouched says whether what stands left of a prefix is a word that was left there, and the body is random enough to
// be a key behind it: sk_testKEY, BearerKEY, your_secret_keyKEY.
func isTouched(left, body []byte) bool {
	letters := slices.Contains(bodyLengths[:3], len(body)) && isTwoCases(body)
	if len(body) < 20 || !letters && !IsMixed(body) && !(len(body) >= 32 && IsHexText(body)) {
		return false
	}
	for _, word := range touched {
		if bytes.HasSuffix(left, []byte(word)) && (len(left) == len(word) || !ascii.IsAlnum(left[len(left)-len(word)-1])) {
			return true
		}
	}
	return false
}

// IsHexText says whether text is of hex digits and of nothing else.
func IsHexText(text []byte) bool {
	for _, c := range text {
		if !ascii.IsHex(c) {
			return false
		}
	}
	return true
}

// IsMixedOrHex says whether text can be random: it is of letters and digits, of all three kinds or of hex.
func IsMixedOrHex(text []byte) bool { return IsMixed(text) || IsHexText(text) }

// endsMasked says whether left ends in the last characters of a value that was shortened: sk_test_BQok...2HlW. Pages
// that show a key so and copy it whole leave both.
func endsMasked(left []byte) bool {
	start := len(left)
	for start > 0 && len(left)-start <= 24 && ascii.IsAlnum(left[start-1]) {
		start--
	}
	for _, mask := range []string{"...", "…", "***", "•", "●", "█"} {
		if bytes.HasSuffix(left[:start], []byte(mask)) && start < len(left) {
			return true
		}
	}
	return false
}
