package run

import (
	"slices"
	"strings"
)

// Paragraph is an error of several lines.
type Paragraph []string

func (p Paragraph) Error() string   { return strings.Join(p, "\n") }
func (p Paragraph) Lines() []string { return slices.Clone(p) }

// Lines takes apart what several errors, or several lines, were joined into. A line end that an error quotes, from
// the name of a file, parts nothing.
func Lines(err error) []string {
	switch e := err.(type) {
	case interface{ Lines() []string }:
		return e.Lines()
	case interface{ Unwrap() []error }:
		var lines []string
		for _, part := range e.Unwrap() {
			lines = append(lines, Lines(part)...)
		}
		if strings.Join(lines, "\n") == err.Error() {
			return lines
		}
	case interface{ Unwrap() error }:
		inner := e.Unwrap()
		if inner == nil {
			break
		}
		if head, ok := strings.CutSuffix(err.Error(), inner.Error()); ok {
			lines := Lines(inner)
			lines[0] = head + lines[0]
			return lines
		}
	}
	return []string{err.Error()}
}
