package files

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// withoutComposition is a name without all that differs between the two forms that Unicode has for one text:
// composed, as git on macOS keeps names in the index, and decomposed, as a disk may tell them. Whatever is not
// ASCII, and what combines with it, becomes one mark, however much it is. So names come out equal that are not,
// too: then a file counts as tracked and is read, though it need not be. Tables that tell the rest apart take a
// module of their own.
func withoutComposition(name string) string {
	if isASCII(name) {
		return name
	}
	var out strings.Builder
	marked := false
	for i, r := range name {
		next, _ := utf8.DecodeRuneInString(name[min(i+1, len(name)):])
		if r < utf8.RuneSelf && (r == '/' || !unicode.Is(unicode.Mn, next)) {
			out.WriteByte(byte(r))
			marked = false
			continue
		}
		if !marked {
			out.WriteByte(anything)
		}
		marked = true
	}
	return out.String()
}

// anything stands for what was left out: a byte that no text has.
const anything = 0xff

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
