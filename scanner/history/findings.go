package history

import (
	"cmp"
	"slices"

	"skleak/rules"
	"skleak/scanner"
)

// finding completes f with what the match knows.
func (m match) finding(f scanner.Finding) scanner.Finding {
	f.Key, f.Form, f.Placeholder, f.LongPrefix, f.Place = m.key, m.form, m.placeholder, m.longPrefix, m.place
	f.Container, f.Inside = m.container, m.inside
	f.Path += m.inside
	m.around.Complete(&f, f.Path)
	return f
}

// sortFindings puts findings in an order that depends on nothing but themselves.
func sortFindings(found []scanner.Finding) {
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
			cmp.Compare(a.Source, b.Source), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Blob, b.Blob), cmp.Compare(hash(a), hash(b)),
			cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(prints[a.Key], prints[b.Key]),
		)
	})
}
