package repository

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"skleak/scanner/git/commits"
	"skleak/scanner/git/gitdir"
	"skleak/scanner/git/oid"
	"skleak/scanner/scantest"
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
			dir := scantest.TempDir(t)
			scantest.Git(t, dir, "init", "-q", "--bare")
			scantest.GitIn(t, dir, rangeHistory(40, date), "fast-import", "--quiet")
			r, err := Open(gitdir.Reach{}, dir, false)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			for _, text := range []string{"c30..c39", "c39..c30", "c10..c39", "c38..c39", "c39..c39", "c5..c20", "c0..c39", "c20"} {
				named, err := r.ParseRange(text)
				if err != nil {
					t.Fatal(err)
				}
				read := r.Objects.NewReader().Read
				w := commits.NewWalk(commits.Source{Read: func(id oid.ID) (commits.Commit, error) { return commits.Read(read, id, r.Dir.Format) }})
				if named.From != nil {
					w.Exclude(named.From.Commit)
				}
				w.Want(named.Tip.Commit)
				found, err := w.Run(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				var got []string
				for _, c := range found {
					got = append(got, hex(r, c.ID))
				}
				a, b, ranged := strings.Cut(text, "..")
				if !ranged {
					a, b = "", a
				}
				want := strings.Fields(scantest.Git(t, dir, "rev-list", b))
				if ranged { // two lists: asked for a range, git trusts the clocks too far
					known := strings.Fields(scantest.Git(t, dir, "rev-list", a))
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

// TestRevisions holds what names mean against git.
func TestRevisions(t *testing.T) {
	for _, format := range []string{"sha1", "sha256"} {
		dir := scantest.TempDir(t)
		scantest.Git(t, dir, "init", "-q", "--bare", "--object-format="+format)
		scantest.GitIn(t, dir, rangeHistory(40, func(i int) int { return 1_000_000 + 60*i }), "fast-import", "--quiet")
		scantest.Git(t, dir, "tag", "-a", "-m", "m", "annotated", "c30")
		scantest.Git(t, dir, "update-ref", "refs/heads/main", "c39")
		r, err := Open(gitdir.Reach{}, dir, false)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		id := scantest.Git(t, dir, "rev-parse", "c20")
		for _, text := range []string{
			"HEAD", "@", "main", "@~3", "HEAD^", "HEAD~2^1~3", "c35^2", "c35^0", "c35~0", "annotated", "annotated~1", "annotated^0",
			id, id[:12], strings.ToUpper(id[:12]), id[:12] + "~4", "heads/main", "tags/c1",
		} {
			named, err := r.ParseRange(text)
			if want := scantest.Git(t, dir, "rev-parse", text+"^{commit}"); err != nil || hex(r, named.Tip.Commit.ID) != want || named.From != nil {
				t.Errorf("%s: %q is %s, error %v; want %s", format, text, hex(r, named.Tip.Commit.ID), err, want)
			}
		}
		for _, text := range []string{"nothing", "c20..nothing", "c1...c2", "HEAD~99", "HEAD^2", "@{1}", "HEAD~x", "c0^", id[:3], "HEAD^{tree}", "c39:f"} {
			if _, err := r.ParseRange(text); !errors.As(err, new(*RevisionError)) {
				t.Errorf("%s: %q: error %v", format, text, err)
			}
		}
	}
}

// TestShortIDOfACommit: digits with which other objects begin as well mean the only commit among them, as with git.
func TestShortIDOfACommit(t *testing.T) {
	dir := scantest.TempDir(t)
	scantest.Git(t, dir, "init", "-q", "--bare")
	var blobs strings.Builder
	for i := range 20_000 {
		text := fmt.Sprint("blob ", i)
		fmt.Fprintf(&blobs, "blob\ndata %d\n%s\n", len(text), text)
	}
	scantest.GitIn(t, dir, rangeHistory(40, func(i int) int { return 1_000_000 + 60*i })+blobs.String(), "fast-import", "--quiet")
	r, err := Open(gitdir.Reach{}, dir, false)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	shared := 0
	for _, id := range strings.Fields(scantest.Git(t, dir, "rev-list", "--all")) {
		short := id[:4]
		if len(strings.Fields(scantest.Git(t, dir, "rev-parse", "--disambiguate="+short))) == 1 {
			continue
		}
		shared++
		want := scantest.Git(t, dir, "rev-parse", short+"^{commit}")
		if named, err := r.ParseRange(short); err != nil || hex(r, named.Tip.Commit.ID) != want {
			t.Errorf("%s is %s, error %v; want %s", short, hex(r, named.Tip.Commit.ID), err, want)
		}
	}
	if shared == 0 {
		t.Fatal("no commit shares its first digits with another object")
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
