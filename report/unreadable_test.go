package report

import (
	"fmt"
	"strings"
	"testing"

	"skleak/scanner"
)

// TestPartialCloneIsOneLine: what a partial clone lacks is told at once, and hides nothing else.
func TestPartialCloneIsOneLine(t *testing.T) {
	c := Coverage{Partial: true, UnreadableCount: 5002}
	for i := range 1000 {
		c.Unreadable = append(c.Unreadable, scanner.Unreadable{Reason: scanner.UnreadableMissing,
			Place: fmt.Sprintf("object %d", i)})
	}
	c.Unreadable = append(c.Unreadable, scanner.Unreadable{Reason: scanner.UnreadableMissing, Detail: "and 4001 more"},
		scanner.Unreadable{Reason: scanner.UnreadableFile, Place: "a.env", Detail: "permission denied"})
	lines := unreadableLines(c, false, visible)
	if len(lines) != 2 || !strings.HasPrefix(lines[0], "5,001 objects: missing-object") ||
		lines[1] != "a.env: unreadable-file, permission denied" {
		t.Errorf("%q", lines)
	}
	if lines = unreadableLines(c, true, visible); len(lines) != 1002 {
		t.Errorf("%d lines where all are wanted", len(lines))
	}
}
