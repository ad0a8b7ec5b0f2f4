package gate

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"skleak/scanner/history"
)

// FuzzPushLines: of what git says of a push, a line counts as a whole or the push is refused; no ref is
// passed over.
func FuzzPushLines(f *testing.F) {
	gate, err := Git{"GIT_DIR": emptyRepository(f)}.open()
	if err != nil {
		f.Fatal(err)
	}
	defer gate.Close()
	line := func(words ...string) string { return strings.Join(words, " ") + "\n" }
	good := line("refs/heads/a", id("a"), "refs/heads/b", id("b"))
	seeds := []string{"", "\n", good, good + good, line("(delete)", id("0"), "refs/heads/b", id("b")),
		line("a", id("a"), "b"), line("a", "HEAD", "b", id("b")),
		line(id("a"), id("b"), "refs/heads/c"), strings.Repeat("x", 70_000), "\x00 \xff\u00a0", good[:len(good)-1]}
	taken := 0
	for _, seed := range seeds {
		f.Add([]byte(seed))
		push, _, err := readPush(gate, strings.NewReader(seed))
		if err == nil {
			taken += len(push.Tips)
		}
	}
	if taken != 4 {
		f.Fatalf("the seeds push %d refs, want 4", taken)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		for words, read := range map[int]func() (history.Change, error){
			4: func() (history.Change, error) {
				push, _, err := readPush(gate, bytes.NewReader(text))
				return push, err
			},
			3: func() (history.Change, error) { return readReceived(gate, bytes.NewReader(text)) },
		} {
			push, err := read()
			refs := 0
			for line := range bytes.Lines(text) {
				if n := len(bytes.Fields(line)); n != 0 {
					refs++
				}
			}
			if err == nil && len(push.Tips) > refs {
				t.Fatalf("%d refs of %d lines", len(push.Tips), refs)
			}
			// A ref that was not and is not stands for nothing; git writes no such line.
			if err == nil && len(push.Tips)+len(push.Known) < refs && bytes.Count(text, []byte(id("0"))) < 2 {
				t.Fatalf("%d words a line: %d refs and %d known ones of %d lines", words, len(push.Tips), len(push.Known), refs)
			}
			for _, tip := range push.Tips {
				if tip.ID.IsZero() || !bytes.Contains(text, []byte(tip.Ref)) {
					t.Fatalf("%+v came out of the lines", tip)
				}
			}
		}
	})
}

func emptyRepository(f *testing.F) string {
	f.Helper()
	path := filepath.Join(f.TempDir(), "repo.git")
	if out, err := exec.Command("git", "init", "-q", "--bare", path).CombinedOutput(); err != nil {
		f.Skipf("no repository can be made: %v: %s", err, out)
	}
	return path
}
