package page

import (
	"strings"
	"testing"
	"time"
)

func day(month time.Month, day int) time.Time {
	return time.Date(2024, month, day, 0, 0, 0, 0, time.UTC)
}

// TestLifeline: the line of a key that is gone ends where it was removed, and goes on as a past one; the words tell
// the same.
func TestLifeline(t *testing.T) {
	now := day(12, 31)
	begun := []Event{{day(1, 1), Introduced}, {day(2, 1), Copied}}
	for _, test := range []struct {
		events []Event
		open   bool
		want   []string
		not    string
	}{
		{begun, true, []string{`class="life" d="M8 9H592"`, "2024-01-01 introduced, in one more commit<", "still in a file"}, "past"},
		{begun, false, []string{`class="life past" d="M8 9H592"`, "only in the history"}, `class="life"`},
		{append(begun, Event{day(7, 1), Removed}, Event{day(8, 1), Removed}, Event{now, Checked}), false,
			[]string{`class="life" d="M8 9H348"`, `class="life past" d="M348 9H592"`, `class="gone"`,
				"introduced, in one more commit, 2024-08-01 removed, 2024-12-31 checked<"}, "07-01"},
		{[]Event{{day(3, 1), Introduced}, {day(4, 1), Hidden}}, false, []string{"2024-04-01 hidden"}, "removed"},
		{[]Event{{day(3, 1), Introduced}, {day(1, 1), Removed}}, false, // a commit's date is a claim
			[]string{`class="life past" d="M8 9H592"`, "2024-01-01 removed"}, `class="life"`},
		{[]Event{{day(3, 1), Removed}}, false, nil, "svg"},
	} {
		got := string(lifeline(test.events, test.open, now))
		for _, want := range test.want {
			if !strings.Contains(got, want) {
				t.Errorf("%v: %s lacks %s", test.events, got, want)
			}
		}
		if strings.Contains(got, test.not) {
			t.Errorf("%v: %s has %s", test.events, got, test.not)
		}
	}
}
