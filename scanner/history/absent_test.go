package history

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// threeCommits has a file and a folder; its last commit holds no key, the one before does.
func threeCommits(t testing.TB) (dir string, commits map[string]string) {
	t.Helper()
	s := newStory()
	s.onMain("one", put("a.txt", "one\n"), put("sub/b.txt", "b\n"), put("other/c.env", assign("absent.other")))
	s.onMain("two", put("a.txt", assign("absent")))
	s.onMain("three", put("a.txt", "three\n"))
	return s.tell(t, true, "--bare")
}

// loseObject deletes a loose object.
func loseObject(t testing.TB, dir, id string) {
	t.Helper()
	if err := os.Remove(filepath.Join(objectsOf(dir), id[:2], id[2:])); err != nil {
		t.Fatal(err)
	}
}

// checkUnreadable compares what could not be read with a list of "REASON PLACE".
func (r result) checkUnreadable(t testing.TB, want ...string) {
	t.Helper()
	var got []string
	for _, u := range r.coverage.UnreadableList() {
		got = append(got, u.Reason+" "+u.Place)
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("could not be read:\n%s\nwant\n%s", r.unreadable(), strings.Join(want, "\n"))
	}
}

// TestMissingObjects takes one object away; what names it is named, and the rest is found.
func TestMissingObjects(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, revision, place string }{
		{"blob", "main:sub/b.txt", "missing-object object %s"},
		{"blob with a key", "main~1:a.txt", "missing-object object %s"},
		{"tree", "main:sub", "missing-object object %s"},
		{"root tree", "main^{tree}", "missing-object object %s"},
		{"commit", "main~2", "missing-object object %s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir, commits := threeCommits(t)
			id := git(t, dir, "rev-parse", c.revision)
			loseObject(t, dir, id)
			r := scan(t, dir, Options{})
			r.checkUnreadable(t, fmt.Sprintf(c.place, id))
			names := map[string]string{}
			for label, id := range commits {
				names[id] = label
			}
			if c.name != "blob with a key" && len(r.lines(keyNamed("absent"), names)) != 1 {
				t.Errorf("the key in what is there was not found")
			}
			if len(r.lines(keyNamed("absent.other"), names)) != 1 {
				t.Errorf("the key in a neighbour was not found")
			}
		})
	}
}

// TestMissingTip takes away the commit that a branch leads to, and with it everything that would name it.
func TestMissingTip(t *testing.T) {
	t.Parallel()
	for _, keys := range []bool{false, true} {
		t.Run(fmt.Sprintf("keys=%v", keys), func(t *testing.T) {
			t.Parallel()
			s := newStory()
			content := "nothing\n"
			if keys {
				content = assign("tip")
			}
			s.onMain("one", put("a.txt", content))
			s.onMain("two", put("b.txt", "two\n"))
			dir, commits := s.tell(t, true, "--bare")
			loseObject(t, dir, commits["two"])
			r := scan(t, dir, Options{})
			r.checkUnreadable(t, "missing-object HEAD", "missing-object refs/heads/main")
		})
	}
}

// TestNothingIsThere scans a repository whose objects are all gone.
func TestNothingIsThere(t *testing.T) {
	t.Parallel()
	dir, _ := threeCommits(t)
	if err := os.RemoveAll(objectsOf(dir)); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(objectsOf(dir), 0o777); err != nil {
		t.Fatal(err)
	}
	if r := scan(t, dir, Options{}); r.coverage.Complete() {
		t.Error("refs that lead nowhere pass for a clean repository")
	}
	empty := filepath.Join(realTempDir(t), "empty")
	git(t, "", "init", "-q", empty)
	scan(t, empty, Options{}).checkComplete(t, nil)
}

// TestShallowClone makes sure that the edge is counted, each commit once, and that nothing is missing.
func TestShallowClone(t *testing.T) {
	t.Parallel()
	s := newStory()
	for i := range 10 {
		s.onMain(fmt.Sprint(i), put("a.txt", fmt.Sprintf("%d\n", i)))
	}
	s.onMain("merge base", put("a.env", assign("shallow")))
	s.on("side", "side", from("5"), put("side.txt", "side\n"))
	s.onMain("last", put("b.txt", "last\n"))
	source, _ := s.tell(t, true, "--bare")
	dir := clone(t, "file://"+source, "--bare", "--depth=2", "--no-single-branch")
	objects := allObjects(t, dir)
	for _, name := range []string{"packed", "packed and loose"} {
		if name != "packed" {
			explode(t, dir, objects)
		}
		r := scan(t, dir, Options{})
		r.checkComplete(t, objects)
		if got := r.skipped(); got != "shallow 2" {
			t.Errorf("%s: skipped %q, want two edges", name, got)
		}
		got := r.lines(keyNamed("shallow"), nil)
		if len(got) != 1 || !strings.Contains(got[0], "reachable head") {
			t.Errorf("%s: found %q", name, got)
		}
	}
}

