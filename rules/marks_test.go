package rules

import (
	"fmt"
	"strings"
	"testing"
)

// Test texts mark the spans that must be found: ⟦ and ⟧ around a key, ⟪ and ⟫ around a placeholder.
// The marks are taken out before the scan. L~ and T~ stand for the prefixes, so that no source
// file holds anything in the shape of a key.
var unmark = strings.NewReplacer("L~", prefixLive, "T~", prefixTest)

type marked struct {
	text string
	want []span
}

type span struct {
	start, end  int
	placeholder bool
}

func parseMarks(s string) marked {
	var m marked
	var out strings.Builder
	for _, r := range unmark.Replace(s) {
		switch r {
		case '⟦', '⟪':
			m.want = append(m.want, span{start: out.Len(), placeholder: r == '⟪'})
		case '⟧', '⟫':
			m.want[len(m.want)-1].end = out.Len()
		default:
			out.WriteRune(r)
		}
	}
	m.text = out.String()
	return m
}

// scanAll returns all matches of text, redacted nowhere: tests only.
func scanAll(s *Set, text string) []Match {
	var all []Match
	s.Scan([]byte(text), func(m Match) { all = append(all, m) })
	return all
}

// checkMarks scans a marked text and fails where the spans found are not the ones marked. It
// returns the matches.
func checkMarks(t *testing.T, s *Set, source string) []Match {
	t.Helper()
	m := parseMarks(source)
	got := scanAll(s, m.text)
	var spans []span
	for _, g := range got {
		spans = append(spans, span{g.Start, g.End, g.Placeholder})
	}
	if fmt.Sprint(spans) != fmt.Sprint(m.want) {
		t.Errorf("%q\n found %s\n  want %s", source, show(m.text, spans), show(m.text, m.want))
	}
	return got
}

func show(text string, spans []span) string {
	var parts []string
	for _, s := range spans {
		parts = append(parts, fmt.Sprintf("[%d:%d]=%q placeholder=%v", s.start, s.end, text[s.start:s.end], s.placeholder))
	}
	return "(" + strings.Join(parts, ", ") + ")"
}
