package literal

import (
	"slices"
	"strings"

	"skleak/rules/internal/form"
)

// Where a line may be broken inside a key, by what breaks it. Base64 is broken at a fixed width by
// its encoder and may be indented behind the break or live in a string that escapes line ends.
var (
	base64Breaks = []string{
		"\n", "\r\n", `\n`, `\r\n`, "\n ", "\r\n ", "\n  ", "\n    ", "\n      ", "\n        ", "\n\t",
		"\n\t\t", "=\n", "=\r\n", "\\\n",
	}
	twiceBreaks = []string{"\n", "\r\n", `\n`}
	plainBreaks = []struct {
		form form.ID
		text string
	}{
		{form.QuotedPrintable, "=\n"}, {form.QuotedPrintable, "=\r\n"},
		{form.Continued, "\\\n"}, {form.Continued, "\\\r\n"}, {form.Continued, "`\n"}, {form.Continued, "`\r\n"},
		{form.Continued, "^\n"}, {form.Continued, "^\r\n"},
		{form.Invisible, "\u200b"}, {form.Invisible, "\u00ad"}, {form.Invisible, "\u2060"}, {form.Invisible, "\ufeff"},
		{form.Invisible, "<wbr>"}, {form.Invisible, "&shy;"}, {form.Invisible, "&#8203;"},
		{form.Invisible, "\x1b[0m"}, {form.Invisible, "\x1b[m"},
		{form.Invisible, "</em>"}, {form.Invisible, "</mark>"}, {form.Invisible, "</b>"}, {form.Invisible, "</strong>"},
		{form.Invisible, "</span>"},
	}
	// quotes and operators that join the pieces of a string, in the languages we know of.
	quotes    = []string{`'`, `"`, "`", `\"`}
	operators = []string{
		"", " ", ",", ", ", "+", " + ", " +\n", "\n", ".", " . ", "..", " .. ", "&", " & ", "||", " || ", "~", " ~ ",
		"<>", " <> ", "++", " ++ ", ".concat(",
	}
)

// broken are the literals with a line break, or something nobody sees, in the midst of them.
func broken(prefix string) []Literal {
	var all []Literal
	for _, b := range plainBreaks {
		all = append(all, breakEverywhere(Literal{Text: prefix, Form: b.form}, b.text)...)
	}
	for _, hex := range wholesale()[3:5] {
		all = append(all, halves(hex.literal(prefix))...)
	}
	for _, dump := range slices.Concat(lineDumps(), rareDumps()) {
		all = append(all, halves(dump.literal(prefix))...)
	}
	for _, once := range wholesale()[:3] {
		for _, b := range base64Breaks {
			all = append(all, breakEverywhere(once.literal(prefix), b)...)
		}
		for _, other := range wholesale()[3:] {
			all = append(all, halves(once.literal(other.write(prefix)))...)
		}
		for _, twice := range wholesale()[:3] {
			for _, b := range twiceBreaks {
				all = append(all, breakEverywhere(twice.literal(once.write(prefix)), b)...)
			}
		}
	}
	return all
}

// halves are two literals in the place of a long one. Wherever it is broken, and by whatever, one of
// them is whole.
func halves(l Literal) []Literal {
	half := len(l.Text) / 2
	second := l
	second.Text, second.Phase, second.Loose = l.Text[half:], l.PhaseAt(half), true
	l.Text = l.Text[:half]
	return []Literal{l, second}
}

func breakEverywhere(l Literal, with string) []Literal {
	var all []Literal
	for at := 1; at < len(l.Text); at++ {
		b := l
		b.Text = l.Text[:at] + with + l.Text[at:]
		b.BreakStart, b.BreakEnd = at, at+len(with)
		all = append(all, b)
	}
	return all
}

// joined are the prefixes whose pieces a program puts together.
func joined(prefix string) []Literal {
	var all []Literal
	for _, quote := range quotes {
		for _, op := range operators {
			for _, l := range breakEverywhere(Literal{Text: prefix, Form: form.Joined}, quote+op+quote) {
				all = append(all, Literal{Text: l.Text, Form: form.Joined})
			}
		}
		for _, op := range []string{",", ", ", "+", " + ", "."} {
			text := strings.Join(strings.Split(prefix, ""), quote+op+quote)
			all = append(all, Literal{Text: text[:clipped], Form: form.Joined})
		}
		// The prefix's first part at the end of a line, or before a comment.
		for _, end := range []string{" +\n ", " +\n\t", " +\n+", " +\r\n", " + /", " + #", " .\n ", " .\n\t", " ..\n",
			" &\n ", " & _", ",\n  ", ",\n\t\t"} {
			all = append(all, Literal{Text: prefix[:3] + quote + end, Form: form.Joined})
		}
		for at := 4; quote == `"` && at < len(prefix); at++ { // Visual Basic's
			all = append(all, Literal{Text: prefix[:at] + `" & _`, Form: form.Joined})
		}
		// A list that is joined by underscores, and a piece that begins or ends with one whatever
		// the operator between the pieces.
		word := prefix[3 : len(prefix)-1]
		for _, text := range []string{"sk" + quote + "," + quote + word, "sk" + quote + ", " + quote + word,
			"sk_" + word + quote} {
			all = append(all, Literal{Text: text, Form: form.Joined})
		}
		for _, before := range []string{" ", "+", "(", ".", ",", "&", "|", "\t", "\n"} {
			all = append(all, Literal{Text: before + quote + "_" + word + "_", Form: form.Joined, Loose: true})
		}
		all = append(all, Literal{Text: quote + "_" + word + "_" + quote, Form: form.Joined, Loose: true})
	}
	return all
}
