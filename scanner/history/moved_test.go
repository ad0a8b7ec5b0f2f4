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
	for key, want := range map[string][]string{
		"moved": {
			"history a.env 1:9 by <add> reachable refs/heads/main",
			"history lib/c.env from b.env 2:9 by <again> reachable head refs/heads/main",
		},
		"subtree": {
			"history sub.env 1:9 by <side> reachable refs/heads/main refs/heads/side",
			"history sub/sub.env from sub.env 1:9 by <merge> reachable head refs/heads/main refs/heads/side",
		},
	} {
		if got := r.lines(keyNamed(key), names); !slices.Equal(got, want) {
			t.Errorf("%s:\n%s\nwant\n%s", key, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
	if got := scanRange(t, dir, commits["add"]+"..main", Options{}).lines(keyNamed("moved"), names); len(got) != 0 {
		t.Errorf("a range that only moves the key: %q", got)
	}
}
