package report

import (
	"cmp"
	"slices"

	"skleak/rules"
	"skleak/scanner"
)

// compareUrgency is the order in which leaks are told: what is active first, then what may be and does most harm. What
// does not count comes last.
func compareUrgency(a, b Leak) int {
	return cmp.Or(
		cmp.Compare(urgency(a), urgency(b)),
		scanner.FalseFirst(a.Environment != rules.Live, b.Environment != rules.Live),
		scanner.FalseFirst(!isOpen(a), !isOpen(b)),
	)
}

func urgency(l Leak) int {
	switch {
	case l.Placeholder:
		return 7
	case !l.Counts():
		return 6
	case l.Status == scanner.StatusActive:
		return 0
	case l.Status == scanner.StatusInactive:
		return 5
	case l.Status == scanner.StatusUnknown:
		return 3
	case l.Environment != rules.Live:
		return 4
	case isOpen(l):
		return 1
	}
	return 2
}

// isOpen is true for a key that whoever opens the project finds: at HEAD, or in a file.
func isOpen(l Leak) bool {
	return slices.ContainsFunc(l.Findings, func(f scanner.Finding) bool { return f.AtHead || !isHistory(f) })
}
