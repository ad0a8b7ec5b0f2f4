package scantest

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// KeepGitPlain keeps the configuration, the clock and the name of whoever runs the tests out of git's work: for
// TestMain.
func KeepGitPlain() {
	for _, name := range os.Environ() {
		if name, _, _ := strings.Cut(name, "="); strings.HasPrefix(name, "GIT_") {
			os.Unsetenv(name)
		}
	}
	for name, value := range map[string]string{
		"GIT_CONFIG_GLOBAL": os.DevNull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C", "TZ": "UTC",
		"GIT_AUTHOR_NAME": "A U Thor", "GIT_AUTHOR_EMAIL": "author@example.com", "GIT_AUTHOR_DATE": "1700100000 +0000",
		"GIT_COMMITTER_NAME": "C O " +
			"Mitter", "GIT_COMMITTER_EMAIL": "committer@example.com", "GIT_COMMITTER_DATE": "1700100000 +0000",
	} {
		os.Setenv(name, value)
	}
}

// Git runs the git program in dir and returns its output less the last newline.
func Git(t testing.TB, dir string, args ...string) string {
	t.Helper()
	return GitIn(t, dir, "", args...)
}

// GitIn is Git with text on its standard input.
func GitIn(t testing.TB, dir, input string, args ...string) string {
	t.Helper()
	args = append([]string{
		"-c", "protocol.file.allow=always", "-c", "init.defaultBranch=main", "-c", "gc.auto=0",
		"-c", "maintenance.auto=false",
		"-c", "pack.threads=1", "-c", "core.fsync=none", "-c", "advice.detachedHead=false",
		"-c", "core.autocrlf=false", "-c", "safe.directory=*",
	}, args...)
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Stdin = strings.NewReader(input)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("git %s: %v: %s", strings.Join(args, " "), err, errs.String())
	}
	return strings.TrimSuffix(out.String(), "\n")
}

// TempDir is t.TempDir without links on its way, so that paths from git compare equal.
func TempDir(t testing.TB) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return dir
}
