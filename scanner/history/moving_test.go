package history

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"skleak/scanner"
	"skleak/scanner/scantest"
)

// scanOpen scans a repository that was opened before.
func scanOpen(t testing.TB, repo *Repo) result {
	t.Helper()
	var c collector
	r := result{coverage: &scanner.Coverage{}}
	if err := repo.Scan(t.Context(), Options{Rules: builtIn, Jobs: 2, Coverage: r.coverage}, &c); err != nil {
		t.Fatal(err)
	}
	r.found = c.found
	return r
}

// TestRepackBehindTheScan: everything that was opened or listed is repacked, and the old packs are gone, before it is
// read.
func TestRepackBehindTheScan(t *testing.T) {
	t.Parallel()
	dir, commits := threeCommits(t)
	names := map[string]string{commits["one"]: "one", commits["two"]: "two", commits["three"]: "three"}
	packInto(t, dir, ids(allObjects(t, dir))[:4])
	git(t, dir, "prune-packed", "-q")
	objects := allObjects(t, dir)
	before := scan(t, dir, Options{})
	repo, err := open(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	defer repo.Close()
	repo.list()
	git(t, dir, "repack", "-adfq")
	git(t, dir, "pack-refs", "--all")
	r := scanOpen(t, repo)
	r.checkComplete(t, objects)
	for _, key := range []string{"absent", "absent.other"} {
		if got, want := fmt.Sprint(r.lines(keyNamed(key), names)), fmt.Sprint(before.lines(keyNamed(key), names)); got != want || len(before.lines(keyNamed(key), names)) == 0 {
			t.Errorf("%s: %s, before %s", key, got, want)
		}
	}
}

// TestCommitBehindTheScan: what a new commit brings is searched, for a ref leads to it.
func TestCommitBehindTheScan(t *testing.T) {
	t.Parallel()
	for _, packed := range []bool{false, true} {
		dir, _ := threeCommits(t)
		repo, err := open(dir, false)
		if err != nil {
			t.Fatal(err)
		}
		defer repo.Close()
		repo.list()
		before := len(allObjects(t, dir))
		blob := writeLoose(t, dir, "sha1", "blob", assign("late"))
		sub := writeLoose(t, dir, "sha1", "tree", rawTree("100644 late.env", blob))
		tree := writeLoose(t, dir, "sha1", "tree", rawTree("40000 sub", sub))
		git(t, dir, "update-ref", "refs/heads/late", commitTree(t, dir, tree, 1700000999))
		if packed {
			repack(t, dir)
		}
		r := scanOpen(t, repo)
		objects := allObjects(t, dir)
		r.checkComplete(t, objects)
		if got := r.lines(keyNamed("late"), nil); len(got) != 1 || !strings.Contains(got[0], "sub/late.env 1:9") || len(objects) != before+4 {
			t.Errorf("packed %v: the key of the late commit: %q, %d objects", packed, got, len(objects))
		}
	}
}

// TestHostileRepacks scans while git repacks, collects garbage and commits, again and again: nothing is lost, counted
// twice or named as unreadable.
func TestHostileRepacks(t *testing.T) {
	t.Parallel()
	s := newStory()
	for i := range 40 {
		s.onMain(fmt.Sprint(i), put(fmt.Sprintf("d%d/f.env", i%5), assign(fmt.Sprintf("moving.%d", i))+prose(uint64(i), 20)))
	}
	dir, _ := s.tell(t, true, "--bare")
	objects := len(allObjects(t, dir))
	stop := make(chan bool)
	var busy sync.WaitGroup
	moves := 0
	busy.Go(func() { moves = repackOften(t, dir, stop) })
	scans := scantest.Sample(3, 2000)
	for n := range scans {
		r, err := tryScan(t.Context(), dir, Options{})
		if err != nil {
			t.Error(err)
			break
		}
		keys := map[string]bool{}
		for _, f := range r.found {
			keys[f.Key.Reveal()] = true
		}
		if len(keys) < 40 || !r.coverage.Complete() || r.coverage.Objects.Load() < int64(objects) {
			t.Errorf("scan %d: %d keys, %d objects of %d or more:\n%s", n, len(keys), r.coverage.Objects.Load(), objects, r.unreadable())
		}
	}
	close(stop)
	busy.Wait()
	t.Logf("%d scans, while git moved the objects %d times", scans, moves)
}

// repackOften moves the objects of a repository about until it is told to stop, and tells how often it did.
func repackOften(t *testing.T, dir string, stop chan bool) (moves int) {
	for i := 0; ; i++ {
		for _, args := range [][]string{
			{"repack", "-adfq", "--depth=" + fmt.Sprint(1+i%50)}, {"gc", "-q", "--prune=now"}, {"repack", "-adq", "--no-write-bitmap-index"}, {"pack-refs", "--all"},
			{"multi-pack-index", "write"}, {"commit-graph", "write", "--reachable"},
		} {
			select {
			case <-stop:
				return moves
			default:
			}
			moves++
			cmd := exec.Command("git", args...)
			cmd.Dir = dir
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("git %v: %v: %s", args, err, out)
				return moves
			}
		}
		unpackAll(t, dir)
	}
}

// unpackAll makes all packed objects loose, as git does with what nothing refers to.
func unpackAll(t *testing.T, dir string) {
	packs, _ := filepath.Glob(filepath.Join(objectsOf(dir), "pack", "pack-*.pack"))
	if err := os.MkdirAll(filepath.Join(objectsOf(dir), "beside"), 0o777); err != nil {
		t.Error(err)
	}
	for _, file := range packs {
		moved := filepath.Join(dir, filepath.Base(file))
		data, err := os.ReadFile(file)
		if err != nil || os.WriteFile(moved, data, 0o600) != nil {
			t.Errorf("copying %s: %v", file, err)
			return
		}
		in, err := os.Open(moved)
		if err != nil {
			t.Error(err)
			return
		}
		// unpack-objects leaves out what is there already: it is unpacked in a repository beside, which lends its objects
		// to nobody.
		cmd := exec.Command("git", "unpack-objects", "-q")
		cmd.Dir, cmd.Stdin = dir, in
		cmd.Env = append(os.Environ(), "GIT_OBJECT_DIRECTORY="+filepath.Join(dir, "objects", "beside"))
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("git unpack-objects: %v: %s", err, out)
		}
		in.Close()
		os.Remove(moved)
	}
	moveLoose(t, filepath.Join(objectsOf(dir), "beside"), objectsOf(dir))
	os.Remove(filepath.Join(objectsOf(dir), "pack", "multi-pack-index")) // git believes it of packs that are gone
	for _, file := range packs {
		base := strings.TrimSuffix(file, ".pack")
		for _, ext := range []string{".idx", ".rev", ".bitmap", ".pack"} {
			os.Remove(base + ext)
		}
	}
}

// moveLoose moves loose objects to another objects folder.
func moveLoose(t *testing.T, from, to string) {
	files, _ := filepath.Glob(filepath.Join(from, "??", "*"))
	for _, file := range files {
		dir := filepath.Join(to, filepath.Base(filepath.Dir(file)))
		if err := os.MkdirAll(dir, 0o777); err != nil {
			t.Error(err)
		}
		if err := os.Rename(file, filepath.Join(dir, filepath.Base(file))); err != nil {
			t.Error(err)
		}
	}
}
