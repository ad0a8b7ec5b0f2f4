package report

import (
	"slices"

	"skleak/rules"
	"skleak/scanner"
)

// redacted is a copy of r in which no text but the keys themselves holds a whole key. Scanners
// redact what they hand over; this is the second lock, and the only one for what comes from
// elsewhere: targets, errors of the file system, answers of a provider. Every Write function works
// on such a copy, with --show-secrets too, which is about the keys and nothing else.
func redacted(r *Report) *Report {
	clean := rules.Default().Redact
	out := *r
	out.Targets = make([]string, len(r.Targets))
	for i, t := range r.Targets {
		out.Targets[i] = clean(t)
	}
	out.Coverage.Unreadable = make([]scanner.Unreadable, len(r.Coverage.Unreadable))
	for i, u := range r.Coverage.Unreadable {
		out.Coverage.Unreadable[i] = scanner.Unreadable{Reason: u.Reason, Place: clean(u.Place), Detail: clean(u.Detail)}
	}
	out.Leaks = make([]Leak, len(r.Leaks))
	for i, l := range r.Leaks {
		out.Leaks[i] = redactedLeak(l, clean)
	}
	return &out
}

func redactedLeak(l Leak, clean func(string) string) Leak {
	l.Provider, l.Evidence, l.StatusDetail = clean(l.Provider), clean(l.Evidence), clean(l.StatusDetail)
	findings := make([]scanner.Finding, len(l.Findings))
	for i, f := range l.Findings {
		f.Path, f.Evidence = clean(f.Path), clean(f.Evidence)
		f.Refs = slices.Clone(f.Refs)
		for j := range f.Refs {
			f.Refs[j] = clean(f.Refs[j])
		}
		if f.Commit != nil {
			c := *f.Commit
			c.Author, c.Email, c.Summary = clean(c.Author), clean(c.Email), clean(c.Summary)
			f.Commit = &c
		}
		findings[i] = f
	}
	l.Findings = findings
	return l
}
