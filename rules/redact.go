package rules

import "strings"

// Redact replaces every key in text by its redacted form. Names, summaries and paths pass through it before they are
// shown, since a key can stand there as well. Of a text that Scan does not look into whole, nothing is left.
func (s *Set) Redact(text string) string {
	b := []byte(text)
	if s.Next(b, 0) < 0 {
		return text
	}
	var out strings.Builder
	last := 0
	complete := s.Scan(b, func(m Match) {
		if m.Start < last { // keys in two forms can overlap: the second is covered as far as it goes
			last = max(last, m.End)
			return
		}
		out.WriteString(text[last:m.Start])
		out.WriteString(m.Key.Redacted())
		last = m.End
	})
	if !complete {
		return "[not shown: so much of it looks like parts of keys]"
	}
	out.WriteString(text[last:])
	return out.String()
}
