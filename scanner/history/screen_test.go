package history

import (
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// TestScanWithoutIdx scans random repositories with all objects in one pack, and once more without its idx: blobs are
// searched while the idx is made, and the same must be told and counted.
func TestScanWithoutIdx(t *testing.T) {
	t.Parallel()
	for seed := range uint64(12) {
		w := newWorld(seed)
		dir, _, _ := w.build(t)
		objects := objectsOf(dir)
		ids := git(t, dir, "cat-file", "--batch-all-objects", "--batch-check=%(objectname)")
		gitIn(t, dir, ids, "pack-objects", "-q", "--window=50", filepath.Join(objects, "pack", "pack"))
		git(t, dir, "prune-packed", "-q")
		want := scan(t, dir, Options{})
		files, err := filepath.Glob(filepath.Join(objects, "pack", "*.idx"))
		if err != nil || len(files) == 0 {
			t.Fatal(files, err)
		}
		without(t, files, func() {
			for _, jobs := range []int{1, 3} {
				got := scan(t, dir, Options{Jobs: jobs})
				if len(want.found) == 0 || !reflect.DeepEqual(got.found, want.found) {
					t.Errorf("seed %d: %d findings, not the %d of the pack with its idx", seed, len(got.found), len(want.found))
				}
				if g, w := counted(got), counted(want); g != w {
					t.Errorf("seed %d: counted %s, not %s", seed, g, w)
				}
				lines := strings.Split(got.unreadable(), "\n")
				lines = slices.DeleteFunc(lines, func(line string) bool { return strings.Contains(line, "its idx is not there") })
				if strings.Join(lines, "\n") != want.unreadable() {
					t.Errorf("seed %d: unreadable %q", seed, lines)
				}
			}
		})
	}
}

func counted(r result) string {
	c := r.coverage
	return fmt.Sprint(c.Objects.Load(), c.Blobs.Load(), c.Commits.Load(), c.Tags.Load(), c.Bytes.Load(), r.skipped())
}
