package history

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"skleak/rules"
	"skleak/scanner"
	"skleak/scanner/git/oid"
)

// keyedHistory is a stream for git fast-import: commits with one to three parents, each with a tag c0, c1, …; each
// adds a key in a file of its own and removes that of another commit, so that every commit brings one key, whatever
// stays of it.
func keyedHistory(n int, r *rand.Rand) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "commit refs/tags/c%d\nmark :%d\ncommitter A <a@b.c> %d +0000\ndata 1\nm\n", i, i+1, 1_000_000+r.IntN(5000))
		parents := map[int]bool{}
		for range min(i, 1+r.IntN(3)) {
			parents[max(1, i-r.IntN(6))] = true
		}
		word := "from"
		for p := range parents {
			fmt.Fprintf(&b, "%s :%d\n", word, p)
			word = "merge"
		}
		content := keyNamed(fmt.Sprint(i))
		fmt.Fprintf(&b, "M 100644 inline d%d/f%d\ndata %d\n%s\n", i%7, i, len(content), content)
		if i > 3 && r.IntN(2) == 0 {
			gone := i - 1 - r.IntN(3)
			fmt.Fprintf(&b, "D d%d/f%d\n", gone%7, gone)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// searchPush searches a push.
func searchPush(t *testing.T, g *Repo, p Change, many int) ([]scanner.Finding, *scanner.Coverage) {
	t.Helper()
	var c scanner.Coverage
	var got collector
	o := Options{Rules: builtIn, Coverage: &c, Jobs: 2}
	if _, err := g.changes(t.Context(), p, o, &got, many); err != nil {
		t.Fatal(err)
	}
	return got.found, &c
}

// TestPushAgainstGit holds which commits a push brings, and that each is found with the key it adds, against git.
func TestPushAgainstGit(t *testing.T) {
	for seed := range uint64(4) {
		r := rand.New(rand.NewPCG(seed, 3))
		dir := realTempDir(t)
		git(t, dir, "init", "-q", "--bare")
		const n = 50
		gitIn(t, dir, keyedHistory(n, r), "fast-import", "--quiet")
		g, err := open(dir, false)
		if err != nil {
			t.Fatal(err)
		}
		defer g.Close()
		for range 6 {
			var p Change
			var tips, known []string
			for range 1 + r.IntN(3) {
				tips = append(tips, fmt.Sprint("refs/tags/c", n/2+r.IntN(n/2)))
			}
			for range r.IntN(4) {
				known = append(known, fmt.Sprint("refs/tags/c", r.IntN(n)))
			}
			for _, name := range tips {
				p.Tips = append(p.Tips, Tip{name, resolve(t, g, name)})
			}
			for _, name := range known {
				p.Known = append(p.Known, resolve(t, g, name))
			}
			p.Known = append(p.Known, oid.FromBytes([]byte("no object of this id is here")))

			reached := strings.Fields(git(t, dir, append([]string{"rev-list"}, tips...)...))
			if known != nil { // two lists: asked for a range, git trusts the clocks too far
				there := strings.Fields(git(t, dir, append([]string{"rev-list"}, known...)...))
				reached = slices.DeleteFunc(reached, func(id string) bool { return slices.Contains(there, id) })
			}
			slices.Sort(reached)
			found, c := searchPush(t, g, p, manyCommits)
			var got []string
			for _, f := range found {
				got = append(got, f.Commit.Hash)
				if there := git(t, dir, "ls-tree", "--name-only", f.Commit.Hash, f.Path); there != f.Path {
					t.Errorf("seed %d: %s has no %s", seed, f.Commit.Hash, f.Path)
				}
				for _, tip := range tips {
					has := git(t, dir, "ls-tree", "--name-only", tip, f.Path) != ""
					if has != slices.Contains(f.Refs, tip) || has && !f.AtHead {
						t.Errorf("seed %d: %s at %s is %v, and the finding has it in %q", seed, f.Path, tip, has, f.Refs)
					}
				}
			}
			slices.Sort(got)
			if !slices.Equal(got, reached) {
				t.Errorf("seed %d: %v less %v brings %d commits, found %d", seed, tips, known, len(reached), len(got))
			}
			if !c.Complete() || c.Commits.Load() != int64(len(reached)) {
				t.Errorf("seed %d: read %d commits of %d: %v", seed, c.Commits.Load(), len(reached), c.UnreadableList())
			}
			const always = 1
			whole, _ := searchPush(t, g, p, always)
			if d := cmp.Diff(found, whole, cmp.Comparer(func(a, b rules.Key) bool { return a == b })); d != "" {
				t.Errorf("seed %d: found otherwise when the whole database is searched first (-usual +whole):\n%s", seed, d)
			}
		}
	}
}

func resolve(t *testing.T, g *Repo, name string) oid.ID {
	t.Helper()
	id, err := g.Resolve(name)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestPushInterrupted(t *testing.T) {
	dir := realTempDir(t)
	git(t, dir, "init", "-q", "--bare")
	gitIn(t, dir, keyedHistory(20, rand.New(rand.NewPCG(1, 1))), "fast-import", "--quiet")
	g, err := open(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p := Change{Tips: []Tip{{"refs/tags/c19", resolve(t, g, "refs/tags/c19")}}}
	_, err = g.Changes(ctx, p, Options{Rules: builtIn, Coverage: &scanner.Coverage{}}, &collector{})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that it was canceled", err)
	}
}

// TestKeyInNameAndContent: a key that a file has in its name first, and in its content later, is told at both.
func TestKeyInNameAndContent(t *testing.T) {
	t.Parallel()
	s := newStory()
	path := keyNamed("both") + ".txt"
	s.onMain("zero", put("a", "nothing\n"))
	s.onMain("name", put(path, "nothing\n"))
	s.onMain("content", put(path, assign("both")))
	dir, commits := s.tell(t, true, "--bare")
	for _, r := range []result{scanRange(t, dir, commits["zero"]+"..main", Options{}), scan(t, dir, Options{})} {
		var lines []string
		for _, f := range r.found {
			lines = append(lines, fmt.Sprint(f.Line, " ", f.Commit.Hash))
		}
		slices.Sort(lines)
		if want := []string{"0 " + commits["name"], "1 " + commits["content"]}; !slices.Equal(lines, want) {
			t.Errorf("told at %q, want %q", lines, want)
		}
	}
}
