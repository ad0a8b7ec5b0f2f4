package report

import (
	"slices"

	"skleak/rules"
	"skleak/scanner"
)

// rules are those that find keys in the texts of the report.
func (r *Report) rules() *rules.Set {
	if r.Rules != nil {
		return r.Rules
	}
	return rules.Default()
}

// redacted is a copy of r in which no text but the keys themselves holds a whole key. Scanners
// redact what they hand over; this is the second lock, and the only one for what comes from
// elsewhere: targets, errors of the file system, answers of a provider. Every Write function works
// on such a copy, with --show-secrets too, which is about the keys and nothing else.
func redacted(r *Report) *Report {
	clean := r.rules().Redact
	out := *r
	out.Version = clean(r.Version)
	out.Targets = make([]string, len(r.Targets))
	for i, t := range r.Targets {
		out.Targets[i] = clean(t)
	}
	out.Coverage.Unreadable = make([]scanner.Unreadable, len(r.Coverage.Unreadable))
	for i, u := range r.Coverage.Unreadable {
		out.Coverage.Unreadable[i] = scanner.Unreadable{Reason: clean(u.Reason), Place: clean(u.Place), Detail: clean(u.Detail)}
	}
	out.Coverage.Skipped = make([]scanner.Skipped, len(r.Coverage.Skipped))
	for i, s := range r.Coverage.Skipped {
		out.Coverage.Skipped[i] = scanner.Skipped{Reason: clean(s.Reason), Count: s.Count}
	}
	out.Leaks = make([]Leak, len(r.Leaks))
	for i, l := range r.Leaks {
		out.Leaks[i] = redactedLeak(l, clean)
	}
	return &out
}

// redactedLeak cleans the fields with a few known values as well: in a report that was read back they
// are whatever somebody wrote there.
func redactedLeak(l Leak, clean func(string) string) Leak {
	l.Environment = rules.Environment(clean(string(l.Environment)))
	for _, text := range []*string{&l.Provider, &l.Evidence, &l.Suppressed, &l.Status, &l.StatusDetail} {
		*text = clean(*text)
	}
	findings := make([]scanner.Finding, len(l.Findings))
	for i, f := range l.Findings {
		f.Source = scanner.Source(clean(string(f.Source)))
		for _, text := range []*string{&f.Form, &f.Container, &f.Inside, &f.Provider, &f.Evidence, &f.Allowed, &f.Path, &f.Blob} {
			*text = clean(*text)
		}
		f.Refs = slices.Clone(f.Refs)
		for j := range f.Refs {
			f.Refs[j] = clean(f.Refs[j])
		}
		if f.Commit != nil {
			c := *f.Commit
			for _, text := range []*string{&c.Hash, &c.Author, &c.Email, &c.Summary} {
				*text = clean(*text)
			}
			f.Commit = &c
		}
		findings[i] = f
	}
	l.Findings = findings
	return l
}
