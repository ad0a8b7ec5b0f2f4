package report

import (
	"slices"
	"strings"

	"skleak/report/escape"
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
	out.Folder, out.Searched, out.Configured = clean(r.Folder), out.digest(r.Searched), out.digest(r.Configured)
	out.Coverage = out.coverage(r.Coverage)
	out.Repositories = eachOf(r.Repositories, out.repository)
	out.Earlier = out.earlier(r.Earlier)
	out.Leaks = eachOf(r.Leaks, out.leak)
	out.Requests = eachOf(r.Requests, func(n scanner.Requests) scanner.Requests {
		return scanner.Requests{Provider: out.word(n.Provider), Sent: n.Sent}
	})
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
	f.Repository = clean(f.Repository)
	f.Path, f.Container, f.Inside = clean(f.Path), clean(f.Container), clean(f.Inside)
	f.RenamedFrom = clean(f.RenamedFrom)
	f.Blob, f.Refs = s.id(f.Blob), eachOf(f.Refs, clean)
	if f.Hidden != nil {
		h := *f.Hidden
		h.Event, h.Ref, h.By = scanner.HiddenBy(s.word(string(h.Event))), clean(h.Ref), clean(h.By)
		f.Hidden = &h
	}
	f.Commit = s.commit(f.Commit)
	if f.Removed != nil {
		r := *f.Removed
		r.Commit, r.Ref, r.MovedTo = s.commit(r.Commit), clean(r.Ref), clean(r.MovedTo)
		f.Removed = &r
	}
	return f
}

func (s *shown) commit(c *scanner.Commit) *scanner.Commit {
	if c == nil {
		return nil
	}
	clean := s.redactor.Redact
	out := *c
	out.Hash, out.Author, out.Email, out.Summary = s.id(c.Hash), clean(c.Author), clean(c.Email), clean(c.Summary)
	return &out
}

func (s *shown) coverage(c Coverage) Coverage {
	c.Unreadable = eachOf(c.Unreadable, func(u scanner.Unreadable) scanner.Unreadable {
		return scanner.Unreadable{Reason: s.word(u.Reason), Place: s.id(u.Place), Detail: s.redactor.Redact(u.Detail)}
	})
	c.Skipped = eachOf(c.Skipped, func(skipped scanner.Skipped) scanner.Skipped {
		return scanner.Skipped{Reason: s.word(skipped.Reason), Count: skipped.Count}
	})
	c.LeftOut = eachOf(c.LeftOut, func(l scanner.LeftOut) scanner.LeftOut {
		return scanner.LeftOut{By: s.redactor.Redact(l.By), Files: l.Files, Folders: l.Folders}
	})
	return c
}

func (s *shown) repository(r scanner.Repository) scanner.Repository {
	clean := s.redactor.Redact
	r.Name, r.Path, r.Remote = clean(r.Name), clean(r.Path), clean(r.Remote)
	r.Branch, r.Head, r.Mirror = clean(r.Branch), s.id(r.Head), clean(r.Mirror)
	r.Coverage = s.coverage(r.Coverage)
	return r
}

func (s *shown) earlier(e *Earlier) *Earlier {
	if e == nil {
		return nil
	}
	out := &Earlier{StartedAt: e.StartedAt, Searched: s.digest(e.Searched), Configured: s.digest(e.Configured)}
	out.Repositories = eachOf(e.Repositories, s.repository)
	out.Leaks = eachOf(e.Leaks, func(l EarlierLeak) EarlierLeak {
		if len(l.Fingerprint) != fingerprintLength || strings.Trim(l.Fingerprint, "0123456789abcdef") != "" {
			l.Fingerprint = s.redactor.Redact(l.Fingerprint)
		}
		return EarlierLeak{l.Fingerprint, s.word(l.Environment), s.word(l.Provider), s.redactor.Redact(l.Place)}
	})
	return out
}

// fingerprintLength is that of every fingerprint, in hex digits.
const fingerprintLength = 20

// digest is for fields that hold the digest of something.
func (s *shown) digest(text string) string {
	if sum, ok := strings.CutPrefix(text, "sha256:"); ok && s.id(sum) == sum {
		return text
	}
	return s.redactor.Redact(text)
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
	if escape.IsWord(text) {
		return text
	}
	return s.redactor.Redact(text)
}
