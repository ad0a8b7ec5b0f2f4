// Package literal lists the texts that are searched for: at least one of them stands wherever a key is written in one
// of the forms. No program holds the list. Package search has what was made of it, in windows.bin.
package literal

import (
	"slices"
	"strings"

	"skleak/rules/internal/form"
	"skleak/rules/internal/keys"
)

// A Literal is a piece of text that stands wherever a key is written in one of the forms.
type Literal struct {
	Text string
	Form form.ID // the outermost form, the one to undo first
	Rule int     // for form.Plain: which rule's prefix this is
	// Phase says where in the form's unit the first byte stands: the character of a base64 group of
	// four, the digit of a hex pair, the byte of a UTF-16 unit. The break, if any, is no part of it.
	Phase                int
	BreakStart, BreakEnd int
	// Loose says that nobody knows how far from Text the key starts.
	Loose bool
}

// PhaseAt is the phase of the byte at offset, or of the next one that is not part of the break.
func (l *Literal) PhaseAt(offset int) int {
	counted := offset
	if l.BreakEnd > 0 {
		counted -= min(max(offset-l.BreakStart, 0), l.BreakEnd-l.BreakStart)
	}
	return (l.Phase + counted) % l.Form.Unit()
}

// Texts lists all texts that are searched for.
func Texts() (texts []string) {
	for _, l := range All() {
		texts = append(texts, l.Text)
	}
	return texts
}

// All lists what is searched for. It is long, and that is harmless: the search costs by the text it reads, hardly by
// the length of this list.
func All() []Literal {
	all := []Literal{{Text: keys.Live, Form: form.Plain}, {Text: keys.Test, Form: form.Plain, Rule: 1}}
	for _, text := range []string{"sk_%s_%s", "sk_{}_{}", "sk_{0}_{1}"} {
		all = append(all, Literal{Text: text, Form: form.Joined})
	}
	for _, prefix := range []string{keys.Live, keys.Test} {
		all = append(all, encoded(prefix)...)
		all = append(all, broken(prefix)...)
		all = append(all, joined(prefix)...)
		all = append(all, turned(prefix)...)
		all = append(all, alone(prefix)...)
		all = append(all, calls(prefix)...)
	}
	return all
}

// encoded spells the prefix in every form and nests the forms: a wholesale one around everything,
// up to depth 3, a stepwise one around a wholesale one, and those that change the marks of others.
func encoded(prefix string) []Literal {
	var once []Literal
	for _, sp := range slices.Concat(wholesale(), stepwise(), dumps(), lineDumps()) {
		once = append(once, sp.literal(prefix))
	}
	for _, u := range underscores {
		once = append(once, Literal{Text: strings.ReplaceAll(prefix, "_", u.text), Form: u.form})
	}
	twice := nest(wholesale(), once)
	all := append(append(once, twice...), nest(wholesale(), twice)...)
	all = append(all, nest(stepwise(), once)...)
	all = append(all, nest(slices.Concat(dumps(), lineDumps()), once[:len(wholesale())])...)
	marked := mark(once)
	all = append(append(all, marked...), nest(wholesale(), marked)...)
	for _, underscore := range rareUnderscores {
		all = append(all, Literal{Text: strings.ReplaceAll(prefix, "_", underscore), Form: form.Escaped})
	}
	all = append(all, spelling{form.Escaped, 0, each(`\0`, 8, 3, ``)}.literal(prefix))
	return append(all, Literal{Text: strings.Join(strings.Split(prefix, ""), "\x00\x00\x00")[:clipped], Form: form.UTF32})
}

// mark spells the marks of other forms.
func mark(inner []Literal) []Literal {
	var all []Literal
	for _, m := range markers() {
		for _, l := range inner {
			if text := m.write(l.Text); text != l.Text {
				all = append(all, Literal{Text: text[:min(len(text), 2*clipped)], Form: m.form})
			}
		}
	}
	return all
}

func nest(outer []spelling, inner []Literal) []Literal {
	var all []Literal
	for _, sp := range outer {
		for _, l := range inner {
			if sp.form == form.UTF16 && l.Form == form.UTF16 {
				continue // most of it would be NUL, as in any table of numbers
			}
			all = append(all, sp.literal(l.Text))
		}
	}
	return all
}

// clipped is how much of a nested Literal is kept: enough to be rare, and so little that its start is
// near wherever its window is.
const clipped = 24

func (sp spelling) literal(s string) Literal {
	text := sp.write(s)
	return Literal{Text: text[:min(len(text), clipped)], Form: sp.form, Phase: sp.phase}
}

// turned are the two ways in which people hide a text from a reader rather than from a parser.
func turned(prefix string) []Literal {
	return []Literal{
		{Text: reverse(prefix), Form: form.Reversed},
		{Text: rot13(prefix), Form: form.Rot13},
	}
}
