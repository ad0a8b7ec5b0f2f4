package history

import (
	"slices"
	"strings"
	"testing"
)

// TestMovedStandsAtHead: where files were renamed, or merged below a folder, HEAD has their keys, and that is told.
func TestMovedStandsAtHead(t *testing.T) {
	t.Parallel()
	s := newStory()
	s.onMain("add", put("a.env", assign("moved")))
	s.onMain("move", remove("a.env"), put("b.env", assign("moved")))
	s.onMain("again", remove("b.env"), put("lib/c.env", "# edited\n"+assign("moved")))
	s.on("side", "side", nil, put("sub.env", assign("subtree")))
	s.add(step{label: "merge", ref: "refs/heads/main", parents: []string{"again", "side"}, files: []change{put("sub/sub.env", assign("subtree"))}})
	dir, commits := s.tell(t, true, "--bare")
	git(t, dir, "symbolic-ref", "HEAD", "refs/heads/main")
	names := map[string]string{}
	for label, id := range commits {
		names[id] = label
	}
	r := scan(t, dir, Options{})
	checkLines(t, r, commits, map[string][]string{
		"moved": {
			"history a.env 1:9 by <add> reachable refs/heads/main",
			"history lib/c.env from b.env 2:9 by <again> reachable head refs/heads/main",
		},
		"subtree": {
			"history sub.env 1:9 by <side> reachable refs/heads/main refs/heads/side",
			"history sub/sub.env from sub.env 1:9 by <merge> reachable head refs/heads/main refs/heads/side",
		},
	})
	if got := scanRange(t, dir, commits["add"]+"..main", Options{}).lines(keyNamed("moved"), names); len(got) != 0 {
		t.Errorf("a range that only moves the key: %q", got)
	}
}

// TestMergeMovesBothFiles: a merge renames a file that its parents have with different keys. It brings none of them.
func TestMergeMovesBothFiles(t *testing.T) {
	t.Parallel()
	s := newStory()
	s.onMain("one", put("a.env", assign("one")))
	s.on("side", "two", nil, put("a.env", assign("two")))
	s.add(step{label: "merge", ref: "refs/heads/main", parents: []string{"one", "two"},
		files: []change{remove("a.env"), put("b.env", assign("one")+assign("two"))}})
	dir, commits := s.tell(t, true, "--bare")
	git(t, dir, "symbolic-ref", "HEAD", "refs/heads/main")
	r := scan(t, dir, Options{})
	checkLines(t, r, commits, map[string][]string{
		"one": {
			"history a.env 1:9 by <one> reachable refs/heads/main",
			"history b.env from a.env 1:9 by <merge> reachable head refs/heads/main",
		},
		"two": {
			"history a.env 1:9 by <two> reachable refs/heads/main refs/heads/side",
			"history b.env from a.env 2:9 by <merge> reachable head refs/heads/main refs/heads/side",
		},
	})
}

// TestAbandonedCommitBroughtWhatHeadMoved: HEAD has a key at a path to which it was moved. That a commit that no ref
// reaches brought it to the same path says nothing of HEAD.
func TestAbandonedCommitBroughtWhatHeadMoved(t *testing.T) {
	t.Parallel()
	s := newStory()
	s.onMain("base", put("readme", "text\n"))
	s.on("gone", "abandoned", []string{"base"}, put("b.env", "# first\n"+assign("key")))
	s.onMain("add", put("a.env", assign("key")))
	s.onMain("move", remove("a.env"), put("b.env", assign("key")))
	dir, commits := s.tell(t, true, "--bare")
	git(t, dir, "symbolic-ref", "HEAD", "refs/heads/main")
	git(t, dir, "update-ref", "-d", "refs/heads/gone")
	checkLines(t, scan(t, dir, Options{}), commits, map[string][]string{"key": {
		"history a.env 1:9 by <add> reachable refs/heads/main",
		"history b.env from a.env 1:9 by <move> reachable head refs/heads/main",
	}})
}

// checkLines holds what is told of keys against what is to be told, with the labels of commits for their ids.
func checkLines(t *testing.T, r result, commits map[string]string, want map[string][]string) {
	t.Helper()
	names := map[string]string{}
	for label, id := range commits {
		names[id] = label
	}
	for key, lines := range want {
		if got := r.lines(keyNamed(key), names); !slices.Equal(got, lines) {
			t.Errorf("%s:\n%s\nwant\n%s", key, strings.Join(got, "\n"), strings.Join(lines, "\n"))
		}
	}
}
