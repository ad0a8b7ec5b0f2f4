package rules

import (
	"bytes"
	"testing"
)

// FuzzScan plants a key into any bytes and expects it back, whole and in place. Whatever else the
// bytes hold, matches lie inside the text, rise, and do not repeat.
func FuzzScan(f *testing.F) {
	for _, seed := range []string{"", "K=", "\\n", "\x1b[1m", prefixLive, "c2tfbGl2ZV9", "%22", "&#95;", "'sk' + '", "=\r\n", "\\u00"} {
		f.Add([]byte(seed), []byte(seed))
	}
	s := Default()
	key := prefixLive + base62Body
	f.Fuzz(func(t *testing.T, before, after []byte) {
		// Semicolons are no part of any form, and nothing joins what they part.
		text := append(append(append(bytes.Clone(before), " ;"...), key...), "; "...)
		start := len(before) + 2
		text = append(text, after...)
		seen := map[Match]bool{}
		planted, last := false, 0
		s.Scan(text, func(m Match) {
			if m.Start < last || m.End > len(text) || m.End <= m.Start || seen[m] {
				t.Fatalf("match %+v behind %d in %d bytes", m, last, len(text))
			}
			seen[m], last = true, m.Start
			planted = planted || m.Start == start && m.End == start+len(key) && m.Key.Reveal() == key && m.Form == "plain" && !m.Placeholder
		})
		if !planted {
			t.Fatalf("planted key not found in %q: %v", text, seen)
		}
		s.Redact(string(before))
	})
}
