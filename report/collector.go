package report

import (
	"cmp"
	"slices"
	"strings"

	"skleak/rules"
	"skleak/scanner"
)

// Collector is the [scanner.Handler] that groups findings by key. Its zero value is ready to use.
// It keeps every finding, so its memory grows with what was found, never with what was read.
type Collector struct {
	found map[rules.Key][]scanner.Finding
}

// Finding keeps f. It never fails.
func (c *Collector) Finding(f scanner.Finding) error {
	if c.found == nil {
		c.found = map[rules.Key][]scanner.Finding{}
	}
	c.found[f.Key] = append(c.found[f.Key], f)
	return nil
}

// Leaks returns one leak per key, in an order that depends on nothing but the findings: real keys
// before placeholders, live before test, then by fingerprint. The findings of a leak are sorted by
// source, path, place and commit, and what was found twice stands there once.
func (c *Collector) Leaks() []Leak {
	leaks := make([]Leak, 0, len(c.found))
	prints := make(map[rules.Key]string, len(c.found))
	for key, found := range c.found {
		leaks = append(leaks, leakOf(key, slices.Clone(found)))
		prints[key] = key.Fingerprint()
	}
	slices.SortFunc(leaks, func(a, b Leak) int {
		return cmp.Or(
			falseFirst(a.Placeholder, b.Placeholder),
			falseFirst(a.Environment != rules.Live, b.Environment != rules.Live),
			strings.Compare(prints[a.Key], prints[b.Key]),
		)
	})
	return leaks
}

// leakOf makes the leak of one key. A key counts as placeholder, or as allowed, only where every place takes it
// for one: what surrounds a value can excuse it in one file and not in another.
func leakOf(key rules.Key, found []scanner.Finding) Leak {
	slices.SortFunc(found, compareFindings)
	found = slices.CompactFunc(found, func(a, b scanner.Finding) bool { return compareFindings(a, b) == 0 })
	l := Leak{Key: key, Environment: key.Environment(), Status: StatusUnchecked, Findings: found}
	l.Provider, l.Evidence = providerOf(found)
	l.Placeholder = !slices.ContainsFunc(found, func(f scanner.Finding) bool { return !f.Placeholder })
	if !slices.ContainsFunc(found, func(f scanner.Finding) bool { return f.Allowed == "" }) {
		l.Suppressed = SuppressedAllowed
	}
	return l
}

// providerOf is the provider on which all findings that name one agree, and the evidence of the
// first of them. Where they disagree it is unknown: a key must not be sent to the wrong provider.
func providerOf(found []scanner.Finding) (provider, evidence string) {
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
func compareFindings(a, b scanner.Finding) int {
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
		falseFirst(a.Placeholder, b.Placeholder),
		falseFirst(a.LongPrefix, b.LongPrefix),
		falseFirst(!a.Reachable, !b.Reachable),
		falseFirst(!a.AtHead, !b.AtHead),
		slices.Compare(a.Refs, b.Refs),
	)
}

func comparePlaces(a, b scanner.Place) int {
	return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column),
		cmp.Compare(a.EndLine, b.EndLine), cmp.Compare(a.EndColumn, b.EndColumn))
}

func compareCommits(a, b *scanner.Commit) int {
	if a == nil || b == nil {
		return falseFirst(a != nil, b != nil)
	}
	return cmp.Or(strings.Compare(a.Hash, b.Hash), a.Date.Compare(b.Date), strings.Compare(a.Author, b.Author),
		strings.Compare(a.Email, b.Email), strings.Compare(a.Summary, b.Summary))
}

// sourceRank puts what lies open in the working tree before what has to be dug out of history.
func sourceRank(s scanner.Source) int {
	order := []scanner.Source{scanner.SourceFile, scanner.SourceStdin, scanner.SourceIndex,
		scanner.SourceHistory, scanner.SourceCommit, scanner.SourceTag}
	if i := slices.Index(order, s); i >= 0 {
		return i
	}
	return len(order)
}

func falseFirst(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}
