package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	usesLine = regexp.MustCompile(`^\s*(?:- )?(?:\{ *)?uses: *(.*)$`)
	pinned   = regexp.MustCompile(`^([\w.-]+/[\w./-]+)@[0-9a-f]{40} # v[0-9]+\.[0-9]+\.[0-9]+$`)
)

// unpinned returns what a workflow, or a document with one, uses of others without saying which commit of it, and the
// version beside it. A tag can be moved by whoever gets hold of the account behind it. seen collects which commit of
// each is used.
func unpinned(text string, seen map[string]string) (wrong []string) {
	for line := range strings.Lines(text) {
		m := usesLine.FindStringSubmatch(strings.TrimRight(line, "\r\n"))
		if m == nil || strings.HasPrefix(m[1], "./") || strings.HasPrefix(m[1], "YOUR-ORG/skleak@") {
			continue
		}
		pin := pinned.FindStringSubmatch(m[1])
		if pin == nil || seen[pin[1]] != "" && seen[pin[1]] != m[1] {
			wrong = append(wrong, m[1])
			continue
		}
		seen[pin[1]] = m[1]
	}
	return wrong
}

// TestActionsArePinned holds that for the action, for the workflows, and for those that people copy.
func TestActionsArePinned(t *testing.T) {
	files := []string{filepath.Join(repositoryRoot, "action.yml")}
	for _, pattern := range []string{".github/workflows/*", "docs/*", "*.md"} {
		more, err := filepath.Glob(filepath.Join(repositoryRoot, pattern))
		if err != nil || len(more) == 0 {
			t.Fatalf("%s: %d files, error %v", pattern, len(more), err)
		}
		files = append(files, more...)
	}
	seen := map[string]string{}
	for _, file := range files {
		if info, err := os.Stat(file); err == nil && info.IsDir() {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, use := range unpinned(string(text), seen) {
			t.Errorf("%s: %q is not pinned by its commit with the version beside it, or not by the one used elsewhere",
				filepath.Base(file), use)
		}
	}
	if len(seen) < 4 {
		t.Errorf("only %d actions of others were seen", len(seen))
	}
}

func TestActionsArePinnedNearMiss(t *testing.T) {
	id := strings.Repeat("0f", 20)
	seen := map[string]string{}
	if wrong := unpinned("      - uses: a/b@"+id+" # v1.2.3\n    uses: ./\n", seen); len(wrong) > 0 {
		t.Errorf("refused: %q", wrong)
	}
	for _, use := range []string{"a/b@v4", "a/b@main", "a/b@" + id, "a/b@" + id[:12] + " # v1.2.3", "a/b@" + id + " # v1",
		"a/b", "a/b@" + strings.Repeat("1", 40) + " # v1.2.3"} {
		if wrong := unpinned("  - uses: "+use+"\n", seen); len(wrong) != 1 {
			t.Errorf("%q is accepted", use)
		}
	}
}
