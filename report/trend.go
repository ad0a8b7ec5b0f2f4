package report

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"skleak/scanner"
)

// Earlier is what an earlier report says of what leaked then.
type Earlier struct {
	StartedAt            time.Time
	Searched, Configured string
	Repositories         []scanner.Repository
	Leaks                []EarlierLeak // those that counted
}

// EarlierLeak is a leak of an earlier report.
type EarlierLeak struct{ Fingerprint, Environment, Provider, Place string }

// Earlier is what a saved report says, to compare another one with.
func (s *Saved) Earlier() *Earlier {
	e := &Earlier{StartedAt: s.StartedAt, Searched: s.Searched, Configured: s.Configured, Repositories: s.Repositories}
	for _, l := range s.Leaks {
		if !l.Counts() {
			continue
		}
		known := EarlierLeak{l.Key.Fingerprint(), string(l.Environment), cmp.Or(l.Provider, scanner.ProviderUnknown), ""}
		if len(l.Findings) > 0 {
			known.Place = placeOf(l.Findings[0])
		}
		e.Leaks = append(e.Leaks, known)
	}
	return e
}

// trend is what changed since an earlier report.
type trend struct {
	earlier      *Earlier
	fresh, still map[string]bool // fingerprints
	silenced     map[string]bool // of what leaked then, and does not count now
	gone         []EarlierLeak
	doubt        string // why the two may not be compared, "" if nothing speaks against it
}

// trendOf compares a report with the earlier one that it was given; nil without one.
func trendOf(r *shown) *trend {
	if r.Earlier == nil {
		return nil
	}
	t := &trend{earlier: r.Earlier, fresh: map[string]bool{}, still: map[string]bool{}, silenced: map[string]bool{},
		doubt: doubtOf(r)}
	before := map[string]bool{}
	for _, l := range r.Earlier.Leaks {
		before[l.Fingerprint] = true
	}
	for _, l := range r.Leaks {
		switch print := l.Key.Fingerprint(); {
		case !l.Counts():
			t.silenced[print] = before[print]
		case before[print]:
			t.still[print] = true
		default:
			t.fresh[print] = true
		}
	}
	for _, l := range r.Earlier.Leaks {
		if before[l.Fingerprint] && !t.still[l.Fingerprint] && !t.silenced[l.Fingerprint] {
			t.gone, before[l.Fingerprint] = append(t.gone, l), false // a report that names it twice has it once
		}
	}
	return t
}

// doubtOf says why what is gone may not be.
func doubtOf(r *shown) string {
	switch {
	case len(r.Earlier.Repositories) > 0 && len(r.Repositories) > 0 &&
		!sameRepositories(r.Earlier.Repositories, r.Repositories):
		return "the earlier report is about other repositories"
	case !r.Complete():
		return "not everything could be read this time, so what is gone may still be there"
	case r.Earlier.Searched != "" && r.Searched != "" && r.Earlier.Searched != r.Searched:
		return "the earlier report was made with other rules"
	case r.Earlier.Configured != "" && r.Configured != "" && r.Earlier.Configured != r.Configured:
		return "the earlier report was made with another configuration"
	}
	return ""
}

func sameRepositories(a, b []scanner.Repository) bool {
	return slices.EqualFunc(a, b, func(x, y scanner.Repository) bool {
		return x.Name == y.Name && (x.Path == y.Path || x.Remote != "" && x.Remote == y.Remote)
	})
}

// since names the earlier report by its date.
func (t *trend) since() string {
	if t.earlier.StartedAt.IsZero() {
		return "the earlier report"
	}
	return t.earlier.StartedAt.UTC().Format("2006-01-02 15:04 UTC")
}

// sentence is the trend in a sentence without its full stop.
func (t *trend) sentence() string {
	line := fmt.Sprintf("since %s: %s new, %s gone, %s still there", t.since(),
		scanner.Thousands(int64(len(t.fresh))), scanner.Thousands(int64(len(t.gone))), scanner.Thousands(int64(len(t.still))))
	if n := t.silencedCount(); n > 0 {
		line += fmt.Sprintf(", %s that no longer %s", scanner.Thousands(n),
			map[bool]string{true: "counts", false: "count"}[n == 1])
	}
	if t.doubt != "" {
		line += "; " + t.doubt
	}
	return line
}

func (t *trend) silencedCount() (n int64) {
	for _, was := range t.silenced {
		if was {
			n++
		}
	}
	return n
}
