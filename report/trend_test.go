package report

import (
	"bytes"
	"strings"
	"testing"

	"skleak/rules"
	"skleak/scanner"
)

// TestTrend compares a report with one that was saved: as it is, with a leak more, and with one that is allowed now.
func TestTrend(t *testing.T) {
	saved := func(r *Report) *Earlier {
		s, err := Read(bytes.NewReader(written(t, r, FormatJSON, Options{})))
		if err != nil {
			t.Fatal(err)
		}
		return s.Earlier()
	}
	r := recordedReport(t)
	r.Earlier = saved(r)
	if got := trendOf(r.shown()).sentence(); got != "since 2026-01-02 03:04 UTC: 0 new, 0 gone, 5 still there" {
		t.Error(got)
	}
	r = recordedReport(t)
	r.Earlier = saved(&Report{StartedAt: recordedStart, Searched: r.Searched, Configured: r.Configured,
		Repositories: r.Repositories,
		Leaks: append(leaksOf(recordedFindings()[2:])[:3:3],
			Leak{Key: key(rules.Test, "another", 20), Environment: rules.Test, Provider: "stripe",
				Findings: []scanner.Finding{{Source: scanner.SourceFile, Path: "gone.env",
					Place: scanner.Place{Line: 2, Column: 3}}}})})
	for i := range r.Leaks {
		if r.Leaks[i].Key == keyMany {
			r.Leaks[i].Suppressed = scanner.SuppressedAllowed
		}
	}
	text := string(written(t, r, FormatText, Options{}))
	for _, want := range []string{", new\n", " 1 gone, ", "2 that no longer count", "  gone: ", "was at gone.env:2:3"} {
		if !strings.Contains(text, want) {
			t.Errorf("the text lacks %q:\n%s", want, text)
		}
	}
	r.Earlier.Searched = "sha256:" + hashC + hashC[:24]
	if got := trendOf(r.shown()).doubt; !strings.Contains(got, "other rules") {
		t.Errorf("doubt: %q", got)
	}
	r.Coverage = unreadableCoverage()
	if got := trendOf(r.shown()).doubt; !strings.Contains(got, "not everything could be read") {
		t.Errorf("doubt: %q", got)
	}
}
