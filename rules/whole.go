package rules

import "bytes"

// wholeBody is the length of the body at the start of text if its shape is unmistakable: no word and no other value
// looks so, whatever touches it on either side. Else it is 0. These are 51 and 97 letters and digits, a UUID, what
// WorkOS makes, and what names a store and a scope in front of 64 hex digits.
func wholeBody(text []byte) int {
	switch {
	case hasPrefix(text, "51"):
		return accountBody(text)
	case hasPrefix(text, base64Body):
		if n := base64BodyEnd(text, 0, min(len(text), maxBody)); n >= 26 {
			return n
		}
	case isUUID(text):
		return uuidLength
	}
	return storeBody(text)
}

const (
	accountLength = 99
	uuidLength    = 36
)

// accountBody is the length of 51 and 97 letters and digits, of all three kinds.
func accountBody(text []byte) int {
	if len(text) < accountLength || !isMixed(text[2:accountLength]) {
		return 0
	}
	return accountLength
}

// isMixed says whether text is of letters of both cases and digits and of nothing else.
func isMixed(text []byte) bool {
	lower, upper, digit := false, false, false
	for _, c := range text {
		switch {
		case isLower(c):
			lower = true
		case isUpper(c):
			upper = true
		case isDigit(c):
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
		} else if !isHex(c) {
			return false
		}
	}
	return bytes.ContainsAny(text[:uuidLength], "123456789")
}

// storeBody is the length of 5x1_ or the like and 64 hex digits.
func storeBody(text []byte) int {
	n := bytes.IndexByte(text[:min(len(text), 6)], '_') + 1
	if n < 4 || len(text) < n+64 || text[n-3] != 'x' || !isDigit(text[0]) || !isDigit(text[n-2]) {
		return 0
	}
	for _, c := range text[n : n+64] {
		if !isHex(c) {
			return 0
		}
	}
	return n + 64
}

// touched are the words that people leave in front of a key without anything between, beside what endsToken knows.
var touched = []string{"Bearer", "bearer", "key", "Key", "KEY", "secret", "SECRET", "token", "TOKEN", "env", prefixLive[:prefixLen-1], prefixTest[:prefixLen-1]}

// isTouched says whether what stands left of a prefix is a word that was left there, and the body is random enough to
// be a key behind it: sk_testKEY, BearerKEY, your_secret_keyKEY.
func isTouched(left, body []byte) bool {
	if len(body) < 20 || !isMixed(body) && !(len(body) >= 32 && isHexText(body)) {
		return false
	}
	for _, word := range touched {
		if bytes.HasSuffix(left, []byte(word)) && (len(left) == len(word) || !isAlnum(left[len(left)-len(word)-1])) {
			return true
		}
	}
	return false
}

func isHexText(text []byte) bool {
	for _, c := range text {
		if !isHex(c) {
			return false
		}
	}
	return true
}

// endsMasked says whether left ends in the last characters of a value that was shortened: sk_test_BQok...2HlW. Pages
// that show a key so and copy it whole leave both.
func endsMasked(left []byte) bool {
	start := len(left)
	for start > 0 && len(left)-start <= 24 && isAlnum(left[start-1]) {
		start--
	}
	for _, mask := range []string{"...", "…", "***", "•", "●", "█"} {
		if bytes.HasSuffix(left[:start], []byte(mask)) && start < len(left) {
			return true
		}
	}
	return false
}
