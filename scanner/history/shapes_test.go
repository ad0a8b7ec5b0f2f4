package history

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// shape is one way to store a repository. make is given a copy of its git directory and returns the path to be scanned,
// where the same objects and refs must be.
type shape struct {
	name    string
	make    func(t testing.TB, dir string) (path string)
	packed  bool // the copy has one pack in place of loose objects: to copy hundreds of files takes its time
	foreign bool // git itself cannot read it
}

var shapes = []shape{
	{name: "loose", make: asItIs},
	{name: "packed", packed: true, make: asItIs},
	{name: "packed, the unreachable loose", make: func(t testing.TB, dir string) string {
		git(t, dir, "repack", "-adfq", "--depth=50", "--window=50")
		git(t, dir, "pack-refs", "--all")
		return dir
	}},
	{name: "several packs", packed: true, make: func(t testing.TB, dir string) string {
		return replacePacks(t, dir, func() { severalPacks(t, dir, 4, 0) })
	}},
	{name: "several packs that overlap, and loose copies", make: func(t testing.TB, dir string) string {
		severalPacks(t, dir, 3, 0.5)
		packInto(t, dir, ids(allObjects(t, dir))[:50])
		return dir
	}},
	{name: "one pack twice", packed: true, make: func(t testing.TB, dir string) string {
		packInto(t, dir, ids(allObjects(t, dir)), "--no-reuse-delta", "--depth=3")
		return dir
	}},
	{name: "REF deltas", packed: true, make: func(t testing.TB, dir string) string {
		return replacePacks(t, dir, func() { packInto(t, dir, ids(allObjects(t, dir)), "--no-reuse-delta") })
	}},
	{name: "idx of version 1", packed: true, make: func(t testing.TB, dir string) string {
		git(t, dir, "-c", "pack.indexVersion=1", "repack", "-adfkq", "--depth=50", "--window=50")
		return dir
	}},
	{name: "64-bit offsets", packed: true, make: func(t testing.TB, dir string) string {
		rewriteIndexes(t, dir, widenOffsets)
		return dir
	}},
	{name: "deltas on bases in other packs", packed: true, foreign: true, make: func(t testing.TB, dir string) string {
		return replacePacks(t, dir, func() { splitThin(t, dir, 3) })
	}},
	{name: "mirror", make: func(t testing.TB, dir string) string { return clone(t, dir, "--mirror") }},
	{name: "mirror of packs", packed: true, make: func(t testing.TB, dir string) string { return clone(t, dir, "--mirror") }},
	{name: "alternate", packed: true, make: func(t testing.TB, dir string) string { return clone(t, dir, "--mirror", "--shared") }},
	{name: "nested alternates, some objects in each", packed: true, make: nestedAlternates},
	{name: "linked worktree", packed: true, make: func(t testing.TB, dir string) string {
		work := filepath.Join(realTempDir(t), "linked")
		git(t, dir, "config", "extensions.worktreeConfig", "true")
		git(t, dir, "worktree", "add", "-q", "--detach", "--no-checkout", work, "HEAD")
		os.Remove(filepath.Join(dir, "worktrees", "linked", "ORIG_HEAD"))
		return work
	}},
	{name: ".git file", packed: true, make: func(t testing.TB, dir string) string {
		work := realTempDir(t)
		write(t, work, ".git", "gitdir: "+dir+"\n")
		return work
	}},
}

func asItIs(_ testing.TB, dir string) string { return dir }

// copyGit copies a git directory.
func copyGit(t testing.TB, from string) string {
	t.Helper()
	to := filepath.Join(realTempDir(t), "copy.git")
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	git(t, to, "config", "core.bare", "true")
	return to
}

// repack puts all objects, the unreachable ones too, in one pack with deep chains of deltas.
func repack(t testing.TB, dir string) string {
	t.Helper()
	packInto(t, dir, ids(allObjects(t, dir)), "--delta-base-offset") // git repack -k leaves some of the unreachable loose
	git(t, dir, "prune-packed", "-q")
	return dir
}

func ids(objects []gitObject) (ids []string) {
	for _, o := range objects {
		ids = append(ids, o.id)
	}
	return ids
}

// packInto packs some objects and leaves them where they are as well.
func packInto(t testing.TB, dir string, ids []string, args ...string) {
	t.Helper()
	args = append([]string{"pack-objects", "-q", "--window=50", "--depth=50"}, args...)
	gitIn(t, dir, strings.Join(ids, "\n")+"\n", append(args, filepath.Join(objectsOf(dir), "pack", "pack"))...)
}

func objectsOf(dir string) string { return filepath.Join(dir, "objects") }

