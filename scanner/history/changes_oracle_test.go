package history

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"skleak/rules"
	"skleak/scanner/git/oid"
	"skleak/scanner/scantest"
)

// Changes is held against git: what git says of random histories (rev-list, diff-tree) is enough to tell, by the
// definitions and with no thought of speed, which keys a range, a push and what is staged bring.

// randomChanges is a random history, as far as git does not tell of it.
type randomChanges struct {
	r        *rand.Rand
	dir      string
	contents []string
	keys     map[string][]string // by id of a blob
	commits  []*randomCommit
	byID     map[string]*randomCommit
}

type randomCommit struct {
	id      string
	date    int64
	parents []*randomCommit
	files   map[string]randomFile
	sides   []map[string][]sideEntry // by parent, the only one of a root is empty: by path, what git diff-tree tells of it
}

type randomFile struct{ mode, content string }

// sideEntry is a line of git diff-tree.
type sideEntry struct{ oldMode, newMode, oldID, newID string }

const noMode = "000000"

func isBlobMode(mode string) bool { return strings.HasPrefix(mode, "100") || mode == "120000" }

// ignoredInTests is what the configuration says in these tests.
func ignoredInTests(path string, _ bool) bool {
	return path == "ign" || strings.HasPrefix(path, "ign/")
}

// newRandomChanges makes a repository.
func newRandomChanges(t *testing.T, seed uint64) *randomChanges {
	t.Helper()
	w := &randomChanges{r: rand.New(rand.NewPCG(seed, 11)), dir: realTempDir(t), keys: map[string][]string{}, byID: map[string]*randomCommit{}}
	git(t, w.dir, "init", "-q", "--object-format="+[]string{"sha1", "sha256"}[w.r.IntN(2)])
	key := func() string { return keyNamed(fmt.Sprint("changes ", w.r.IntN(4))) }
	for i := range 12 {
		text := fmt.Sprintf("content %d\n", i)
		for range w.r.IntN(3) {
			text += "k=" + key() + "\n"
		}
		w.contents = append(w.contents, text)
	}
	paths := []string{"a", "b", "d/a", "d/b", "d/e/c", "f", "f/x", "f-", "ign/a", "ign/d/b", "n-" + key(), "m-" + key() + "/y"}
	for i := range 5 + w.r.IntN(14) {
		w.addCommit(i, paths)
	}
	w.write(t)
	w.askGit(t)
	return w
}

func (w *randomChanges) addCommit(i int, paths []string) {
	r := w.r
	c := &randomCommit{date: 1_700_000_000 + int64(i)*60 + int64(r.IntN(100)), files: map[string]randomFile{}}
	for n := 0; i > 0 && n < []int{1, 1, 1, 1, 2, 2, 3, 0}[r.IntN(8)]; n++ {
		if p := w.commits[max(0, i-1-r.IntN(4))]; !slices.Contains(c.parents, p) {
			c.parents = append(c.parents, p)
		}
	}
	for _, p := range c.parents {
		for _, path := range slices.Sorted(maps.Keys(p.files)) {
			if p == c.parents[0] || r.IntN(2) == 0 {
				c.put(path, p.files[path])
			}
		}
	}
	for range 1 + r.IntN(4) {
		path := paths[r.IntN(len(paths))]
		if have := slices.Sorted(maps.Keys(c.files)); len(have) > 0 && r.IntN(3) > 0 {
			old := have[r.IntN(len(have))]
			f := c.files[old]
			switch r.IntN(5) {
			case 0: // renamed
				delete(c.files, old)
				c.put(path, f)
			case 1: // copied
				c.put(path, f)
			case 2:
				delete(c.files, old)
			case 3: // another mode, perhaps that of a submodule with the id of the blob
				f.mode = []string{"100644", "100755", "120000", "160000"}[r.IntN(4)]
				c.files[old] = f
			case 4:
				c.files[old] = randomFile{f.mode, w.contents[r.IntN(len(w.contents))]}
			}
			continue
		}
		c.put(path, randomFile{"100644", w.contents[r.IntN(len(w.contents))]})
	}
	w.commits = append(w.commits, c)
}

// put adds a file and removes what cannot be beside it.
func (c *randomCommit) put(path string, f randomFile) {
	maps.DeleteFunc(c.files, func(other string, _ randomFile) bool {
		return strings.HasPrefix(other, path+"/") || strings.HasPrefix(path, other+"/")
	})
	c.files[path] = f
}

