package scanner

import (
	"cmp"
	"slices"
	"strings"
)

// Add puts another coverage, of what lies under prefix, beside what t counts. Of each reason, no more places are kept
// than a scan keeps.
func (t *Totals) Add(o Totals, prefix string) {
	t.Files += o.Files
	t.Bytes += o.Bytes
	t.Objects += o.Objects
	t.Blobs += o.Blobs
	t.Commits += o.Commits
	t.Tags += o.Tags
	t.Broken += o.Broken
	t.Partial = t.Partial || o.Partial
	t.UnreadableCount += o.Unread()
	for _, s := range o.Skipped {
		t.addSkipped(s)
	}
	for _, l := range o.LeftOut {
		l.By = prefix + l.By
		t.LeftOut = append(t.LeftOut, l)
	}
	t.addUnreadable(o.Unreadable, prefix)
}

func (t *Totals) addSkipped(s Skipped) {
	i, found := slices.BinarySearchFunc(t.Skipped, s.Reason, func(a Skipped, reason string) int {
		return strings.Compare(a.Reason, reason)
	})
	if found {
		t.Skipped[i].Count += s.Count
		return
	}
	t.Skipped = slices.Insert(t.Skipped, i, s)
}

func (t *Totals) addUnreadable(more []Unreadable, prefix string) {
	for _, u := range more {
		if u.Place != "" || u.Detail == "" {
			u.Place = prefix + u.Place
		}
		t.Unreadable = append(t.Unreadable, u)
	}
	if len(more) == 0 {
		return
	}
	slices.SortStableFunc(t.Unreadable, func(a, b Unreadable) int {
		return cmp.Or(strings.Compare(a.Reason, b.Reason), strings.Compare(a.Place, b.Place))
	})
	kept, n := t.Unreadable[:0], 0
	for i, u := range t.Unreadable {
		if i > 0 && u.Reason != t.Unreadable[i-1].Reason {
			n = 0
		}
		if n++; n <= unreadableShown {
			kept = append(kept, u)
		}
	}
	t.Unreadable = kept
}
