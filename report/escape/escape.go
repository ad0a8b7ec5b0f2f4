// Package escape makes foreign text safe to show: on a terminal, in a log, in JSON, in Markdown, in an address.
package escape

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Visible makes foreign text (paths, names, summaries, errors) safe to show: whatever a terminal
// would obey, a line would end at, or a reader would not see or see in another order is written as
// `\x1b` or `\u202e`; so is the beginning of what a CI system takes for an order when it reads a log.
// A backslash stays one backslash: doubling it would break the paths that terminals and editors turn
// into links, and a name that merely looks escaped deceives nobody.
func Visible(s string) string { return With(s, "") }

// order finds what CI systems obey wherever it stands in a line: "##[error]" on GitHub's runner and
// Azure's, "##vso[…]" on Azure's, "##teamcity[…]" on TeamCity's.
var order = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`##[A-Za-z]*\[`) })

// With is Visible with the ASCII characters of special escaped as well.
func With(s, special string) string {
	var b strings.Builder
	orders := order().FindAllStringIndex(s, -1)
	// The runner looks for "::" behind white space at the beginning of a line, where a text may land.
	command := len(s) - len(strings.TrimLeftFunc(s, unicode.IsSpace))
	if !strings.HasPrefix(s[command:], "::") {
		command = -1
	}
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		begins := i == command
		if len(orders) > 0 && orders[0][0] == i {
			begins, orders = true, orders[1:]
		}
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case !begins && IsShown(r) && !strings.ContainsRune(special, r):
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

// IsShown is true for characters that stand for themselves. Some that count as letters or marks take
// no room, or none that can be seen: two names that differ in them alone would look the same.
func IsShown(r rune) bool {
	if r < 0x7f {
		return r >= ' '
	}
	return unicode.IsGraphic(r) && !unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// JSON makes encoded JSON safe to print without changing what it says: what Visible would
// escape is written as JSON's own escapes. The encoder does this for ASCII below space alone; C1
// controls move a terminal's cursor as well. All of it can only stand inside of strings.
func JSON(text []byte) []byte {
	text = order().ReplaceAllFunc(text, func(found []byte) []byte { return append([]byte(`\u0023`), found[1:]...) })
	var b bytes.Buffer
	b.Grow(len(text))
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		switch {
		case r == '\n' || IsShown(r):
			b.Write(text[:size])
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		}
		text = text[size:]
	}
	return b.Bytes()
}

// Code makes foreign text into a Markdown code span for a table cell. In a code span nothing is
// markup: no HTML, link, mention or issue number. That leaves the backtick, which ends it, and the
// pipe, which ends the cell; backslashes could undo neither, since both are written as `\x60` and
// `\x7c`. HTML's <code> was rejected: Markdown goes on inside it, and renderers that drop HTML show
// its content as markup.
func Code(s string) string {
	s = With(s, "`|")
	if s == "" {
		return ""
	}
	if strings.HasPrefix(s, " ") || strings.HasSuffix(s, " ") {
		s = " " + s + " " // a code span loses one space at either end
	}
	return "`" + s + "`"
}

// WordOr is s itself if it is one of the words that this tool has for things, as nearly always, else
// what quote makes of it: a report that was read back can hold anything in the place of a word.
func WordOr(quote func(string) string, s string) string {
	if IsWord(s) {
		return s
	}
	return quote(s)
}

// IsWord is true for what may be one of the words that this tool has for things.
func IsWord(s string) bool { return strings.Trim(s, "abcdefghijklmnopqrstuvwxyz-") == "" }

// Percent writes path as a relative URI reference: every byte but the unreserved ones of
// RFC 3986 section 2.3 and the slash is encoded, the colon too, which in a first segment would make
// a scheme of it.
func Percent(path string) string {
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
