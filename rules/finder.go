package rules

import "bytes"

// Next returns the position of the first candidate (an occurrence of one of the searched literals)
// at or behind from, or -1. Most candidates are not keys.
func (s *Set) Next(text []byte, from int) int {
	best := -1
	for _, l := range s.literals {
		if i := bytes.Index(text[from:], l); i >= 0 && (best < 0 || from+i < best) {
			best = from + i
		}
	}
	return best
}

// Overlap is the length of the longest literal less one: two neighbouring pieces of a text that
// share this many bytes can be searched apart without missing a candidate.
func (s *Set) Overlap() int { return len(prefixLive) - 1 }

// Reach is how many bytes before and behind a candidate Scan may look at to confirm and judge it.
// What it says of a match depends on nothing further away.
func (s *Set) Reach() int { return 4096 }

// Scan confirms every candidate of text and calls found for each key, in order of Start. A key is
// reported once, however many candidates lead to it.
func (s *Set) Scan(text []byte, found func(Match)) {
	for at := s.Next(text, 0); at >= 0; at = s.Next(text, at+1) {
		end := at + len(prefixLive)
		for end < len(text) && (text[end]|0x20 >= 'a' && text[end]|0x20 <= 'z' || text[end] >= '0' && text[end] <= '9') {
			end++
		}
		if end-at >= len(prefixLive)+10 {
			found(Match{Start: at, End: end, Key: NewKey(string(text[at:end])), Form: "plain"})
		}
	}
}

// Redact replaces every key in s by its redacted form. Names, summaries and paths pass through it
// before they are shown, since a key can stand there as well.
func (s *Set) Redact(text string) string {
	b := []byte(text)
	out, last := []byte(nil), 0
	s.Scan(b, func(m Match) {
		out = append(append(out, b[last:m.Start]...), m.Key.Redacted()...)
		last = m.End
	})
	if last == 0 {
		return text
	}
	return string(append(out, b[last:]...))
}
