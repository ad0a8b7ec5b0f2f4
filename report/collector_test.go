package report

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"skleak/rules"
	"skleak/scanner"
)

var _ scanner.Handler = (*scanner.Collector)(nil)

// cmpKeys lets keys be compared whole without their being shown.
var cmpKeys = cmp.Comparer(func(a, b rules.Key) bool { return a == b })

func leaksOf(found []scanner.Finding) []Leak {
	var c scanner.Collector
	for _, f := range found {
		_ = c.Finding(f)
	}
	return c.Leaks()
}

// TestOrderOfArrival shuffles the recorded findings, each of them there three times.
func TestOrderOfArrival(t *testing.T) {
	want := leaksOf(recordedFindings())
	random := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		found := slices.Concat(recordedFindings(), recordedFindings(), recordedFindings())
		random.Shuffle(len(found), func(i, j int) { found[i], found[j] = found[j], found[i] })
		if diff := cmp.Diff(want, leaksOf(found), cmpKeys); diff != "" {
			t.Fatalf("the order of arrival shows (-want +got):\n%s", diff)
		}
	}
}

func TestOrderOfLeaks(t *testing.T) {
	leaks := leaksOf(recordedFindings())
	rank := func(l Leak) string {
		switch {
		case l.Placeholder:
			return "3"
		case l.Environment == rules.Test:
			return "2" + l.Key.Fingerprint()
		}
		return "1" + l.Key.Fingerprint()
	}
	if !slices.IsSortedFunc(leaks, func(a, b Leak) int { return strings.Compare(rank(a), rank(b)) }) {
		t.Errorf("leaks are out of order: %v", leaks)
	}
	if len(leaks) != 8 {
		t.Errorf("%d leaks of 8 keys", len(leaks))
	}
}

func TestOrderOfFindings(t *testing.T) {
	at := func(s scanner.Source, path string, line, column int, hash string) scanner.Finding {
		f := inFile(keyPlain, path, line, column)
		f.Source = s
		if hash != "" {
			f.Commit = &scanner.Commit{Hash: hash}
		}
		return f
	}
	want := []scanner.Finding{
		at(scanner.SourceFile, "a", 2, 1, ""), at(scanner.SourceFile, "a", 10, 1, ""), at(scanner.SourceFile, "a", 10, 2, ""),
		at(scanner.SourceFile, "b", 1, 1, ""), at(scanner.SourceStdin, "", 1, 1, ""), at(scanner.SourceIndex, "a", 1, 1, ""),
		at(scanner.SourceHistory, "a", 1, 1, ""), at(scanner.SourceHistory, "a", 1, 1, hashA), at(scanner.SourceHistory, "a",
			1, 1, hashB),
		at(scanner.SourceCommit, "", 1, 1, hashA), at(scanner.SourceTag, "", 1, 1, hashA), at("later", "", 1, 1, ""),
	}
	shuffled := slices.Clone(want)
	slices.Reverse(shuffled)
	if diff := cmp.Diff(want, leaksOf(shuffled)[0].Findings, cmpKeys); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestNearDuplicates keeps findings that differ in anything a report says.
func TestNearDuplicates(t *testing.T) {
	base := inHistory(keyPlain, "a", 1, commit(hashA, "Ann", "x"))
	changes := map[string]func(*scanner.Finding){
		"form":        func(f *scanner.Finding) { f.Form = "hex" },
		"blob":        func(f *scanner.Finding) { f.Blob = hashA },
		"provider":    func(f *scanner.Finding) { f.Provider = "laminr" },
		"evidence":    func(f *scanner.Finding) { f.Evidence = "e" },
		"placeholder": func(f *scanner.Finding) { f.Placeholder = true },
		"long prefix": func(f *scanner.Finding) { f.LongPrefix = true },
		"reachable":   func(f *scanner.Finding) { f.Reachable = false },
		"at head":     func(f *scanner.Finding) { f.AtHead = true },
		"refs":        func(f *scanner.Finding) { f.Refs = []string{"refs/heads/x"} },
		"end":         func(f *scanner.Finding) { f.EndColumn++ },
		"no commit":   func(f *scanner.Finding) { f.Commit = nil },
		"date":        func(f *scanner.Finding) { f.Commit = commit(hashA, "Ann", "x"); f.Commit.Date = recordedStart },
		"author":      func(f *scanner.Finding) { f.Commit = commit(hashA, "Bo", "x") },
		"summary":     func(f *scanner.Finding) { f.Commit = commit(hashA, "Ann", "y") },
	}
	for name, change := range changes {
		other := base
		change(&other)
		if n := len(leaksOf([]scanner.Finding{base, other, base, other})[0].Findings); n != 2 {
			t.Errorf("%s: %d findings remain of two that differ in it", name, n)
		}
	}
}

func TestProvider(t *testing.T) {
	named := func(provider, evidence, path string) scanner.Finding {
		f := inFile(keyPlain, path, 1, 1)
		f.Provider, f.Evidence = provider, evidence
		return f
	}
	tests := []struct {
		name               string
		found              []scanner.Finding
		provider, evidence string
	}{
		{"none names one", []scanner.Finding{named("unknown", "", "a"), named("", "", "b")}, "unknown", ""},
		{"one of two", []scanner.Finding{named("unknown", "", "a"), named("laminr", "host", "b")}, "laminr", "host"},
		{"the first of two that agree", []scanner.Finding{named("laminr", "second", "b"), named("laminr", "first", "a")}, "laminr", "first"},
		{"conflict", []scanner.Finding{named("laminr", "host", "a"), named("stripe", "name", "b"), named("laminr", "host", "c")}, "unknown", ""},
	}
	for _, test := range tests {
		l := leaksOf(test.found)[0]
		if l.Provider != test.provider || l.Evidence != test.evidence {
			t.Errorf("%s: %q by %q, want %q by %q", test.name, l.Provider, l.Evidence, test.provider, test.evidence)
		}
	}
}

func TestPlaceholder(t *testing.T) {
	dummy, real := inFile(keyPlain, "a", 1, 1), inFile(keyPlain, "b", 1, 1)
	dummy.Placeholder = true
	if !leaksOf([]scanner.Finding{dummy})[0].Placeholder {
		t.Error("a placeholder counts")
	}
	if leaksOf([]scanner.Finding{dummy, real})[0].Placeholder {
		t.Error("a key that is real in one place does not count")
	}
}

func TestLeaksCanBeAskedTwice(t *testing.T) {
	var c scanner.Collector
	if leaks := c.Leaks(); leaks == nil || len(leaks) != 0 {
		t.Errorf("an empty collector gives %v", leaks)
	}
	for _, f := range recordedFindings() {
		_ = c.Finding(f)
	}
	if diff := cmp.Diff(c.Leaks(), c.Leaks(), cmpKeys); diff != "" {
		t.Error(diff)
	}
}
