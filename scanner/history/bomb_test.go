package history

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"skleak/scanner"
)

// bomb makes a tree with ten entries in each of so many levels, which are all the same, above a file with a key.
func bomb(t testing.TB, levels int) (dir, tree string) {
	t.Helper()
	dir = realTempDir(t)
	git(t, dir, "init", "-q", "--bare")
	mode, id := "100644", writeLoose(t, dir, "sha1", "blob", assign("bomb"))
	for range levels {
		var entries []string
		for i := range 10 {
			entries = append(entries, fmt.Sprintf("%s %d", mode, i), id)
		}
		mode, id = "40000", writeLoose(t, dir, "sha1", "tree", rawTree(entries...))
	}
	return dir, id
}

// TestBombIsCut traces a key at a million paths with memory for some thousand, and another one behind it: what is
// told is cut, that is said, and the other key is not lost.
func TestBombIsCut(t *testing.T) {
	t.Parallel()
	dir, tree := bomb(t, 6)
	commitTree(t, dir, tree, 1700000000)
	blob := writeLoose(t, dir, "sha1", "blob", assign("behind the bomb"))
	commitTree(t, dir, writeLoose(t, dir, "sha1", "tree", rawTree("100644 a.env", blob)), 1700000100)
	const memory = 16 << 20
	r := scan(t, dir, Options{Memory: memory})
	r.checkUnreadable(t, "too-large history")
	// So many paths are traced, and of these so many places told, besides the first of each key.
	if want := min(memory/originBytes+1, memory/placeBytes+2); len(r.found) != want {
		t.Errorf("%d findings, want %d", len(r.found), want)
	}
	if got := r.lines(keyNamed("behind the bomb"), nil); len(got) != 1 {
		t.Errorf("the key behind the bomb: %q", got)
	}
}

// TestBombIsInterrupted stops the trace of a key that stands at ten thousand million paths.
func TestBombIsInterrupted(t *testing.T) {
	t.Parallel()
	for _, stray := range []bool{false, true} {
		t.Run(fmt.Sprintf("stray=%v", stray), func(t *testing.T) {
			t.Parallel()
			dir, tree := bomb(t, 10)
			if !stray {
				git(t, dir, "update-ref", "refs/heads/main", commitTree(t, dir, tree, 1700000000))
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			progress := &scanner.Progress{}
			var stopped time.Time
			go cancelWhen(ctx, func() {
				time.Sleep(time.Second / 5) // the trace has begun by now, as a rule, and is not over
				stopped = time.Now()
				cancel()
			}, func() bool { return progress.Found.Load() > 0 && progress.Done.Load() == progress.Total.Load() })
			r, err := tryScan(ctx, dir, Options{Progress: progress})
			if took := time.Since(stopped); took > 30*time.Second || !errors.Is(err, context.Canceled) || len(r.found) != 1 {
				t.Errorf("%v after it was stopped: %d findings and %v", took, len(r.found), err)
			}
		})
	}
}
