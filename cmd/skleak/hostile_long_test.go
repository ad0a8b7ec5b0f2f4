package main

import (
	"fmt"
	"strings"
	"testing"

	"skleak/cmd/internal/exit"
	"skleak/scanner/scantest"
)

// TestHostileLongNames: what a stranger makes long (a message without line ends, the name of an author, of a file)
// stands in a report once for each of the keys there. The report must not grow with the square of what was read.
func TestHostileLongNames(t *testing.T) {
	repo := scantest.TempDir(t)
	scantest.Git(t, repo, "init", "-q", "--bare")
	var keys strings.Builder
	for i := range scantest.Sample(150, 1500) {
		fmt.Fprintf(&keys, "key=%s ", keyFor(fmt.Sprintf("{live:24:n%d}", i)))
	}
	text := keys.String()
	blob := scantest.GitIn(t, repo, text, "hash-object", "-w", "--stdin")
	tree := scantest.GitIn(t, repo, "100644 blob "+blob+"\t"+strings.Repeat("long/name-"[5:], len(text)/5)+"\n", "mktree")
	commit := fmt.Sprintf("tree %s\nauthor %[2]s <%[2]s> 1700000000 +0000\ncommitter a <a> 1700000000 +0000\n\n%[2]s\n",
		tree, strings.TrimSpace(text))
	scantest.Git(t, repo, "update-ref", "refs/heads/main",
		scantest.GitIn(t, repo, commit, "hash-object", "-t", "commit", "-w", "--stdin", "--literally"))
	most := 1000 * len(text) // some kilobytes a place, of which a key takes 37 bytes in each of four texts
	for _, format := range []string{"text", "json", "jsonl", "sarif", "markdown", "csv", "html", "junit", "gitlab"} {
		out, errs, status := ran(t, "git", repo, "-f", format, "-v")
		if status != exit.Leaks || len(out) > most {
			t.Errorf("%s: %d bytes of report for %d bytes read, status %d: %s", format, len(out), 4*len(text), status, errs)
		}
		checkShown(t, format, out)
	}
}
