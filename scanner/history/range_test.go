package history

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"skleak/scanner"
)

// TestRangeAgainstGit holds the commits of ranges against what git says that either end reaches, in histories whose
// clocks are right, stand still, or run backwards.
func TestRangeAgainstGit(t *testing.T) {
	for name, date := range map[string]func(i int) int{
		"right clocks":     func(i int) int { return 1_000_000 + 60*i },
		"one second":       func(i int) int { return 1_000_000 },
		"backward clocks":  func(i int) int { return 1_000_000 - 60*i },
		"scattered clocks": func(i int) int { return 1_000_000 + i*7919%977*60 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := realTempDir(t)
			git(t, dir, "init", "-q", "--bare")
			gitIn(t, dir, rangeHistory(40, date), "fast-import", "--quiet")
			r, err := Open(dir, false)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			for _, text := range []string{"c30..c39", "c39..c30", "c10..c39", "c38..c39", "c39..c39", "c5..c20", "c0..c39", "c20"} {
				s := r.newChanges(t.Context(), Options{Rules: builtIn, Coverage: &scanner.Coverage{}}, manyCommits)
				n, err := s.parseRange(text)
				if err != nil {
					t.Fatal(err)
				}
				w := s.newWalk()
				if n.less {
					w.Exclude(n.known)
				}
				w.Want(n.tip)
				found, err := w.Run(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				var got []string
				for _, c := range found {
					got = append(got, r.hex(c.ID))
				}
				a, b, ranged := strings.Cut(text, "..")
				if !ranged {
					a, b = "", a
				}
				want := strings.Fields(git(t, dir, "rev-list", b))
				if ranged { // two lists: asked for a range, git trusts the clocks too far
					known := strings.Fields(git(t, dir, "rev-list", a))
					want = slices.DeleteFunc(want, func(id string) bool { return slices.Contains(known, id) })
				}
				slices.Sort(want)
				slices.Sort(got)
				if !slices.Equal(got, want) {
					t.Errorf("%s: %d commits, not %d", text, len(got), len(want))
				}
			}
		})
	}
}

// rangeHistory is a stream for git fast-import: a chain of n commits in which every fifth is a merge, each with a tag.
func rangeHistory(n int, date func(i int) int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "commit refs/tags/c%d\nmark :%d\ncommitter A <a@b.c> %d +0000\ndata 1\nm", i, i+1, date(i))
		if i > 0 {
			fmt.Fprintf(&b, "\nfrom :%d", i)
		}
		if i > 8 && i%5 == 0 {
			fmt.Fprintf(&b, "\nmerge :%d", i-6)
		}
		fmt.Fprintf(&b, "\nM 100644 inline f\ndata 3\n%03d\n\n", i)
	}
	return b.String()
}
