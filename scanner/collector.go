package scanner

import (
	"cmp"
	"slices"
	"strings"

	"skleak/rules"
)

// Collector is the [Handler] that groups findings by key. Its zero value is ready to use.
// It keeps every finding, so its memory grows with what was found, never with what was read.
type Collector struct {
	Redactor *rules.Redactor // gets to know every key as it is found; may be nil
	found    map[rules.Key][]Finding
	last     shortened
}

// Finding keeps f. It never fails.
func (c *Collector) Finding(f Finding) error {
	if !f.Placeholder {
		c.Redactor.Know(f.Key)
	}
	if c.found == nil {
		c.found = map[rules.Key][]Finding{}
	}
	c.last.shorten(&f)
	c.found[f.Key] = append(c.found[f.Key], f)
	return nil
}

// Leaks returns one leak per key, in an order that depends on nothing but the findings: real keys
// before placeholders, live before test, then by fingerprint. The findings of a leak are sorted by
// source, path, place and commit, and what was found twice stands there once.
func (c *Collector) Leaks() []Leak {
	leaks := make([]Leak, 0, len(c.found))
	for key, found := range c.found {
		leaks = append(leaks, leakOf(key, slices.Clone(found)))
	}
	SortLeaks(leaks)
	return leaks
}

// SortLeaks puts leaks, each of another key, into the order of [Collector.Leaks].
func SortLeaks(leaks []Leak) {
	prints := make(map[rules.Key]string, len(leaks))
	for _, l := range leaks {
		prints[l.Key] = l.Key.Fingerprint()
	}
	slices.SortFunc(leaks, func(a, b Leak) int {
		return cmp.Or(
			FalseFirst(a.Placeholder, b.Placeholder),
			FalseFirst(a.Environment != rules.Live, b.Environment != rules.Live),
			strings.Compare(prints[a.Key], prints[b.Key]),
		)
	})
}

// leakOf makes the leak of one key. A key counts as placeholder, or as allowed, only where every place takes it
// for one: what surrounds a value can excuse it in one file and not in another.
func leakOf(key rules.Key, found []Finding) Leak {
	slices.SortFunc(found, compareFindings)
	found = slices.CompactFunc(found, func(a, b Finding) bool { return compareFindings(a, b) == 0 })
	l := Leak{Key: key, Environment: key.Environment(), Status: StatusUnchecked, Findings: found}
	l.Provider, l.Evidence = providerOf(found)
	for _, f := range found {
		for _, key := range f.Others {
			if !slices.Contains(l.Others, key) {
				l.Others = append(l.Others, key)
			}
		}
	}
	if len(l.Others) > 0 {
		l.Evidence = strings.TrimPrefix(l.Evidence+", "+AmbiguousEnd, ", ")
	}
	l.Placeholder = !slices.ContainsFunc(found, func(f Finding) bool { return !f.Placeholder })
	if !slices.ContainsFunc(found, func(f Finding) bool { return f.Allowed == "" }) {
		l.Suppressed, l.SuppressedBy = SuppressedAllowed, "comment "+found[0].Allowed
	}
	return l
}

// providerOf is the provider on which all findings that name one agree, and the evidence of the
// first of them. Where they disagree it is unknown: a key must not be sent to the wrong provider.
func providerOf(found []Finding) (provider, evidence string) {
	provider = ProviderUnknown
	for _, f := range found {
		switch {
		case f.Provider == "" || f.Provider == ProviderUnknown || f.Provider == provider:
		case provider == ProviderUnknown:
			provider, evidence = f.Provider, f.Evidence
		default:
			return ProviderUnknown, ""
		}
	}
	return provider, evidence
}

// compareFindings is a total order over everything a finding says but its key, so that equal means
// the same finding twice and the order of a report never depends on the order of arrival.
func compareFindings(a, b Finding) int {
	return cmp.Or(
		cmp.Compare(sourceRank(a.Source), sourceRank(b.Source)),
		cmp.Compare(a.Source, b.Source),
		strings.Compare(a.Path, b.Path),
		comparePlaces(a.Place, b.Place),
		compareCommits(a.Commit, b.Commit),
		strings.Compare(a.Blob, b.Blob),
		strings.Compare(a.Form, b.Form),
		strings.Compare(a.Provider, b.Provider),
		strings.Compare(a.Evidence, b.Evidence),
		strings.Compare(a.Allowed, b.Allowed),
		FalseFirst(a.Placeholder, b.Placeholder),
		FalseFirst(a.LongPrefix, b.LongPrefix),
		FalseFirst(a.Confirmed, b.Confirmed),
		FalseFirst(!a.Reachable, !b.Reachable),
		FalseFirst(!a.AtHead, !b.AtHead),
		slices.Compare(a.Refs, b.Refs),
		compareHidden(a.Hidden, b.Hidden),
		compareRemovals(a.Removed, b.Removed),
		strings.Compare(a.Repository, b.Repository),
	)
}

func comparePlaces(a, b Place) int {
	return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column),
		cmp.Compare(a.EndLine, b.EndLine), cmp.Compare(a.EndColumn, b.EndColumn))
}

func compareCommits(a, b *Commit) int {
	if a == nil || b == nil {
		return FalseFirst(a != nil, b != nil)
	}
	return cmp.Or(strings.Compare(a.Hash, b.Hash), a.Date.Compare(b.Date), strings.Compare(a.Author, b.Author),
		strings.Compare(a.Email, b.Email), strings.Compare(a.Summary, b.Summary))
}

func compareRemovals(a, b *Removal) int {
	if a == nil || b == nil {
		return FalseFirst(a != nil, b != nil)
	}
	return cmp.Or(compareCommits(a.Commit, b.Commit), strings.Compare(a.Ref, b.Ref),
		strings.Compare(a.MovedTo, b.MovedTo))
}

// sourceRank puts what lies open in the working tree before what has to be dug out of history.
func sourceRank(s Source) int {
	order := []Source{SourceFile, SourceStdin, SourceIndex, SourceGitDir,
		SourceHistory, SourceCommit, SourceTag}
	if i := slices.Index(order, s); i >= 0 {
		return i
	}
	return len(order)
}

// FalseFirst compares two booleans for an order in which false comes first.
func FalseFirst(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}
