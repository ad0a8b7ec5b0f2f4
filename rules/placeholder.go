package rules

// IsPlaceholder says whether a key, with nothing known of what surrounds it, is a documentation or
// dummy value.
func (s *Set) IsPlaceholder(k Key) bool {
	found := false
	s.Scan([]byte(k.Reveal()), func(m Match) { found = found || m.Key == k && m.Placeholder })
	return found
}
