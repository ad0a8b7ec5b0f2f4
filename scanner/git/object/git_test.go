package object

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"skleak/scanner/git/oid"
)

func git(t *testing.T, dir, input string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(input)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "LC_ALL=C")
	out, err := cmd.Output()
	return string(out), err
}

// TestTreesAgainstGit holds the entries of trees against what git lists: modes of every kind, written in every odd
// way, and trees that are cut off.
func TestTreesAgainstGit(t *testing.T) {
	dir := t.TempDir()
	if _, err := git(t, dir, "", "init", "-q", "--bare"); err != nil {
		t.Skip("no git program")
	}
	var entries []string
	for i, mode := range oddModes() {
		entries = append(entries, fmt.Sprintf("%s name%d", mode, i))
	}
	trees := []string{rawTree(entries...)}
	whole := rawTree("100644 a", "40000 b", "160000 c")
	for n := 1; n < len(whole); n += 4 {
		trees = append(trees, whole[:n])
	}
	for _, odd := range []string{" b", "100644", "100844 b", "100644  b", "10 b", "x b", "100644 ", "\t100644 b", "100644\tb"} {
		trees = append(trees, rawTree("100644 a", odd, "100644 c"))
	}
	args := []string{"hash-object", "-t", "tree", "-w", "--literally"}
	for i, content := range trees {
		name := filepath.Join(dir, fmt.Sprint(i))
		if err := os.WriteFile(name, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
		args = append(args, name)
	}
	ids, err := git(t, dir, "", args...)
	if err != nil {
		t.Fatal(err)
	}
	for i, id := range strings.Fields(ids) {
		sameAsGit(t, dir, trees[i], id)
	}
}

// oddModes are all kinds that four bits can tell, with odd permissions, with bits above them, with zeros before, and
// any number at all.
func oddModes() (modes []string) {
	r := rand.New(rand.NewPCG(1, 2))
	for kind := range 16 {
		number := uint64(kind<<12 | r.IntN(1<<12))
		above := uint64(1) << (16 + r.IntN(30))
		modes = append(modes, fmt.Sprintf("%o", kind<<12), fmt.Sprintf("%o", number), fmt.Sprintf("00%o", number), fmt.Sprintf("%o", above|number), fmt.Sprintf("%o", above<<16|number))
	}
	for range 40 {
		modes = append(modes, fmt.Sprintf("%o", r.Uint64()>>r.IntN(64)))
	}
	return modes
}

// sameAsGit compares a tree with what git ls-tree makes of it, which lists the entries before one that is malformed.
func sameAsGit(t *testing.T, dir, content, id string) {
	t.Helper()
	var got bytes.Buffer
	problem := EachEntry([]byte(content), oid.SHA1, func(e Entry) {
		kind, shown := "blob", e.Mode
		switch e.Mode {
		case Folder:
			kind = "tree"
		case Submodule:
			kind = "commit"
		}
		fmt.Fprintf(&got, "%06o %s %x\t%s\x00", shown, kind, e.ID, e.Name)
	})
	want, err := git(t, dir, "", "ls-tree", "-z", id)
	want = strings.NewReplacer("100644", "100000", "100755", "100000").Replace(want)
	if err != nil && problem == nil {
		t.Errorf("%q: git fails, and nothing is said", content)
	}
	if err == nil && (problem != nil || got.String() != want) {
		t.Errorf("%q: read as %q (%v), git has %q", content, got.String(), problem, want)
	}
}
