package report

import (
	"math/rand/v2"
	"testing"

	"skleak/rules"
	"skleak/scanner"
)

func TestUrgency(t *testing.T) {
	history := inHistory(keyPlain, "a", 1, nil)
	head := history
	head.AtHead = true
	leak := func(e rules.Environment, status, suppressed string, f scanner.Finding) Leak {
		return Leak{Key: keyPlain, Environment: e, Status: status, Suppressed: suppressed, Findings: []scanner.Finding{f}}
	}
	want := []Leak{
		leak(rules.Live, scanner.StatusActive, "", history),
		leak(rules.Test, scanner.StatusActive, "", head),
		leak(rules.Live, scanner.StatusUnchecked, "", head),
		leak(rules.Live, scanner.StatusUnchecked, "", history),
		leak(rules.Live, scanner.StatusUnknown, "", history),
		leak(rules.Test, scanner.StatusUnknown, "", head),
		leak(rules.Test, scanner.StatusUnchecked, "", head),
		leak(rules.Test, scanner.StatusUnchecked, "", history),
		leak(rules.Live, scanner.StatusInactive, "", head),
		leak(rules.Live, scanner.StatusActive, scanner.SuppressedBaseline, head),
		{Key: keyPlaceholder, Environment: rules.Live, Placeholder: true, Findings: []scanner.Finding{head}},
	}
	mixed := append([]Leak(nil), want...)
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
	for i, l := range (&Report{Leaks: mixed}).shown().Leaks {
		if compareUrgency(l, want[i]) != 0 {
			t.Errorf("place %d: %s, status %s, suppressed %q", i, l.Environment, l.Status, l.Suppressed)
		}
	}
}

// TestSuppressionSays who keeps a leak from counting, and where: in the source, or elsewhere.
func TestSuppressionSays(t *testing.T) {
	marked, plain := inFile(keyPlain, "a", 1, 1), inFile(keyPlain, "b", 1, 1)
	marked.Allowed = "skleak:allow"
	commented := leaksOf([]scanner.Finding{marked})[0]
	configured := Leak{Suppressed: scanner.SuppressedAllowed, SuppressedBy: ".skleakignore: a test key",
		Findings: []scanner.Finding{marked, plain}}
	known := Leak{Suppressed: scanner.SuppressedBaseline, SuppressedBy: "baseline", Findings: []scanner.Finding{plain}}
	for _, tt := range []struct {
		leak            Leak
		kind, why, text string
	}{
		{commented, "inSource", "skleak: allowed by comment skleak:allow", "allowed by comment skleak:allow"},
		{configured, "external", "skleak: allowed by .skleakignore: a test key", "allowed by .skleakignore: a test key"},
		{known, "external", "skleak: baseline", "known by the baseline"},
	} {
		if got := suppressionOf(&tt.leak); got.Kind != tt.kind || got.Justification != tt.why || got.Status != "accepted" {
			t.Errorf("%+v, want %s: %s", got, tt.kind, tt.why)
		}
		if got := suppression(tt.leak, visible); got != tt.text {
			t.Errorf("%q, want %q", got, tt.text)
		}
	}
}