// write makes the commits with git fast-import.
func (w *randomChanges) write(t *testing.T) {
	t.Helper()
	ids := map[string]string{}
	for i, content := range w.contents {
		name := filepath.Join(w.dir, ".git", fmt.Sprint("content", i))
		writeFile(t, name, []byte(content))
		id := git(t, w.dir, "hash-object", "-w", name)
		ids[content], w.keys[id] = id, keysIn(content)
	}
	var b bytes.Buffer
	for i, c := range w.commits {
		fmt.Fprintf(&b, "commit refs/tags/c%d\nmark :%d\ncommitter A <a@b.c> %d +0000\ndata 1\nm", i, i+1, c.date)
		for n, p := range c.parents {
			fmt.Fprintf(&b, "\n%s :%d", []string{"from", "merge"}[min(n, 1)], slices.Index(w.commits, p)+1)
		}
		b.WriteString("\ndeleteall\n")
		for _, path := range slices.Sorted(maps.Keys(c.files)) {
			fmt.Fprintf(&b, "M %s %s %s\n", c.files[path].mode, ids[c.files[path].content], path)
		}
		b.WriteString("\n")
	}
	gitIn(t, w.dir, b.String(), "fast-import", "--quiet")
	if w.r.IntN(2) == 0 {
		git(t, w.dir, "repack", "-adfq")
	}
}

// askGit learns from git what each commit changes as against each parent.
func (w *randomChanges) askGit(t *testing.T) {
	t.Helper()
	var pairs strings.Builder
	for i, id := range strings.Fields(git(t, w.dir, append([]string{"rev-parse"}, w.tags()...)...)) {
		w.commits[i].id, w.byID[id] = id, w.commits[i]
	}
	for _, c := range w.commits {
		for _, p := range c.parents {
			fmt.Fprintf(&pairs, "%s %s\n", c.id, p.id)
		}
		if len(c.parents) == 0 {
			fmt.Fprintln(&pairs, c.id)
		}
	}
	raw := gitIn(t, w.dir, pairs.String(), "diff-tree", "--stdin", "-r", "-t", "--root", "--raw", "-z", "--no-renames", "--no-abbrev", "--always")
	var side map[string][]sideEntry
	words := strings.Split(raw, "\x00")
	for i := 0; i < len(words); i++ {
		f := strings.Fields(words[i])
		if len(f) == 5 && strings.HasPrefix(f[0], ":") {
			i++
			side[words[i]] = append(side[words[i]], sideEntry{f[0][1:], f[1], f[2], f[3]})
		} else if len(f) > 0 {
			side = map[string][]sideEntry{}
			c := w.byID[f[0]]
			c.sides = append(c.sides, side)
		}
	}
}

func (w *randomChanges) tags() (names []string) {
	for i := range w.commits {
		names = append(names, fmt.Sprintf("refs/tags/c%d", i))
	}
	return names
}

// brings are the keys that a commit brings: by spot, true for one in a name.
func (w *randomChanges) brings(c *randomCommit) map[modelSpot][]bool {
	found := map[modelSpot][]bool{}
	add := func(key, path string, name bool) {
		if at := (modelSpot{key: key, path: path}); !slices.Contains(found[at], name) {
			found[at] = append(found[at], name)
		}
	}
	for path, entries := range c.sides[0] {
		for _, e := range entries {
			if e.newMode == noMode || ignoredInTests(path, false) {
				continue
			}
			for _, key := range keysIn(path[strings.LastIndexByte(path, '/')+1:]) {
				if w.isNew(c, key, path, true) {
					add(key, path, true)
				}
			}
			if isBlobMode(e.newMode) {
				for _, key := range w.keys[e.newID] {
					if w.isNew(c, key, path, false) {
						add(key, path, false)
					}
				}
			}
		}
	}
	return found
}

// isNew tells whether no parent had a key at a path, or had it where it was moved from.
func (w *randomChanges) isNew(c *randomCommit, key, path string, name bool) bool {
	for i := range c.parents {
		entries, changed := c.sides[i][path]
		had, there := !changed, !changed
		for _, e := range entries {
			if name {
				had = had || e.oldMode != noMode
			} else {
				there = there || e.oldMode != noMode && e.oldMode != "040000"
				had = had || isBlobMode(e.oldMode) && slices.Contains(w.keys[e.oldID], key)
			}
		}
		if had || !there && w.takesAway(c.sides[i], key) {
			return false
		}
	}
	return true
}

// takesAway tells whether a key is in a file or name that is gone, and was not in a path that nobody is told of.
func (w *randomChanges) takesAway(side map[string][]sideEntry, key string) bool {
	for path, entries := range side {
		for _, e := range entries {
			if e.newMode != noMode || ignoredInTests(path, false) {
				continue
			}
			if isBlobMode(e.oldMode) && slices.Contains(w.keys[e.oldID], key) || slices.Contains(keysIn(path[strings.LastIndexByte(path, '/')+1:]), key) {
				return true
			}
		}
	}
	return false
}

