package report

import (
	"strings"
	"testing"

	"skleak/scanner"
)

// TestNoKeyAnywhere puts a whole key into every text of a report. Scanners redact what they hand
// over; a report must not depend on it.
func TestNoKeyAnywhere(t *testing.T) {
	secret := keyBaseline.Reveal()
	text := "a/" + secret + "/b"
	r := recordedReport(t)
	r.Interrupted, r.Targets = true, []string{text}
	r.Coverage.Unreadable = []scanner.Unreadable{{Reason: "corrupt", Place: text, Detail: text}}
	for i := range r.Leaks {
		l := &r.Leaks[i]
		l.Provider, l.Evidence, l.StatusDetail = text, text, text
		for j := range l.Findings {
			l.Findings[j].Path, l.Findings[j].Evidence, l.Findings[j].Refs = text, text, []string{text}
			l.Findings[j].Commit = &scanner.Commit{Hash: hashA, Author: text, Email: text, Summary: text}
		}
	}
	empty := &Report{Targets: []string{text}}
	for _, f := range formats {
		for _, o := range []Options{{}, {Verbose: true}, {Color: true}} {
			for _, r := range []*Report{r, empty} {
				if strings.Contains(string(written(t, r, f.name, o)), secret) {
					t.Errorf("%s, %+v: a whole key", f.name, o)
				}
			}
		}
	}
	if r.Targets[0] != text || r.Leaks[0].Findings[0].Commit.Author != text || r.Leaks[0].Findings[0].Refs[0] != text {
		t.Error("writing changed the report it was given")
	}
}
