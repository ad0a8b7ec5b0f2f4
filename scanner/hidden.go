package scanner

import (
	"cmp"
	"strings"
	"time"
)

// Hidden says how a commit was hidden: its host still serves it by its id, though no ref leads to it any more. All of
// it is what the host says.
type Hidden struct {
	Event HiddenBy
	Ref   string    // which ref led to the commit, "" where that is not known
	By    string    // the user who did it, "" where that is not known
	Date  time.Time // when, zero where that is not known
}

// HiddenBy is what hid a commit.
type HiddenBy string

const (
	HiddenByForcePush HiddenBy = "force-push"
	HiddenByDeletion  HiddenBy = "branch-deletion"
	HiddenByOther     HiddenBy = "unknown" // the host serves the commit, and does not say what hid it
)

func compareHidden(a, b *Hidden) int {
	if a == nil || b == nil {
		return FalseFirst(a != nil, b != nil)
	}
	return cmp.Or(a.Date.Compare(b.Date), cmp.Compare(a.Event, b.Event), strings.Compare(a.Ref, b.Ref),
		strings.Compare(a.By, b.By))
}
