// Package find finds keys in contents: at hand or gone by, in names, in what lies in containers. Where the content
// comes from is for others to know.
package find

import (
	"cmp"
	"slices"
	"strings"

	"skleak/rules"
	"skleak/rules/provider"
	"skleak/scanner"
	"skleak/scanner/git/object"
	"skleak/scanner/git/pack"
)

// Match is one key in a content.
type Match struct {
	Key         rules.Key
	Form        string
	Placeholder bool
	LongPrefix  bool
	Place       scanner.Place
	Around      scanner.Surroundings

	Container, Inside string // as in scanner.Finding
}

// New notes a key, but for its place.
func New(set *provider.Set, text []byte, m rules.Match) Match {
	return Match{
		Key: m.Key, Form: m.Form, Placeholder: m.Placeholder, LongPrefix: m.LongPrefix,
		Around: scanner.SurroundingsOf(set, text, m),
	}
}

// Finding completes f with what the match knows.
func (m Match) Finding(f scanner.Finding) scanner.Finding {
	f.Key, f.Form, f.Placeholder, f.LongPrefix, f.Place = m.Key, m.Form, m.Placeholder, m.LongPrefix, m.Place
	f.Container, f.Inside = m.Container, m.Inside
	f.Path += m.Inside
	m.Around.Complete(&f, f.Path)
	return f
}

// Sort puts findings in an order that depends on nothing but themselves.
func Sort(found []scanner.Finding) {
	hash := func(f scanner.Finding) string {
		if f.Commit == nil {
			return ""
		}
		return f.Commit.Hash
	}
	prints := map[rules.Key]string{}
	for _, f := range found {
		if _, ok := prints[f.Key]; !ok {
			prints[f.Key] = f.Key.Fingerprint()
		}
	}
	slices.SortStableFunc(found, func(a, b scanner.Finding) int {
		return cmp.Or(
			cmp.Compare(a.Source, b.Source), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Blob, b.Blob),
			cmp.Compare(hash(a), hash(b)),
			cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(prints[a.Key], prints[b.Key]),
		)
	})
}

// Describe says of the content of a commit or tag what reports need. Keys in names and messages are redacted,
// bytes that are no UTF-8 replaced, and what is longer than anybody reads is cut.
func Describe(hash string, kind pack.Kind, content []byte, set *provider.Set) *scanner.Commit {
	text := func(s string) string { return scanner.ShownText(set.Redact(strings.ToValidUTF8(s, "\uFFFD"))) }
	who, message := object.Describe(kind, content)
	summary, _, _ := strings.Cut(strings.TrimLeft(message, "\n"), "\n")
	return &scanner.Commit{
		Hash: hash, Author: text(who.Name), Email: text(who.Email), Date: who.When, Summary: text(strings.TrimSpace(summary)),
	}
}
