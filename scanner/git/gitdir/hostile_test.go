package gitdir

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"skleak/scanner/scantest"
)

// TestHostileLooseRefs: whatever lies under refs/, the refs in it are found in bounded time, and the rest is named.
func TestHostileLooseRefs(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("symbolic links need rights there, and such paths have no place")
	}
	repo := newRepo(t)
	heads := filepath.Join(repo, ".git", "refs", "heads")
	id := git(t, repo, "rev-parse", "HEAD")

	many := scantest.Sample(2_000, 200_000)
	for i := range many {
		if i%1000 == 0 {
			store(t, filepath.Join(heads, "many", fmt.Sprint(i/1000)))
		}
		if err := os.WriteFile(filepath.Join(heads, "many", fmt.Sprint(i/1000), fmt.Sprint(i)), []byte(id+"\n"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	const circle = 1000
	for i := range circle {
		write(t, filepath.Join(heads, fmt.Sprint("circle", i)), fmt.Sprintf("ref: refs/heads/circle%d\n", (i+1)%circle))
	}
	linkTo(t, "loop2", filepath.Join(heads, "loop"))
	linkTo(t, "loop", filepath.Join(heads, "loop2"))
	linkTo(t, "..", filepath.Join(heads, "up"))
	linkTo(t, "/", filepath.Join(heads, "root"))
	store(t, filepath.Join(heads, "folder.lock"))
	write(t, filepath.Join(repo, ".git", "ORIG_HEAD"), strings.Repeat("x", scantest.Sample(1<<20, 100<<20)))
	write(t, filepath.Join(heads, "long"), "ref: refs/heads/"+strings.Repeat("y", scantest.Sample(1<<20, 100<<20)))
	nest(t, filepath.Join(heads, "deep"), scantest.Sample(3_000, 10_000))

	began := time.Now()
	refs, problems := mustOpen(t, repo).Refs()
	took, most := time.Since(began), time.Duration(scantest.Sample(10, 60))*time.Second
	if took > most {
		t.Errorf("it took %v, more than %v", took, most)
	}
	found := 0
	for _, ref := range refs {
		if strings.HasPrefix(ref.Name, "refs/heads/many/") {
			found++
		}
	}
	if found != many {
		t.Errorf("%d refs found, want %d", found, many)
	}
	for _, place := range []string{"refs/heads/circle0", "refs/heads/loop", "refs/heads/root", "refs/heads/up", "ORIG_HEAD", "refs/heads/long"} {
		if !slices.ContainsFunc(problems, func(p Problem) bool { return p.Place == place }) {
			t.Errorf("%s is not named", place)
		}
	}
	if !slices.ContainsFunc(problems, func(p Problem) bool { return strings.HasPrefix(p.Place, "refs/heads/deep/") }) {
		t.Error("the folders that are nested too deep are not named")
	}
	t.Logf("%d refs and %d problems in %v", len(refs), len(problems), took)
}

// nest makes folders in folders, deeper than any path can name.
func nest(t *testing.T, dir string, depth int) {
	t.Helper()
	at, err := os.OpenRoot(filepath.Dir(dir))
	if err != nil {
		t.Fatal(err)
	}
	for i, name := 0, filepath.Base(dir); i < depth; i, name = i+1, "d" {
		if err := at.Mkdir(name, 0o777); err != nil {
			t.Fatal(err)
		}
		next, err := at.OpenRoot(name)
		at.Close()
		if err != nil {
			t.Fatal(err)
		}
		at = next
	}
	at.Close()
}

// TestHostilePackedRefs: a packed-refs of rubbish takes no more memory than one line of it.
func TestHostilePackedRefs(t *testing.T) {
	repo := newRepo(t)
	id := git(t, repo, "rev-parse", "HEAD")
	size := scantest.Sample(2<<20, 100<<20)
	packed := id + " refs/heads/before\n" +
		id + " refs/heads/" + strings.Repeat("z", size) + "\n" +
		strings.Repeat("rubbish\n", size/8) +
		id + " refs/heads/../../../../climbs\n" +
		id + " refs/heads/after"
	write(t, filepath.Join(repo, ".git", "packed-refs"), packed)
	d := mustOpen(t, repo)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	refs, problems := d.Refs()
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 4<<20+uint64(size)*16 {
		t.Errorf("%d bytes were allocated for a file of %d", used, len(packed))
	}
	for _, name := range []string{"refs/heads/before", "refs/heads/after"} {
		if !slices.ContainsFunc(refs, func(r Ref) bool { return r.Name == name }) {
			t.Errorf("%s was not found", name)
		}
	}
	if len(problems) < problemsShown || len(problems) > 2*problemsShown {
		t.Errorf("%d problems are told, want about %d", len(problems), problemsShown)
	}
	if _, err := d.Resolve("../../climbs"); err == nil {
		t.Error("a name that climbs was looked up")
	}
}
