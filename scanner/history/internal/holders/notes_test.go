package holders

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"skleak/scanner/git/odb"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
	"skleak/scanner/git/passes"
	"skleak/scanner/history/internal/keyset"
	"skleak/scanner/scantest"
)

func TestMain(m *testing.M) {
	scantest.KeepGitPlain()
	os.Exit(m.Run())
}

// versions is a packed repository in which commits change one file after the other: 40 of them in 4 folders, each in
// a folder of its own.
func versions(t *testing.T, commits int) (dir string) {
	t.Helper()
	dir = scantest.TempDir(t)
	scantest.Git(t, dir, "init", "-q", "--bare")
	var stream strings.Builder
	for i := range commits {
		fmt.Fprintf(&stream, "commit refs/heads/main\ncommitter c <c@example.com> %d +0000\ndata 1\nv\n", 1_700_000_000+i)
		for file := range 40 {
			if i == 0 || file == i%40 {
				text := fmt.Sprintf("version %d of %d\n", i, file)
				fmt.Fprintf(&stream, "M 100644 inline folder%d/sub%d/file\ndata %d\n%s\n", file%4, file, len(text), text)
			}
		}
	}
	scantest.GitIn(t, dir, stream.String(), "fast-import", "--quiet", "--force")
	scantest.Git(t, dir, "repack", "-adfq", "--depth=20")
	return dir
}

// question asks for the holders of some versions of a file.
func question(t *testing.T, dir string, ids []string) Question {
	t.Helper()
	db, problems := odb.Open([]string{filepath.Join(dir, "objects")}, oid.SHA1)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	t.Cleanup(func() { db.Close() })
	objects := &passes.Objects{DB: db, Jobs: 2, Unread: func(place string, err error) { t.Error(place, err) }}
	if lost := objects.LayOut(t.Context(), pack.Mending{Workers: 2}); len(lost) > 0 {
		t.Fatal(lost)
	}
	q := Question{Objects: objects, Memory: pack.DefaultMemory}
	for i, id := range ids {
		parsed, err := oid.Parse(id)
		if err != nil {
			t.Fatal(err)
		}
		q.Blobs = append(q.Blobs, Leaf{Number: db.NumberOf(parsed), Keys: keyset.New([]uint32{uint32(i)})})
	}
	return q
}

// TestNotesAreShort makes sure that trees share the notes of their bases: of the ten folders or so that a tree has, few are
// noted one by one.
func TestNotesAreShort(t *testing.T) {
	t.Parallel()
	dir := versions(t, 400)
	q := question(t, dir, nil)
	n := NewNotes(q.Objects.DB, nil, q.Memory)
	if err := n.take(t.Context(), q.Objects); err != nil {
		t.Fatal(err)
	}
	trees, own, copied := 0, 0, 0
	n.index(q.Objects.DB.Len()).each(func(_, _ uint32, steps []uint32, _ uint32) {
		trees++
		for ; len(steps) > 0; steps = steps[2:] {
			if steps[0]&stepKind == isCopy {
				copied += int(steps[1])
			} else {
				own++
			}
		}
	})
	if copied < own || own > 3*trees {
		t.Errorf("%d trees with folders: %d folders are noted, %d shared", trees, own, copied)
	}
}

// TestFind holds the paths to some blobs below all trees against git's own list.
func TestFind(t *testing.T) {
	t.Parallel()
	dir := versions(t, 120)
	ids := strings.Fields(scantest.Git(t, dir, "rev-parse", "main:folder1/sub1/file", "main~40:folder1/sub1/file",
		"main~3:folder3/sub7/file", "main~100:folder0/sub36/file"))
	q := question(t, dir, ids)
	h, err := Find(t.Context(), q, nil)
	if err != nil {
		t.Fatal(err)
	}
	holding := 0
	for _, commit := range strings.Fields(scantest.Git(t, dir, "rev-list", "main")) {
		var want, got []string
		for line := range strings.Lines(scantest.Git(t, dir, "ls-tree", "-r", commit)) {
			head, path, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
			if id := strings.Fields(head)[2]; slices.Contains(ids, id) {
				want = append(want, id+" "+path)
			}
		}
		root, _ := oid.Parse(strings.TrimSpace(scantest.Git(t, dir, "rev-parse", commit+"^{tree}")))
		h.Diff(q.Objects.DB.NumberOf(root), odb.Absent, func(path []uint32, leaf uint32) {
			got = append(got, ids[leaf]+" "+h.PathOf(path))
		})
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("commit %s: %q, want %q", commit, got, want)
		}
		if len(want) > 0 {
			holding++
		}
	}
	if holding < 60 {
		t.Errorf("only %d commits hold one of the blobs", holding)
	}
}

// TestFullNames makes sure that a trace without room for all names is said to be cut short.
func TestFullNames(t *testing.T) {
	t.Parallel()
	dir := versions(t, 41)
	id := strings.TrimSpace(scantest.Git(t, dir, "rev-parse", "main:folder1/sub1/file"))
	for memory, short := range map[int64]bool{40 * nameBytes * nameShare: true, 1 << 20: false} {
		q := question(t, dir, []string{id})
		q.Memory = memory
		h, err := Find(t.Context(), q, nil)
		if err != nil {
			t.Fatal(err)
		}
		if h.IsCutShort() != short {
			t.Errorf("with %d bytes, the trace is cut short: %v", memory, !short)
		}
	}
}
