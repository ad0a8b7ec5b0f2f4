package rules

import (
	"fmt"
	"strings"
	"testing"

	"skleak/rules/rulestest"
)

type marked struct {
	text string
	want []span
}

type span = rulestest.Span

func parseMarks(s string) marked {
	m := rulestest.Parse(s)
	return marked{m.Text, m.Want}
}

// scanAll returns all matches of text, redacted nowhere: tests only.
func scanAll(s *Set, text string) []Match {
	var all []Match
	if !s.Scan([]byte(text), func(m Match) { all = append(all, m) }) {
		panic("the work ran out on " + text)
	}
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
		spans = append(spans, span{Start: g.Start, End: g.End, Placeholder: g.Placeholder})
	}
	if fmt.Sprint(spans) != fmt.Sprint(m.want) {
		t.Errorf("%q\n found %s\n  want %s", source, show(m.text, spans), show(m.text, m.want))
	}
	return got
}

func show(text string, spans []span) string {
	var parts []string
	for _, s := range spans {
		parts = append(parts, fmt.Sprintf("[%d:%d]=%q placeholder=%v", s.Start, s.End, text[s.Start:s.End], s.Placeholder))
	}
	return "(" + strings.Join(parts, ", ") + ")"
}
