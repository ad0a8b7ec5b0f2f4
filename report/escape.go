package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// visible makes foreign text (paths, names, summaries, errors) safe to show: whatever a terminal
// would obey, a line would end at, or a reader would not see or see in another order is written as
// `\x1b` or `\u202e`. A backslash stays one backslash: doubling it would break the paths that
// terminals and editors turn into links, and a name that merely looks escaped deceives nobody.
func visible(s string) string { return escaped(s, "") }

// escaped is visible with the ASCII characters of special escaped as well.
func escaped(s, special string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case unicode.IsGraphic(r) && !strings.ContainsRune(special, r):
			b.WriteRune(r)
		case r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
		i += size
	}
	return b.String()
}

// code makes foreign text into a Markdown code span for a table cell. In a code span nothing is
// markup: no HTML, link, mention or issue number. That leaves the backtick, which ends it, and the
// pipe, which ends the cell; backslashes could undo neither, since both are written as `\x60` and
// `\x7c`. HTML's <code> was rejected: Markdown goes on inside it, and renderers that drop HTML show
// its content as markup.
func code(s string) string {
	s = escaped(s, "`|")
	if s == "" {
		return ""
	}
	if strings.HasPrefix(s, " ") || strings.HasSuffix(s, " ") {
		s = " " + s + " " // a code span loses one space at either end
	}
	return "`" + s + "`"
}

// percentEncoded writes path as a relative URI reference: every byte but the unreserved ones of
// RFC 3986 section 2.3 and the slash is encoded, the colon too, which in a first segment would make
// a scheme of it.
func percentEncoded(path string) string {
	var b strings.Builder
	for i := 0; i < len(path); i++ {
		c := path[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~/", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
