// Package ascii tells the characters apart that keys, words and names are made of. All others, those beyond ASCII
// among them, are none of these.
package ascii

func IsDigit(c byte) bool { return c >= '0' && c <= '9' }
func IsLower(c byte) bool { return c >= 'a' && c <= 'z' }
func IsUpper(c byte) bool { return c >= 'A' && c <= 'Z' }

// IsLetter says whether c is a letter of either case.
func IsLetter(c byte) bool { return IsLower(c | 0x20) }

// IsAlnum says whether c is a letter or a digit.
func IsAlnum(c byte) bool { return IsDigit(c) || IsLetter(c) }

// IsBody says whether c may stand in the body of a key.
func IsBody(c byte) bool { return IsAlnum(c) || c == '_' || c == '-' }

// HasPrefix says whether text begins with one of the prefixes.
func HasPrefix(text []byte, prefixes ...string) bool {
	for _, p := range prefixes {
		if len(text) >= len(p) && string(text[:len(p)]) == p {
			return true
		}
	}
	return false
}

// IsHex says whether c is a digit of hex, in either case.
func IsHex(c byte) bool { return HexValue(c) >= 0 }

// HexValue is the value of a digit of hex, or -1.
func HexValue(c byte) int { return int(hexValues[c]) }

// hexValues are those of all bytes.
var hexValues = func() (values [256]int8) {
	for c := range values {
		values[c] = -1
	}
	for value, c := range []byte("0123456789abcdef") {
		values[c] = int8(value)
	}
	copy(values['A':'F'+1], values['a':])
	return values
}()

// ParseHex is the number that digits of hex write; ok is false if any of them is none.
func ParseHex(digits []byte) (value uint32, ok bool) {
	for _, c := range digits {
		d := HexValue(c)
		if d < 0 {
			return 0, false
		}
		value = value<<4 | uint32(d)
	}
	return value, true
}
