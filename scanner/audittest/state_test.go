package audittest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"skleak/scanner/scantest"
)

// in makes commands run in a folder.
func (w *world) in(folder string) *world {
	inner := *w
	inner.folder = folder
	return &inner
}

// folders makes two folders with repositories; those of the second have keys.
func folders(w *world) (clean, leaky string) {
	for i, folder := range []string{"clean", "leaky"} {
		for _, name := range []string{"a", "b", "c", "d"} {
			dir := filepath.Join(w.home, folder, name)
			if err := os.MkdirAll(dir, 0o755); err != nil {
				w.t.Fatal(err)
			}
			scantest.Git(w.t, dir, "init", "-q")
			text := "nothing\n"
			if i == 1 {
				text = "K=" + key(5) + "\n"
			}
			if err := os.WriteFile(filepath.Join(dir, "f"), []byte(text), 0o600); err != nil {
				w.t.Fatal(err)
			}
			scantest.Git(w.t, dir, "add", ".")
			scantest.Git(w.t, dir, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x")
		}
	}
	return filepath.Join(w.home, "clean"), filepath.Join(w.home, "leaky")
}

// TestRelativeSources: the same words mean other repositories in another folder.
func TestRelativeSources(t *testing.T) {
	w := newWorld(t, 0)
	clean, leaky := folders(w)
	w.in(clean).run(0, "run", ".", "-q")
	w.in(leaky).run(1, "run", ".", "-q")
	w.in(clean).run(0, "report", ".", "-q")
	w.in(leaky).run(1, "report", ".", "-q")
	if out, _ := w.in(clean).run(0, "status", "../leaky"); !strings.Contains(out, "4 of 4 repositories") {
		t.Errorf("status:\n%s", out)
	}
	w.run(2, "status") // there are two
}

// TestGoesOnElsewhere: an audit that was stopped goes on with what its list says now, and never under other rules.
func TestGoesOnElsewhere(t *testing.T) {
	w := newWorld(t, 0)
	clean, leaky := folders(w)
	list, allow := filepath.Join(w.home, "list.txt"), filepath.Join(w.home, "allow.toml")
	write := func(name, text string) {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(list, clean+"\n")
	write(allow, "ignore = [\"**\"]\n")
	state := filepath.Join(w.home, "st")
	// killed begins an audit, and kills it when a repository is done.
	killed := func(args ...string) {
		c := w.command(append([]string{"run", "@" + list, "-q", "--jobs", "1", "--state", state}, args...)...)
		w.started(c)
		within(t, time.Minute, "a repository is done", func() bool {
			info, err := os.Stat(filepath.Join(state, "outcomes.jsonl"))
			return err == nil && info.Size() > 0
		})
		_ = c.Process.Kill()
		_ = c.Wait()
	}
	killed()
	write(list, clean+"\n"+leaky+"\n")
	w.run(1, "run", "@"+list, "-q", "--state", state)
	killed("-c", allow)
	w.run(1, "run", "@"+list, "-q", "--state", state)
}
