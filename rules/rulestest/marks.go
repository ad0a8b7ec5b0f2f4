// Package rulestest has what the tests of several packages below rules share: texts that mark what is to be found, and
// bodies as generators make them.
package rulestest

import "strings"

// Bodies as generators make them. None of them is anybody's.
const (
	Base62Body = "tR7nK2vQ9xLw4ZbYc8PmJ1sD"
	HexBody    = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b"
	URLBody    = "aB3-xY_z9Kq-7Wm_pL2sT5vN8rQ4cD6f"
)

// The prefixes, joined here so that no source file holds anything in the shape of a key.
const (
	Live = "sk" + "_live_"
	Test = "sk" + "_test_"
)

// Unmark writes the prefixes where L~ and T~ stand.
var Unmark = strings.NewReplacer("L~", Live, "T~", Test)

// Marked is a text without its marks, and what they marked.
type Marked struct {
	Text string
	Want []Span
}

// A Span is a key that must be found, or a placeholder.
type Span struct {
	Start, End  int
	Placeholder bool
}

// Parse reads a text that marks the spans that must be found: ⟦ and ⟧ around a key, ⟪ and ⟫ around a placeholder. The
// marks are taken out, and the prefixes put in.
func Parse(s string) Marked {
	var m Marked
	var out strings.Builder
	for _, r := range Unmark.Replace(s) {
		switch r {
		case '⟦', '⟪':
			m.Want = append(m.Want, Span{Start: out.Len(), Placeholder: r == '⟪'})
		case '⟧', '⟫':
			m.Want[len(m.Want)-1].End = out.Len()
		default:
			out.WriteRune(r)
		}
	}
	m.Text = out.String()
	return m
}