// explode stores loose copies of objects.
func explode(t testing.TB, dir string, objects []gitObject) {
	t.Helper()
	for _, o := range objects {
		if got := writeLoose(t, dir, "sha1", o.kind, o.content); got != o.id {
			t.Fatalf("object %s was written as %s", o.id, got)
		}
	}
}

// TestPartialClone makes sure that each absent blob is named once, and the trees and commits are read.
func TestPartialClone(t *testing.T) {
	t.Parallel()
	s := newStory()
	for i := range 8 {
		s.onMain(fmt.Sprint(i), put("a.txt", fmt.Sprintf("%d\n", i)), put(fmt.Sprintf("dir/%d.env", i), assign("partial")+fmt.Sprint(i)))
	}
	s.onMain("name", put("key-"+keyNamed("partial.name"), "x\n"))
	source, commits := s.tell(t, true, "--bare")
	git(t, source, "config", "uploadpack.allowFilter", "true")
	dir := clone(t, "file://"+source, "--bare", "--filter=blob:none")
	var want []string
	for _, o := range allObjects(t, source) {
		if o.kind == "blob" {
			want = append(want, "missing-object object "+o.id)
		}
	}
	r := scan(t, dir, Options{})
	r.checkUnreadable(t, want...)
	if got := r.coverage.UnreadableCount(); got != int64(len(want)) {
		t.Errorf("%d absent blobs are counted, want %d", got, len(want))
	}
	if got := r.coverage.Commits.Load(); got != 9 {
		t.Errorf("%d commits, want 9", got)
	}
	got := r.lines(keyNamed("partial.name"), map[string]string{commits["name"]: "name"})
	if len(got) != 1 || !strings.HasSuffix(got[0], "by <name> reachable head refs/heads/main") {
		t.Errorf("key in a name: %q", got)
	}
}

// TestCounts holds coverage against git's own counts. A second copy of an object is read and not counted: a report says the
// same of a repository, however its objects are packed.
func TestCounts(t *testing.T) {
	t.Parallel()
	dir, _ := threeCommits(t)
	packInto(t, dir, ids(allObjects(t, dir))[:6])
	objects := allObjects(t, dir)
	r := scan(t, dir, Options{})
	r.checkComplete(t, objects)
	count := map[string]int{}
	for text := range strings.Lines(git(t, dir, "count-objects", "-v")) {
		name, n, _ := strings.Cut(strings.TrimSpace(text), ": ")
		count[name], _ = strconv.Atoi(n) // sizes are numbers too, and nothing else is asked for
	}
	copies := count["prune-packable"]
	if got, want := int(r.coverage.Objects.Load()), count["count"]+count["in-pack"]-copies; got != want || copies != 6 {
		t.Errorf("%d objects, git counts %d, %d of them twice", got, want, copies)
	}
	bytes := 0
	for _, o := range objects {
		bytes += len(o.content)
	}
	if got := int(r.coverage.Bytes.Load()); got != bytes {
		t.Errorf("%d bytes were read, want %d", got, bytes)
	}
}

// TestSecondCopy corrupts one of two copies: the other one is searched, and the damage is named.
func TestSecondCopy(t *testing.T) {
	t.Parallel()
	dir, commits := threeCommits(t)
	objects := allObjects(t, dir)
	packInto(t, dir, ids(objects))
	corruptPackOf(t, dir)
	r := scan(t, dir, Options{})
	if got := r.coverage.UnreadableCount(); got != int64(len(objects)) {
		t.Errorf("%d corrupt copies are named, of %d", got, len(objects))
	}
	if got := r.coverage.Objects.Load(); got != int64(len(objects)) {
		t.Errorf("%d objects are counted, of %d", got, len(objects))
	}
	for _, f := range r.found {
		if f.Commit == nil || f.Commit.Author != "A U Thor" {
			t.Errorf("%v: its commit is told as %+v", f.Key, f.Commit)
		}
	}
	for _, key := range []string{"absent", "absent.other"} {
		got := r.lines(keyNamed(key), map[string]string{commits["one"]: "one", commits["two"]: "two"})
		if len(got) != 1 || !strings.Contains(got[0], "env 1:9 by <one> reachable head") && !strings.Contains(got[0], "a.txt 1:9 by <two> reachable") {
			t.Errorf("%s: found %q in the second copies", key, got)
		}
	}
}

// corruptPackOf changes the packed bytes of all entries, one byte in each, but nothing else.
func corruptPackOf(t testing.TB, dir string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(objectsOf(dir), "pack", "*.pack"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	data, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	index, err := os.ReadFile(strings.TrimSuffix(files[0], ".pack") + ".idx")
	if err != nil {
		t.Fatal(err)
	}
	rows, _ := rowsOf(index, 20)
	for _, r := range rows {
		data[r.offset+8] ^= 0x55
	}
	writeFile(t, files[0], data)
}
