package wrap

import (
	"strings"
	"unicode"
)

// Width is how many columns of a terminal a text takes. What East Asian typography calls wide takes two, marks that
// combine with what stands before them and invisible characters take none. Of characters whose width depends on the
// locale, one is assumed: what skleak prints must not depend on that. Where several make one picture, such as a family,
// terminals differ; here each counts.
func Width(text string) (columns int) {
	for _, r := range text {
		columns += widthOfRune(r)
	}
	return columns
}

func widthOfRune(r rune) int {
	switch {
	case r >= ' ' && r <= '~':
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf, unicode.Cc), r >= firstVowel && r <= lastFinal:
		return 0
	case unicode.Is(wide, r):
		return 2
	}
	return 1
}

// Vowels and final consonants of Korean, which stand within the syllable that an initial consonant begins.
const firstVowel, lastFinal = 0x1160, 0x11ff

// Cut shortens a text so that it takes no more than width columns, with end in place of what is missing.
func Cut(text string, width int, end string) string {
	if Width(text) <= width {
		return text
	}
	column := Width(end)
	for i, r := range text {
		if column += widthOfRune(r); column > width {
			return text[:i] + end
		}
	}
	return text
}

// Fill appends blanks to a text until it takes width columns.
func Fill(text string, width int) string {
	return text + strings.Repeat(" ", max(0, width-Width(text)))
}
