package source

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// git runs git away from whatever the user has configured.
func git(t testing.TB, dir string, args ...string) {
	t.Helper()
	c := exec.Command("git", append([]string{"-c", "protocol.file.allow=always", "-c", "commit.gpgsign=false"}, args...)...)
	c.Dir = dir
	c.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_AUTHOR_NAME=A", "GIT_AUTHOR_EMAIL=a@example.com",
		"GIT_COMMITTER_NAME=C", "GIT_COMMITTER_EMAIL=c@example.com")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("git %s: %v: %s", strings.Join(args, " "), err, out)
	}
}

// TestFolder: all repositories below a folder are listed, each once, and nothing that lies elsewhere.
func TestFolder(t *testing.T) {
	root, other := t.TempDir(), t.TempDir()
	git(t, other, "init", "-q", "secret")
	git(t, root, "init", "-q", "b/tool")
	git(t, root, "init", "-q", "--bare", "c/bare.git")
	git(t, filepath.Join(root, "b/tool"), "commit", "-q", "--allow-empty", "-m", "first")
	git(t, filepath.Join(root, "b/tool"), "worktree", "add", "-q", filepath.Join(root, "a-worktree"))
	git(t, root, "init", "-q", "b/tool/vendor/inner")
	git(t, filepath.Join(root, "b/tool"), "submodule", "--quiet", "add", filepath.Join(root, "b/tool"), "module")
	for _, dir := range []string{"d/empty", "d/objects", "d/.git/nothing"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(other, filepath.Join(root, "link")); err != nil && runtime.GOOS != "windows" {
		t.Fatal(err)
	}
	r := run(t, root, Options{Hosts: around(t, nil, nil)})
	var got []string
	for _, one := range r.all {
		rel, err := filepath.Rel(root, one.Path)
		if err != nil || one.Name != one.Path || one.URL != "" {
			t.Errorf("%+v, %v", one, err)
		}
		got = append(got, filepath.ToSlash(rel))
	}
	if strings.Join(got, " ") != "b/tool b/tool/vendor/inner c/bare.git" || r.left[SharedGit] != 2 || r.err != nil {
		t.Errorf("%q, %v, %v", got, r.left, r.err)
	}
	for _, one := range []string{"b/tool", "c/bare.git", "a-worktree", "b/tool/module"} {
		if r := run(t, filepath.Join(root, one), Options{Hosts: around(t, nil, nil)}); len(r.all) != 1 || r.err != nil {
			t.Errorf("%s: %q, %v", one, r.names(), r.err)
		}
	}
	if r := run(t, "file://"+filepath.ToSlash(filepath.Join(root, "c")), Options{Hosts: around(t, nil, nil)}); len(r.all) != 1 || r.err != nil {
		t.Errorf("file: %q, %v", r.names(), r.err)
	}
}

// TestSpecialFilesAsSources: what is no file and no folder is not opened.
func TestSpecialFilesAsSources(t *testing.T) {
	if _, err := os.Stat("/dev/zero"); err != nil {
		t.Skip("no such device here")
	}
	pipe := filepath.Join(t.TempDir(), "pipe")
	if out, err := exec.Command("mkfifo", pipe).CombinedOutput(); err != nil {
		t.Skipf("mkfifo: %s", out)
	}
	for _, path := range []string{"/dev/zero", pipe} {
		if r := run(t, path, Options{Hosts: around(t, nil, nil)}); r.err == nil || len(r.all) != 0 {
			t.Errorf("%s: %q", path, r.names())
		}
	}
}

func TestNoRepositories(t *testing.T) {
	root := t.TempDir()
	git(t, root, "init", "-q", "tool")
	for path, want := range map[string]string{"tool/sub": "lies in the one at", "other": "no repository in the folder", "list.txt": "with @ before it"} {
		path = filepath.Join(root, path)
		var err error
		if filepath.Ext(path) == ".txt" {
			err = os.WriteFile(path, []byte("github:acme\n"), 0o600)
		} else {
			err = os.MkdirAll(path, 0o700)
		}
		if err != nil {
			t.Fatal(err)
		}
		if r := run(t, path, Options{Hosts: around(t, nil, nil)}); r.err == nil || !strings.Contains(r.err.Error(), want) {
			t.Errorf("%s: %v", path, r.err)
		}
	}
}

// TestUnreadableFolders are told, and what lies beside them is listed.
func TestUnreadableFolders(t *testing.T) {
	if runtime.GOOS == "windows" || os.Geteuid() == 0 {
		t.Skip("every folder can be read")
	}
	root := t.TempDir()
	git(t, root, "init", "-q", "tool")
	if err := os.Mkdir(filepath.Join(root, "closed"), 0o000); err != nil {
		t.Fatal(err)
	}
	if r := run(t, root, Options{Hosts: around(t, nil, nil)}); len(r.all) != 1 || r.missed[Unreadable] != 1 || r.err != nil {
		t.Errorf("%q, %v, %v", r.names(), r.missed, r.err)
	}
}
