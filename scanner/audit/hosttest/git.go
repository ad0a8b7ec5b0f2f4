package hosttest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Project makes a bare repository with a commit that branch main leads to, and one that a force-push replaced: it is
// there, and no ref leads to it. Each has a file of the name that is given, with its text.
func Project(tb testing.TB, file, shown, hidden string) (dir, shownID, hiddenID string) {
	tb.Helper()
	tree, dir := tb.TempDir(), filepath.Join(tb.TempDir(), "project.git")
	git(tb, tree, "init", "-q", "--initial-branch=main")
	commit := func(text string) string {
		if err := os.WriteFile(filepath.Join(tree, file), []byte(text), 0o600); err != nil {
			tb.Fatal(err)
		}
		git(tb, tree, "add", "-A")
		git(tb, tree, "commit", "-q", "-m", "a change")
		return git(tb, tree, "rev-parse", "HEAD")
	}
	git(tb, tree, "commit", "-q", "--allow-empty", "-m", "the first")
	hiddenID = commit(hidden)
	git(tb, tree, "clone", "-q", "--bare", tree, dir)
	git(tb, tree, "reset", "-q", "--hard", "HEAD~")
	shownID = commit(shown)
	git(tb, tree, "push", "-q", "--force", dir, "main")
	return dir, shownID, hiddenID
}

// git runs git away from whatever the user has configured.
func git(tb testing.TB, dir string, args ...string) string {
	tb.Helper()
	c := exec.Command("git", args...)
	c.Dir = dir
	c.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull,
		"GIT_AUTHOR_NAME=A", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=C", "GIT_COMMITTER_EMAIL=c@example.com",
	}
	out, err := c.CombinedOutput()
	if err != nil {
		tb.Fatalf("git %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}
