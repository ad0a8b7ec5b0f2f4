package history

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"skleak/scanner"
)

// staged checks what is staged in the repository at dir.
func staged(t *testing.T, dir string, names []string) (found []string, rest []string, c *scanner.Coverage) {
	t.Helper()
	g, err := open(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	c = &scanner.Coverage{}
	var got collector
	rest, err = g.Changes(t.Context(), Change{Staged: true, Names: names}, Options{Rules: builtIn, Coverage: c, Jobs: 2}, &got)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range got.found {
		if f.Source != scanner.SourceIndex {
			t.Errorf("%s: source %s", f.Path, f.Source)
		}
		found = append(found, fmt.Sprintf("%s:%d", f.Path, f.Line))
	}
	return found, rest, c
}

// TestStagedAgainstGit holds what counts as changed against git, for random changes to random trees and every way
// that git has to keep an index. Each file has a key of its own, so a file that is found is one that differs.
func TestStagedAgainstGit(t *testing.T) {
	for _, kind := range []struct {
		name  string
		setup []string
		later []string // once all is staged
	}{
		{name: "plain"},
		{name: "version 4", setup: []string{"config", "index.version", "4"}},
		{name: "split", setup: []string{"config", "core.splitIndex", "true"}},
		{name: "file system monitor", setup: []string{"config", "core.fsmonitor", `printf 'token\0/\0'; :`}},
		{name: "no checksum", setup: []string{"config", "index.skipHash", "true"}},
		{name: "cache tree of what is staged", later: []string{"write-tree"}},
		{name: "no cache tree", later: []string{"update-index", "--force-write-index"}},
		{name: "sparse index", setup: []string{"config", "index.sparse", "true"}, later: []string{"sparse-checkout", "set", "--cone", "--skip-checks", "a"}},
		{name: "sparse checkout", setup: []string{"config", "index.sparse", "false"}, later: []string{"sparse-checkout", "set", "--cone", "--skip-checks", "b"}},
		{name: "sha256"},
	} {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(4) {
				dir := realTempDir(t)
				format := "sha1"
				if kind.name == "sha256" {
					format = "sha256"
				}
				git(t, dir, "init", "-q", "--object-format="+format)
				if kind.setup != nil {
					git(t, dir, kind.setup...)
				}
				r := rand.New(rand.NewPCG(seed, 7))
				changeFiles(t, dir, r, 60)
				git(t, dir, "add", "-A")
				git(t, dir, "commit", "-qm", "one")
				if seed%2 == 1 {
					git(t, dir, "gc", "-q")
				}
				changeFiles(t, dir, r, int(seed)*10)
				git(t, dir, "add", "-A")
				want := strings.Fields(git(t, dir, "diff", "--cached", "--name-only", "--no-renames", "--diff-filter=ACMT"))
				if kind.later != nil {
					git(t, dir, kind.later...)
				}
				found, _, c := staged(t, dir, nil)
				var got []string
				for _, place := range found {
					got = append(got, strings.TrimSuffix(place, ":1"))
				}
				if !slices.Equal(got, want) {
					t.Errorf("seed %d: found %q, git says %q", seed, got, want)
				}
				if !c.Complete() || c.Blobs.Load() != int64(len(want)) {
					t.Errorf("seed %d: read %d blobs of %d: %v", seed, c.Blobs.Load(), len(want), c.UnreadableList())
				}
			}
		})
	}
}

