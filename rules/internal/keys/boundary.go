package keys

import (
	"bytes"

	"skleak/rules/internal/ascii"
)

// vendorReach is how far to the left a boundary looks for what an underscore belongs to.
const vendorReach = PrefixLen + MaxBody + 8

// Boundary judges what stands left of a prefix at text[at:]. free is false if the prefix is the end
// of a longer word, as in cpumask_test_; vendor is true if a word and an underscore or hyphen stand
// before it, as in acme_sk_live_: another vendor's longer prefix.
func Boundary(text []byte, at int) (free, vendor bool) {
	left := text[max(0, at-vendorReach):at]
	if len(left) == 0 {
		return true, false
	}
	switch c := left[len(left)-1]; {
	case c == '_' || c == '-':
		return true, isVendor(left[:len(left)-1])
	case !ascii.IsAlnum(c):
		return true, false
	}
	return endsEscape(left) || bytes.HasSuffix(left, []byte("\nV")) || // the text of a pickle of Python's
		endsColour(left) || endsOption(left) || endsKey(left) || endsMasked(left), false
}

// isVendor says whether the word that ends word, which an underscore or hyphen follows, can be part
// of a longer prefix. A line number (grep writes file-12-), a key or our own prefix are not: people
// join keys, and put the prefix before a value that has it already.
func isVendor(left []byte) bool {
	start := len(left)
	letters := false
	for start > 0 && ascii.IsAlnum(left[start-1]) {
		start--
		letters = letters || left[start] > '9'
	}
	if !letters || endsKey(left) {
		return false
	}
	prefix := left[max(0, len(left)-PrefixLen+1):]
	return string(prefix) != Live[:PrefixLen-1] && string(prefix) != Test[:PrefixLen-1]
}

// endsEscape says whether left ends in the escaped form of a character that is no letter or digit:
// \n, \u0022, \x3d, \075, %3D, %253D, =3D, or u0022 as it remains where backslashes were stripped.
func endsEscape(left []byte) bool {
	n := len(left)
	if n >= 2 && left[n-2] == '\\' && bytes.IndexByte([]byte("ntrbfv"), left[n-1]) >= 0 {
		return true
	}
	return endsHexEscape(left) || endsOctal(left)
}

func endsHexEscape(left []byte) bool {
	for _, digits := range []int{2, 4, 8} {
		n := len(left) - digits
		if n < 1 {
			return false
		}
		value, ok := ascii.ParseHex(left[n:])
		if !ok {
			return false
		}
		if value < 0x80 && ascii.IsAlnum(byte(value)) {
			continue
		}
		before := left[:n]
		switch digits {
		case 2:
			if isHexPairMark(before, left[n:]) {
				return true
			}
		case 4:
			stripped := left[n] == '0' && left[n+1] == '0' && before[n-1] == 'u'
			if stripped || bytes.HasSuffix(before, []byte(`\u`)) || bytes.HasSuffix(before, []byte(`%u`)) {
				return true
			}
		case 8:
			return bytes.HasSuffix(before, []byte(`\U`))
		}
	}
	return false
}

// isHexPairMark says whether what stands before two hex digits makes an escape of them. Behind an
// equals sign they must be upper case, as quoted-printable wants it: =desk_live_ is no escape.
func isHexPairMark(before, digits []byte) bool {
	switch {
	case bytes.HasSuffix(before, []byte(`\x`)), bytes.HasSuffix(before, []byte("%")):
		return true
	case bytes.HasSuffix(before, []byte("%25")):
		return true
	case bytes.HasSuffix(before, []byte("=")):
		return bytes.Equal(digits, bytes.ToUpper(digits))
	}
	return false
}

func endsOctal(left []byte) bool {
	value := 0
	for n, weight := len(left)-1, 1; n > 0 && weight <= 64; n, weight = n-1, weight*8 {
		c := left[n]
		if c < '0' || c > '7' {
			return false
		}
		value += int(c-'0') * weight
		if left[n-1] == '\\' || left[n-1] == '#' && weight == 64 { // rsyslog writes #012
			return value > 0x7f || !ascii.IsAlnum(byte(value))
		}
	}
	return false
}

// endsColour says whether left ends in a terminal's control sequence, as in ESC [ 31 m. The escape
// character is often lost on the way into a log; then only the numbered colours are believed.
func endsColour(left []byte) bool {
	final := left[len(left)-1]
	n := len(left) - 1
	for n > 0 && (ascii.IsDigit(left[n-1]) || left[n-1] == ';') {
		n--
	}
	numbered := n < len(left)-1
	if n == 0 || left[n-1] != '[' || ascii.IsDigit(final) {
		return false
	}
	if final == 'm' && numbered || bytes.HasSuffix(left, []byte("m[K")) {
		return true
	}
	for _, escape := range []string{"\x1b", `\x1b`, `\x1B`, `\033`, `\e`, `\E`, `\u001b`, `\u001B`, "^["} {
		if bytes.HasSuffix(left[:n-1], []byte(escape)) {
			return true
		}
	}
	return false
}

// endsOption says whether left ends in an option of one letter that its value follows without a
// space, as in curl -uKEY.
func endsOption(left []byte) bool {
	n := len(left)
	if n < 2 || left[n-2] != '-' || ascii.IsDigit(left[n-1]) {
		return false
	}
	return n == 2 || bytes.IndexByte([]byte(" \t\n\r\"'`(["), left[n-3]) >= 0
}

// endsKey says whether left ends in a whole key, or another one of the same vendors, so that the prefix behind it
// starts another one. Sixteen characters with a
// digit among them are no part of a name, nor are as many as keys have in both cases.
func endsKey(left []byte) bool {
	start := len(left)
	for start > 0 && ascii.IsBody(left[start-1]) {
		start--
	}
	run := left[start:]
	at := -1
	for _, prefix := range []string{Live, Test, "pk_live_", "pk_test_", "rk_live_", "rk_test_"} {
		at = max(at, bytes.LastIndex(run, []byte(prefix)))
	}
	if at < 0 {
		return false
	}
	body := run[at+PrefixLen:]
	return len(body) >= 16 && bytes.ContainsAny(body, "0123456789") ||
		(len(body) == 24 || len(body) == 32) && isTwoCases(body)
}

// isTwoCases says whether text is of letters alone, with at least a quarter of them in each case.
func isTwoCases(text []byte) bool {
	upper := 0
	for _, c := range text {
		if !ascii.IsLetter(c) {
			return false
		}
		if ascii.IsUpper(c) {
			upper++
		}
	}
	return 4*upper >= len(text) && 4*upper <= 3*len(text)
}