// inside returns the commits of a range, by git, parents first and of those that can come next always the oldest.
func (w *randomChanges) inside(t *testing.T, a, b *randomCommit) (order []*randomCommit) {
	left := map[*randomCommit]bool{}
	for _, id := range strings.Fields(git(t, w.dir, "rev-list", b.id, "^"+a.id)) {
		left[w.byID[id]] = true
	}
	for len(left) > 0 {
		var next *randomCommit
		for c := range left {
			if slices.ContainsFunc(c.parents, func(p *randomCommit) bool { return left[p] }) {
				continue
			}
			if next == nil || cmp.Or(cmp.Compare(c.date, next.date), cmp.Compare(c.id, next.id)) < 0 {
				next = c
			}
		}
		delete(left, next)
		order = append(order, next)
	}
	return order
}

// wanted are the lines for what some commits bring: of several that bring the same, the first.
func (w *randomChanges) wanted(commits []*randomCommit) (lines []string) {
	known := map[modelSpot]bool{}
	for _, c := range commits {
		for at, names := range w.brings(c) {
			for _, name := range names {
				if !known[at] {
					lines = append(lines, changeLine(at.key, builtIn.Redact(at.path), c.id, name))
				}
			}
			known[at] = true
		}
	}
	slices.Sort(lines)
	return lines
}

func changeLine(key, path, commit string, name bool) string {
	return fmt.Sprintf("%s at %s by %s, in its name: %v", rules.NewKey(key).Fingerprint(), path, commit, name)
}

// told are the lines for what was found.
func told(r result) (lines []string) {
	for _, f := range r.found {
		commit := ""
		if f.Commit != nil {
			commit = f.Commit.Hash
		}
		lines = append(lines, changeLine(f.Key.Reveal(), f.Path, commit, f.Line == 0))
	}
	slices.Sort(lines)
	return slices.Compact(lines) // several places in one file
}

// TestHostileChangesAgainstGit runs thousands of histories when it is asked for by name.
func TestHostileChangesAgainstGit(t *testing.T) {
	t.Parallel()
	keys := 0
	for seed := range uint64(scantest.Sample(8, 1500)) {
		w := newRandomChanges(t, seed)
		for range 3 {
			a, b := w.commits[w.r.IntN(len(w.commits))], w.commits[w.r.IntN(len(w.commits))]
			want := w.wanted(w.inside(t, a, b))
			keys += len(want)

			tip, known := idOf(t, w.dir, b.id), idOf(t, w.dir, a.id)
			push := Change{Tips: []Tip{{"refs/heads/x", tip}}, Known: []oid.ID{known}}
			for name, c := range map[string]Change{"range": {Range: a.id + ".." + b.id}, "push": push} {
				for _, jobs := range []int{1, 4} {
					o := Options{Jobs: jobs, Ignore: ignoredInTests}
					w.compare(t, fmt.Sprintf("seed %d, %s %.8s..%.8s, %d jobs", seed, name, a.id, b.id, jobs), changesOf(t, w.dir, c, o), want)
				}
			}

		}
		c := w.commits[w.r.IntN(len(w.commits))]
		w.stage(t, c)
		r := changesOf(t, w.dir, Change{Staged: true}, Options{Ignore: ignoredInTests})
		want := w.wanted([]*randomCommit{c})
		for i := range want {
			want[i] = strings.Replace(want[i], c.id, "", 1)
		}
		w.compare(t, fmt.Sprintf("seed %d, staged %.8s", seed, c.id), r, want)
		if t.Failed() {
			return
		}
	}
	if keys < 50 {
		t.Errorf("only %d keys are brought in all: this tests little", keys)
	}
}

// stage makes a commit the one that is going to be made next.
func (w *randomChanges) stage(t *testing.T, c *randomCommit) {
	t.Helper()
	writeFile(t, filepath.Join(w.dir, ".git", "HEAD"), []byte("ref: refs/heads/unborn\n"))
	merging := filepath.Join(w.dir, ".git", "MERGE_HEAD")
	os.Remove(merging)
	for i, p := range c.parents {
		if i == 0 {
			writeFile(t, filepath.Join(w.dir, ".git", "HEAD"), []byte(p.id+"\n"))
			continue
		}
		text, _ := os.ReadFile(merging)
		writeFile(t, merging, append(text, p.id+"\n"...))
	}
	git(t, w.dir, "read-tree", c.id)
}

func (w *randomChanges) compare(t *testing.T, what string, r result, want []string) {
	t.Helper()
	if got := told(r); !slices.Equal(got, want) {
		t.Errorf("%s:\ngot\n\t%s\nwant\n\t%s", what, strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
	if !r.coverage.Complete() {
		t.Errorf("%s: could not be read: %s", what, r.unreadable())
	}
}
