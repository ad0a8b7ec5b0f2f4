package report

import (
	"slices"
	"strings"

	"skleak/rules"
	"skleak/scanner"
)

// shown is a report that may be shown: its texts hold no key. Every format is written of a shown report, and only
// Report.shown makes one: that is the last gate. Scanners redact what they hand over by searching; here what
// is known by value goes as well, and what comes from elsewhere: targets, errors of the file system, answers
// of a provider. With --show-secrets too, which is about the keys of leaks and nothing else.
type shown struct {
	Report
	redactor *rules.Redactor
}

// shown redacts a copy of r. Every key of a leak is hidden by value, but for placeholders, whose words may stand
// anywhere.
//
// Two kinds of fields are exempt, so that a key that somebody chose for it damages none: whole ids of objects, and
// words of our own. Fingerprints are no texts here: the formats make them of the keys.
func (r *Report) shown() *shown {
	out := &shown{*r, r.redactorOfLeaks()}
	clean := out.redactor.Redact
	out.Version = clean(r.Version)
	out.Targets = eachOf(r.Targets, clean)
	out.Coverage.Unreadable = eachOf(r.Coverage.Unreadable, func(u scanner.Unreadable) scanner.Unreadable {
		return scanner.Unreadable{Reason: out.word(u.Reason), Place: out.id(u.Place), Detail: clean(u.Detail)}
	})
	out.Coverage.Skipped = eachOf(r.Coverage.Skipped, func(s scanner.Skipped) scanner.Skipped {
		return scanner.Skipped{Reason: out.word(s.Reason), Count: s.Count}
	})
	out.Coverage.LeftOut = eachOf(r.Coverage.LeftOut, func(l scanner.LeftOut) scanner.LeftOut {
		return scanner.LeftOut{By: clean(l.By), Files: l.Files, Folders: l.Folders}
	})
	out.Leaks = eachOf(r.Leaks, out.leak)
	slices.SortStableFunc(out.Leaks, compareUrgency)
	return out
}

// redactorOfLeaks knows the keys of all leaks.
func (r *Report) redactorOfLeaks() *rules.Redactor {
	redactor := r.Redactor
	if redactor == nil {
		redactor = rules.NewRedactor(nil)
	}
	for _, l := range r.Leaks {
		if !l.Placeholder {
			redactor.Know(l.Key)
		}
	}
	return redactor
}

// eachOf makes a list of what f makes of each element, which is never nil.
func eachOf[T any](list []T, f func(T) T) []T {
	out := make([]T, len(list))
	for i, v := range list {
		out[i] = f(v)
	}
	return out
}

// leak cleans the fields with a few known values as well: in a report that was read back they are whatever
// somebody wrote there.
func (s *shown) leak(l Leak) Leak {
	l.Environment = rules.Environment(s.word(string(l.Environment)))
	l.Provider, l.Evidence = s.word(l.Provider), s.redactor.Redact(l.Evidence)
	l.Suppressed, l.Status = s.word(l.Suppressed), s.word(l.Status)
	l.SuppressedBy, l.StatusDetail = s.redactor.Redact(l.SuppressedBy), s.redactor.Redact(l.StatusDetail)
	l.Findings = eachOf(l.Findings, s.finding)
	return l
}

func (s *shown) finding(f scanner.Finding) scanner.Finding {
	clean := s.redactor.Redact
	f.Source = scanner.Source(s.word(string(f.Source)))
	f.Form, f.Provider, f.Evidence, f.Allowed = s.word(f.Form), s.word(f.Provider), clean(f.Evidence), clean(f.Allowed)
	f.Path, f.Container, f.Inside = clean(f.Path), clean(f.Container), clean(f.Inside)
	f.RenamedFrom = clean(f.RenamedFrom)
	f.Blob, f.Refs = s.id(f.Blob), eachOf(f.Refs, clean)
	if f.Commit != nil {
		c := *f.Commit
		c.Hash, c.Author, c.Email, c.Summary = s.id(c.Hash), clean(c.Author), clean(c.Email), clean(c.Summary)
		f.Commit = &c
	}
	return f
}

// id is for fields that hold the id of an object, as a rule.
func (s *shown) id(text string) string {
	if (len(text) == 40 || len(text) == 64) && strings.Trim(text, "0123456789abcdef") == "" {
		return text
	}
	return s.redactor.Redact(text)
}

// word is for fields that hold one of our own words, if a report was not forged.
func (s *shown) word(text string) string {
	if isWord(text) {
		return text
	}
	return s.redactor.Redact(text)
}