// replacePacks removes the packs that are there as soon as others have been written.
func replacePacks(t testing.TB, dir string, write func()) string {
	t.Helper()
	old, err := filepath.Glob(filepath.Join(objectsOf(dir), "pack", "*"))
	if err != nil {
		t.Fatal(err)
	}
	write()
	for _, file := range old {
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// severalPacks deals the objects out to n packs; of each, a share is dealt out to two.
func severalPacks(t testing.TB, dir string, n int, twice float64) {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	hands := make([][]string, n)
	for _, id := range ids(allObjects(t, dir)) {
		first := r.IntN(n)
		hands[first] = append(hands[first], id)
		if r.Float64() < twice {
			hands[(first+1)%n] = append(hands[(first+1)%n], id)
		}
	}
	for _, hand := range hands {
		packInto(t, dir, hand)
	}
}

func clone(t testing.TB, from string, args ...string) string {
	t.Helper()
	to := filepath.Join(realTempDir(t), "clone.git")
	git(t, "", append(append([]string{"clone", "-q"}, args...), from, to)...)
	return to
}

// nestedAlternates makes a repository that has a third of its objects; another third is in its alternate, named
// by a relative path, and the rest in that one's alternate.
func nestedAlternates(t testing.TB, dir string) string {
	replacePacks(t, dir, func() { severalPacks(t, dir, 3, 0) })
	packs, err := filepath.Glob(filepath.Join(objectsOf(dir), "pack", "*.pack"))
	if err != nil || len(packs) != 3 {
		t.Fatal(packs, err)
	}
	slices.Sort(packs)
	root := filepath.Dir(dir)
	for i, name := range []string{"near", "far"} {
		objects := filepath.Join(root, name, "objects")
		for _, sub := range []string{"pack", "info"} {
			if err := os.MkdirAll(filepath.Join(objects, sub), 0o777); err != nil {
				t.Fatal(err)
			}
		}
		for _, ext := range []string{".pack", ".idx"} {
			old := strings.TrimSuffix(packs[i], ".pack") + ext
			if err := os.Rename(old, filepath.Join(objects, "pack", filepath.Base(old))); err != nil {
				t.Fatal(err)
			}
		}
	}
	write(t, dir, "objects/info/alternates", "# the near one\n../../near/objects\n")
	// A relative path in an alternate's own alternates is what git itself does not follow from there.
	write(t, root, "near/objects/info/alternates", filepath.ToSlash(filepath.Join(root, "far", "objects"))+"\n")
	return dir
}

func checkNoLoose(t testing.TB, dir string) {
	t.Helper()
	if count := git(t, dir, "count-objects"); !strings.HasPrefix(count, "0 objects") {
		t.Fatalf("there are loose objects: %s", count)
	}
}

// TestScenarios scans the repository of all scenarios in each shape and both object formats: what is found must be
// what each scenario wants, however it is stored.
func TestScenarios(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"sha1", "sha256"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			b := newBox(t, format)
			objects := allObjects(t, b.dir)
			b.describe(t, objects)
			loose := filepath.Join(b.dir, ".git")
			packed := repack(t, copyGit(t, loose))
			for _, s := range shapes {
				t.Run(s.name, func(t *testing.T) {
					t.Parallel()
					from := loose
					if s.packed {
						from = packed
					}
					path := s.make(t, copyGit(t, from))
					if s.foreign {
						checkNoLoose(t, path)
					} else if stored := allObjects(t, path); !slices.Equal(stored, objects) {
						t.Fatalf("the shape changed the objects: %d of them, not %d", len(stored), len(objects))
					}
					r := scan(t, path, Options{})
					r.checkComplete(t, objects)
					r.checkPlaces(t, objects)
					b.check(t, r)
					b.checkCommits(t, r)
				})
			}
		})
	}
}

// check compares what was found with what the scenarios want.
func (b *box) check(t *testing.T, r result) {
	for _, c := range scenarios {
		for key, want := range c.want {
			got := r.lines(keyNamed(key), b.names)
			if !slices.Equal(got, want) {
				t.Errorf("%s: key %q:\ngot\n\t%s\nwant\n\t%s", c.name, key, strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
			}
		}
	}
	for _, f := range r.found {
		if !b.wanted[f.Key.Reveal()] {
			t.Errorf("a key that no scenario wants: %v in %s %s", f.Key, f.Source, f.Path)
		}
	}
}

// describe asks git what findings are to say of commits, and knows it of the tags.
func (b *box) describe(t testing.TB, objects []gitObject) {
	t.Helper()
	var commits []string
	for _, o := range objects {
		switch {
		case o.kind == "commit":
			commits = append(commits, o.id)
		case b.names[o.id] == "v1":
			b.described[o.id] = "T A Gger|tagger@example.com|1700050000|release"
		case b.names[o.id] == "v1-again":
			b.described[o.id] = "C O Mitter|committer@example.com|1700100000|again " + keyNamed("tag.tag")
		}
	}
	log := gitIn(t, b.dir, strings.Join(commits, "\n")+"\n", "log", "--no-walk=unsorted", "--stdin", "--format=%H %an|%ae|%at|%s")
	for text := range strings.Lines(log) {
		id, rest, _ := strings.Cut(strings.TrimSpace(text), " ")
		b.described[id] = rest
	}
}

// checkCommits compares what findings say of commits and tags with what git says.
func (b *box) checkCommits(t *testing.T, r result) {
	t.Helper()
	for _, f := range r.found {
		if f.Commit == nil {
			continue
		}
		want := builtIn.Redact(b.described[f.Commit.Hash])
		got := fmt.Sprintf("%s|%s|%d|%s", f.Commit.Author, f.Commit.Email, f.Commit.Date.Unix(), f.Commit.Summary)
		if got != want {
			t.Errorf("%s %s: it is %q, git says %q", f.Source, f.Commit.Hash, got, want)
		}
	}
}
