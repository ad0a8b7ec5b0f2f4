package history

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"skleak/scanner"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/repository"
)

// received is a push as git hands it to its pre-receive hook: the hook keeps what was in quarantine, and what git says
// of it, and refuses.
type received struct {
	server, kept string
	folders      []string // of objects, as git named them
	clocks       bool     // are right
}

// keepPush is the hook. What it runs sees what git's hooks see.
const keepPush = `#!/bin/sh
set -e
kept=$(dirname "$0")/../kept
cp -R "$GIT_QUARANTINE_PATH" "$kept/aside"
printf '%s' "$GIT_ALTERNATE_OBJECT_DIRECTORIES" >"$kept/alternates"
cat >"$kept/refs"
cut -d' ' -f2 "$kept/refs" >"$kept/tips"
git rev-list --objects --stdin --not --all <"$kept/tips" | cut -d' ' -f1 >"$kept/objects"
git rev-list --stdin <"$kept/tips" >"$kept/ancestry"
git rev-list --all >"$kept/known"
exit 1
`

// randomPush has git push a part of a random history to a server that has another part of it: of that, refs lead to some,
// some was left behind by refs that are gone, and some is in the folder of another repository.
func randomPush(t *testing.T, seed uint64) *received {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 21))
	work, pool := realTempDir(t), realTempDir(t)
	v := &received{server: realTempDir(t), clocks: seed%2 == 0}
	v.kept = filepath.Join(v.server, "kept")
	for _, dir := range []string{work, pool, v.server} {
		git(t, dir, "init", "-q", "--bare")
	}
	const n = 60
	gitIn(t, work, tangledHistory(n, r, v.clocks), "fast-import", "--quiet")
	push := func(to string, refs ...string) {
		git(t, work, append([]string{"push", "-q", to}, refs...)...)
	}
	some := func(to, most int) (refs []string) {
		for range r.IntN(most) {
			c := 1 + r.IntN(to-1)
			refs = append(refs, fmt.Sprintf("refs/tags/c%d:refs/heads/x%d", c, c))
		}
		slices.Sort(refs)
		return slices.Compact(refs)
	}
	push(pool, append(some(n, 3), "refs/tags/c0:refs/heads/x0")...)
	if seed%3 == 0 {
		write(t, v.server, "objects/info/alternates", filepath.Join(pool, "objects")+"\n")
	}
	if gone := some(n, 3); len(gone) > 0 {
		push(v.server, gone...)
		for _, ref := range gone {
			git(t, v.server, "update-ref", "-d", strings.Split(ref, ":")[1])
		}
	}
	push(v.server, append(some(2*n/3, 4), "refs/tags/c0:refs/heads/x0")...)
	if seed%5 == 0 {
		git(t, v.server, "repack", "-dq")
	}
	git(t, v.server, "config", "receive.unpackLimit", fmt.Sprint(1+r.IntN(2)*1000))
	write(t, v.server, "hooks/pre-receive", keepPush)
	if err := os.Chmod(filepath.Join(v.server, "hooks/pre-receive"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(v.kept, 0o700); err != nil {
		t.Fatal(err)
	}
	tips := []string{fmt.Sprintf("refs/tags/c%d:refs/heads/new", n-1-r.IntN(n/2)), fmt.Sprintf("refs/tags/c%d:refs/heads/old", r.IntN(n))}
	if exec.Command("git", append([]string{"-C", work, "push", "-q", v.server}, tips...)...).Run() == nil {
		t.Fatal("the hook did not refuse")
	}
	aside := filepath.Join(v.kept, "aside")
	v.folders = append([]string{aside}, filepath.SplitList(v.text(t, "alternates"))...)
	if seed%4 == 0 { // what the server has comes once more
		objects := git(t, v.server, "rev-list", "--objects", "--no-object-names", "--all", "--max-count=7")
		gitIn(t, v.server, objects+"\n", "pack-objects", "-q", filepath.Join(aside, "pack", "pack"))
	}
	return v
}

// tangledHistory is a stream for git fast-import: commits with up to three parents each, or none, each with a tag c0, c1,
// …; each changes a file, or takes one back to what it was.
func tangledHistory(n int, r *rand.Rand, clocks bool) string {
	var b strings.Builder
	for i := range n {
		date := 1_000_000 + 10*i
		if !clocks {
			date = 1_000_000 + r.IntN(n*[]int{1, 20}[r.IntN(2)])
		}
		fmt.Fprintf(&b, "commit refs/tags/c%d\nmark :%d\ncommitter A <a@b.c> %d +0000\ndata 1\nm\n", i, i+1, date)
		parents := map[int]bool{}
		for range min(i, r.IntN(30), 1+r.IntN(3)) {
			parents[max(1, i-r.IntN(9))] = true
		}
		word := "from"
		for p := range parents {
			fmt.Fprintf(&b, "%s :%d\n", word, p)
			word = "merge"
		}
		content := fmt.Sprint("version ", r.IntN(n))
		fmt.Fprintf(&b, "M 100644 inline d%d/f%d\ndata %d\n%s\n\n", r.IntN(3), r.IntN(5), len(content), content)
	}
	return b.String()
}

func (v *received) text(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(v.kept, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func (v *received) ids(t *testing.T, name string) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	for _, id := range strings.Fields(v.text(t, name)) {
		all[id] = true
	}
	return all
}

// looked is what a check looks at on the way from the tips.
func (v *received) looked(t *testing.T) (seen map[string]bool, commits int64, complete bool) {
	t.Helper()
	g, err := OpenHanded(v.server, false, repository.Handed{Objects: v.folders})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	o := Options{Rules: builtIn, Coverage: &scanner.Coverage{}, Jobs: 2}
	c := Change{Known: g.Tips(), Quarantine: v.folders[0]}
	for _, line := range strings.Split(strings.TrimSpace(v.text(t, "refs")), "\n") {
		words := strings.Fields(line)
		id, err := oid.Parse(words[1])
		if err != nil {
			t.Fatal(err)
		}
		c.Tips = append(c.Tips, Tip{words[2], id})
	}
	s := g.newChanges(t.Context(), o, manyCommits)
	if err := s.push(c); err != nil {
		t.Fatal(err)
	}
	seen = map[string]bool{}
	s.seen.Range(func(id, _ any) bool {
		seen[g.hex(id.(oid.ID))] = true
		return true
	})
	return seen, o.Coverage.Commits.Load(), o.Coverage.Complete()
}

// TestReceivedAgainstGit holds what of a push a check looks at against what git calls new in its hook: all of that, and
// where clocks are right no other commit.
func TestReceivedAgainstGit(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the hook is a script of the shell's")
	}
	pushed, shared := 0, 0
	for seed := range uint64(8) {
		v := randomPush(t, seed)
		seen, commits, complete := v.looked(t)
		if !complete {
			t.Errorf("seed %d: not complete", seed)
		}
		for id := range v.ids(t, "objects") {
			if !seen[id] {
				t.Errorf("seed %d: %s is new to git, and was not looked at", seed, id)
			}
		}
		fresh, known := v.freshCommits(t)
		for id := range fresh {
			if !seen[id] {
				t.Errorf("seed %d: commit %s is new, and was not looked at", seed, id)
			}
		}
		if v.clocks && int(commits) != len(fresh) {
			t.Errorf("seed %d: %d commits were looked at, and %d are new", seed, commits, len(fresh))
		}
		pushed, shared = pushed+len(fresh), shared+known
	}
	if pushed < 80 || shared < 10 {
		t.Errorf("%d new commits, and %d that the server had without a ref: this says little", pushed, shared)
	}
}

// freshCommits are those that the tips lead to and no ref does, and how many of these the server has all the same.
func (v *received) freshCommits(t *testing.T) (fresh map[string]bool, there int) {
	t.Helper()
	known := v.ids(t, "known")
	fresh = v.ids(t, "ancestry")
	maps.DeleteFunc(fresh, func(id string, _ bool) bool { return known[id] })
	ids := strings.Join(slices.Collect(maps.Keys(fresh)), "\n") + "\n"
	return fresh, strings.Count(gitIn(t, v.server, ids, "cat-file", "--batch-check"), " commit ")
}
