package gitdir

import (
	"os"
	"path/filepath"
	"testing"
)

// TestHooksDir holds where hooks lie against git.
func TestHooksDir(t *testing.T) {
	home := t.TempDir()
	global := filepath.Join(home, "gitconfig")
	t.Setenv("HOME", home)
	t.Setenv("GIT_CONFIG_GLOBAL", global)
	for _, c := range []struct{ name, global, local string }{
		{"usual place", "", ""},
		{"relative", "", ".githooks"},
		{"absolute", "", filepath.Join(home, "hooks")},
		{"in the home folder", "", "~/hooks"},
		{"the user's", "~/all", ""},
		{"the repository's before the user's", "~/all", "own"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := os.WriteFile(global, nil, 0o666); err != nil {
				t.Fatal(err)
			}
			repo, err := filepath.EvalSymlinks(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			git(t, repo, "init", "-q")
			if c.global != "" {
				git(t, repo, "config", "--global", "core.hooksPath", c.global)
			}
			if c.local != "" {
				git(t, repo, "config", "core.hooksPath", c.local)
			}
			want := git(t, repo, "rev-parse", "--git-path", "hooks")
			if !filepath.IsAbs(want) {
				want = filepath.Join(repo, want)
			}
			d, err := Reach{Root: home}.Open(repo)
			if err != nil {
				t.Fatal(err)
			}
			dir, configured, err := d.HooksDir()
			if err != nil || dir != want || configured != (c.global+c.local != "") || d.OwnHooksDir() != c.local {
				t.Errorf("hooks in %s (configured %v, own %q, error %v), git looks in %s", dir, configured, d.OwnHooksDir(), err, want)
			}
		})
	}
}
