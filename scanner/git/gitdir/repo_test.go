package gitdir

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"skleak/scanner/git/oid"
)

// TestMain keeps the configuration of whoever runs the tests out of them.
func TestMain(m *testing.M) {
	home, err := os.MkdirTemp("", "gitdir")
	if err != nil {
		panic(err)
	}
	for name, value := range map[string]string{
		"HOME": home, "XDG_CONFIG_HOME": "", "GIT_CONFIG_NOSYSTEM": "1",
		"GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.com", "GIT_AUTHOR_DATE": "1700000000 +0000",
		"GIT_COMMITTER_NAME": "C", "GIT_COMMITTER_EMAIL": "c@example.com", "GIT_COMMITTER_DATE": "1700000000 +0000",
	} {
		os.Setenv(name, value)
	}
	for _, name := range []string{"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"} {
		os.Unsetenv(name)
	}
	status := m.Run()
	os.RemoveAll(home)
	os.Exit(status)
}

// git runs the git program in dir and returns its output less the last newline.
func git(t testing.TB, dir string, args ...string) string {
	t.Helper()
	out, err := tryGit(dir, args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func tryGit(dir string, args ...string) (string, error) {
	args = append([]string{"-c", "protocol.file.allow=always", "-c", "init.defaultBranch=main", "-c", "gc.auto=0"}, args...)
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("git %s: %w: %s", strings.Join(args[6:], " "), err, errs.String())
	}
	return strings.TrimSuffix(out.String(), "\n"), nil
}

// tempDir is a new folder under its real name: git prints real names.
func tempDir(t testing.TB) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// newRepo makes a repository of two commits, two branches, and tags of both kinds.
func newRepo(t testing.TB, initArgs ...string) string {
	t.Helper()
	dir := filepath.Join(tempDir(t), "repo")
	git(t, "", append(append([]string{"init", "-q"}, initArgs...), dir)...)
	write(t, filepath.Join(dir, "a.txt"), "a\n")
	git(t, dir, "add", ".")
	git(t, dir, "commit", "-qm", "one")
	git(t, dir, "tag", "light")
	git(t, dir, "branch", "side/way")
	git(t, dir, "commit", "-q", "--allow-empty", "-m", "two")
	git(t, dir, "tag", "-m", "noted", "v1")
	return dir
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

func mustOpen(t testing.TB, path string) *Dir {
	t.Helper()
	return mustReach(t, Reach{}, path)
}

func mustReach(t testing.TB, r Reach, path string) *Dir {
	t.Helper()
	d, err := r.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Problems) > 0 {
		t.Fatalf("problems on opening %s: %v", path, d.Problems)
	}
	return d
}

func mustID(t testing.TB, hex string) oid.ID {
	t.Helper()
	id, err := oid.Parse(hex)
	if err != nil {
		t.Fatal(err)
	}
	return id
}