// changeFiles writes and removes files whose names sort in ways that trees and indexes must agree on.
func changeFiles(t *testing.T, dir string, r *rand.Rand, n int) {
	t.Helper()
	parts := []string{"a", "b", "a-b", "a.b", "a0", "ab", "b!"}
	for range n {
		path := parts[r.IntN(len(parts))]
		for r.IntN(2) == 0 {
			path += "/" + parts[r.IntN(len(parts))]
		}
		full := filepath.Join(dir, path)
		if r.IntN(4) == 0 {
			os.RemoveAll(full)
			continue
		}
		for at := filepath.Dir(full); at != dir; at = filepath.Dir(at) { // a file where a folder is wanted
			if info, err := os.Lstat(at); err == nil && !info.IsDir() {
				os.Remove(at)
			}
		}
		os.RemoveAll(full)
		if err := os.MkdirAll(filepath.Dir(full), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(keyNamed(fmt.Sprint(r.Uint64()))), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// TestStagedNames: names limit what is read, except for what nobody can name.
func TestStagedNames(t *testing.T) {
	dir := realTempDir(t)
	git(t, dir, "init", "-q")
	for _, name := range []string{"kept", "changed", "removed/x", "removed/y"} {
		write(t, dir, name, "nothing")
	}
	git(t, dir, "add", ".")
	git(t, dir, "commit", "-qm", "one")
	for _, name := range []string{"changed", "new", "not named", "not there"} {
		write(t, dir, name, keyNamed(name))
	}
	git(t, dir, "rm", "-rq", "removed")
	git(t, dir, "add", ".")
	write(t, dir, "intended", keyNamed("intended"))
	git(t, dir, "add", "-N", "intended")
	os.Remove(filepath.Join(dir, "not there"))

	found, rest, c := staged(t, dir, []string{"changed", "intended", "kept", "new", "nowhere", "removed/x"})
	if want := []string{"changed:1", "new:1", "not there:1"}; !slices.Equal(found, want) {
		t.Errorf("found %q, want %q", found, want)
	}
	if want := []string{"intended", "kept", "nowhere"}; !slices.Equal(rest, want) {
		t.Errorf("left over: %q, want %q", rest, want)
	}
	if !c.Complete() {
		t.Errorf("unreadable: %v", c.UnreadableList())
	}
}

// TestStagedLarge: what is too large to hold is searched as it goes by, loose and packed.
func TestStagedLarge(t *testing.T) {
	dir := realTempDir(t)
	git(t, dir, "init", "-q")
	git(t, dir, "config", "core.compression", "1")
	write(t, dir, "large", strings.Repeat("filler filler\n", 20<<20/14)+keyNamed("end"))
	git(t, dir, "add", ".")
	git(t, dir, "config", "core.bigFileThreshold", "1m") // git add puts it into a pack
	write(t, dir, "packed", keyNamed("begin")+strings.Repeat("\nfiller filler", 20<<20/14))
	git(t, dir, "add", ".")
	if packs, _ := filepath.Glob(filepath.Join(dir, ".git/objects/pack/*.pack")); len(packs) == 0 {
		t.Fatal("git made no pack: this tests nothing")
	}
	found, _, c := staged(t, dir, nil)
	if want := []string{"large:1497966", "packed:1"}; !slices.Equal(found, want) || !c.Complete() {
		t.Errorf("found %q, want %q; unreadable: %v", found, want, c.UnreadableList())
	}
}

// TestStagedWithoutTheParent: where HEAD's tree cannot be read, all counts as new, and that is said.
func TestStagedWithoutTheParent(t *testing.T) {
	dir := realTempDir(t)
	git(t, dir, "init", "-q")
	write(t, dir, "old", keyNamed("old"))
	git(t, dir, "add", ".")
	git(t, dir, "commit", "-qm", "one")
	write(t, dir, "new", keyNamed("new"))
	git(t, dir, "add", ".")
	tree := git(t, dir, "rev-parse", "HEAD^{tree}")
	if err := os.Remove(filepath.Join(dir, ".git/objects", tree[:2], tree[2:])); err != nil {
		t.Fatal(err)
	}
	found, _, c := staged(t, dir, nil)
	if want := []string{"new:1", "old:1"}; !slices.Equal(found, want) {
		t.Errorf("found %q, want %q", found, want)
	}
	if c.Complete() {
		t.Error("nothing is said of the tree that is not there")
	}
}

// TestStagedWhileHeadChanges: HEAD leads to a commit at one time and to none at the next, as on a disk that fails.
// Either is taken as it is.
func TestStagedWhileHeadChanges(t *testing.T) {
	dir := realTempDir(t)
	git(t, dir, "init", "-q")
	write(t, dir, "old", keyNamed("old"))
	git(t, dir, "add", ".")
	git(t, dir, "commit", "-qm", "one")
	head := filepath.Join(dir, ".git/HEAD")
	sound, err := os.ReadFile(head)
	if err != nil {
		t.Fatal(err)
	}
	ended, flipped := make(chan struct{}), make(chan error)
	go func() {
		for i := 0; ; i++ {
			text := sound
			if i%2 == 0 {
				text = []byte("ref: refs/heads/none\n")
			}
			err := os.WriteFile(head+".new", text, 0o600)
			if err == nil {
				err = os.Rename(head+".new", head)
			}
			select {
			case <-ended:
				flipped <- err
				return
			default:
			}
		}
	}()
	for range 300 {
		found, _, c := staged(t, dir, nil)
		if len(found) > 1 || !c.Complete() {
			t.Errorf("found %q, complete: %v", found, c.Complete())
		}
	}
	close(ended)
	if err := <-flipped; err != nil {
		t.Fatal(err)
	}
}
