package files

import (
	"context"
	"testing"
	"time"

	"skleak/scanner"
)

// TestHostileProc reads what the system makes up about this process: a page map of hundreds of gigabytes among it.
func TestHostileProc(t *testing.T) {
	within(t, time.Minute, 256<<20, func() {
		cov := &scanner.Coverage{}
		if _, err := Dir(context.Background(), "/proc/self", Options{Rules: builtin, Coverage: cov}, &collector{}); err != nil {
			t.Fatal(err)
		}
		named := false
		for _, u := range cov.UnreadableList() {
			named = named || u.Reason == scanner.UnreadableTooLarge && u.Place == "pagemap"
		}
		if !named {
			t.Error("the page map is not named")
		}
	})
}
