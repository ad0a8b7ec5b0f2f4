package placeholder

import (
	"slices"
	"strings"

	"skleak/rules/internal/ascii"
)

// judgeTokens judges a body by what it is parted into: a token that is a dummy word marks all of it, and a long token
// of random characters is a secret whatever stands before it, such as a vendor's name that holds a dummy word.
func judgeTokens(tokens []string, length int) (judged Judgment, decided bool) {
	if len(tokens) < 2 {
		return Secret, false
	}
	for i, t := range []string{tokens[0], tokens[len(tokens)-1]} {
		rest := tokens[1-i : len(tokens)-i]
		if isDummy(t) && (length < longBody || len(t) >= 6 || len(rest) == 1 &&
			slices.Contains(vendorLengths, len(rest[0]))) {
			return Dummy, true
		}
	}
	for _, t := range tokens {
		if len(t) >= longToken {
			if newReader(t).saveMost().gain < 8 {
				return Secret, true
			}
		}
	}
	return Secret, false
}

const longToken = 20

// vendorLengths are those of bodies that vendors issue.
var vendorLengths = []int{16, 24, 28, 32, 40, 99}

func isDummy(token string) bool {
	if wordEnd(token, 0) < len(token) {
		return false
	}
	at, known := slices.BinarySearchFunc(dictionary(), strings.ToLower(token),
		func(w word, text string) int { return strings.Compare(w.text, text) })
	return known && dictionary()[at].kind == pieceDummy
}

// startsOrEndsDummy says whether a token starts or ends with a dummy word of five letters or more, or with mock or
// fake, that its surroundings set off, as in FAKE1234 or 51exampleKey. One of seven letters or more needs no setting
// off.
func startsOrEndsDummy(token string) bool {
	for n := min(len(token), longestWord); n >= 4; n-- {
		head, tail := token[:n], token[len(token)-n:]
		before := len(token) - n
		if isMark(head, n) && (n >= 7 || before == 0 || setsOff(token[n-1], token[n])) ||
			isMark(tail, n) && (n >= 7 || before == 0 || setsOff(token[before-1], tail[0])) {
			return true
		}
	}
	return false
}

func isMark(s string, n int) bool {
	return isDummy(s) && (n > 4 || strings.EqualFold(s, "mock") || strings.EqualFold(s, "fake"))
}

// setsOff says whether a word can end or start between a and b: not between letters of one case.
func setsOff(a, b byte) bool {
	return ascii.IsDigit(a) != ascii.IsDigit(b) || ascii.IsLower(a) && ascii.IsUpper(b)
}

// isName says whether a body is an identifier, be its words known or not: all tokens look like words of one style or
// like numbers, and there are two and more. No generator makes keys of letters of one case and separators.
func isName(tokens []string) bool {
	styles, words := 0, 0
	for _, t := range tokens {
		switch {
		case isCount(t):
		case isPronounceable(t):
			styles |= styleOf(t)
			if len(t) >= 3 {
				words++
			}
		default:
			return false
		}
	}
	return len(tokens) >= 2 && words > 0 && styles&(styles-1) == 0
}

// isCount says whether a token is a number, a version or a number with its unit: 7, v2, 24h, 512mb.
func isCount(token string) bool {
	digits := strings.TrimLeft(token, "vV")
	if len(token)-len(digits) > 1 {
		return false
	}
	unit := strings.TrimLeft(digits, "0123456789")
	return len(unit) <= 2 && wordEnd(unit, 0) == len(unit) && (unit == "" || digits == token) &&
		isNumber(digits[:len(digits)-len(unit)])
}

// isPronounceable says whether a token is letters of one case, a sixth of them vowels, and never more than four
// consonants in a row.
func isPronounceable(token string) bool {
	if len(token) > 14 || wordEnd(token, 0) < len(token) {
		return false
	}
	vowels, row := 0, 0
	for _, c := range strings.ToLower(token) {
		row++
		if strings.ContainsRune("aeiouy", c) {
			vowels++
			row = 0
		}
		if row > 4 {
			return false
		}
	}
	return vowels*6 >= len(token) || len(token) <= 3
}

// styleOf tells lower case, upper case and a capital at the start apart. A single letter may be any.
func styleOf(token string) int {
	switch {
	case len(token) == 1:
		return 0
	case ascii.IsLower(token[0]):
		return 1
	case ascii.IsUpper(token[1]):
		return 2
	}
	return 4
}

// leftHand are the keys that the left hand strikes.
const leftHand = "12345qwertasdfgzxcvb"

// isStruck says whether a body was struck at random with one hand: few of the keys that lie there, again and again.
func isStruck(body string) bool {
	if len(body) < 10 || len(body) >= longBody || alphabetOf(body) != 36 {
		return false
	}
	distinct := 0
	for i := range len(body) {
		if strings.IndexByte(body, body[i]) == i {
			distinct++
		}
	}
	inLeft := 0
	for i := range len(body) {
		if strings.IndexByte(leftHand, body[i]|0x20) >= 0 {
			inLeft++
		}
	}
	return distinct*5 <= len(body)*3 && (inLeft == len(body) || inLeft == 0)
}
