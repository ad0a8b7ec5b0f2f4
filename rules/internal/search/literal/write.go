package literal

import (
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"

	"skleak/rules/internal/ascii"
	"skleak/rules/internal/form"
)

// base64At spells s as it looks inside a longer base64 text, before bytes into a group of three.
// Only characters that s alone decides are kept.
func base64At(before int) func(string) string {
	return func(s string) string {
		text := base64.RawStdEncoding.EncodeToString([]byte("\x00\x00\x00"[:before] + s))
		first := (before*8 + 5) / 6
		return text[first : (before+len(s))*8/6]
	}
}

func hexLower(s string) string { return hex.EncodeToString([]byte(s)) }
func hexUpper(s string) string { return strings.ToUpper(hexLower(s)) }

// interleaveNUL spells s in UTF-16 of either byte order: what they share is a NUL between any two
// characters.
func interleaveNUL(s string) string { return strings.Join(strings.Split(s, ""), "\x00") }

// each writes the number of each byte, in digits of the base and at least width of them, between
// before and after.
func each(before string, base, width int, after string) func(string) string {
	return func(s string) string {
		b := make([]byte, 0, len(s)*(len(before)+width+len(after)+1))
		for i := range len(s) {
			number := strconv.FormatUint(uint64(s[i]), base)
			b = append(b, before...)
			b = append(b, "000000"[:max(0, width-len(number))]...)
			b = append(b, number...)
			b = append(b, after...)
		}
		return string(b)
	}
}

// eachUpper is each with the digits of hex in upper case.
func eachUpper(before string, base, width int, after string) func(string) string {
	lower := each("", base, width, "")
	return func(s string) string {
		var b strings.Builder
		for i := range len(s) {
			b.WriteString(before + strings.ToUpper(lower(s[i:i+1])) + after)
		}
		return b.String()
	}
}

// inPairs writes two bytes a group, as xxd does; odd is 1 if the first stands alone.
func inPairs(odd int) func(string) string {
	return func(s string) string {
		var b strings.Builder
		for i := range len(s) {
			if i > 0 && (i+odd)%2 == 0 {
				b.WriteByte(' ')
			}
			b.WriteString(hexLower(s[i : i+1]))
		}
		return b.String()
	}
}

// each4 writes one character in four columns, as od -c does.
func each4(s string) string { return strings.Join(strings.Split(s, ""), "   ") }

// percentMarks writes all but letters, digits and _ by means of one.
func percentMarks(one func(string) string) func(string) string {
	return func(s string) string {
		var b strings.Builder
		for i := range len(s) {
			if ascii.IsAlnum(s[i]) || s[i] == '_' {
				b.WriteByte(s[i])
			} else {
				b.WriteString(one(s[i : i+1]))
			}
		}
		return b.String()
	}
}

func reverse(s string) string {
	b := []byte(s)
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
	return string(b)
}

func rot13(s string) string {
	return strings.Map(func(r rune) rune { return rune(form.Turn(byte(r))) }, s)
}
