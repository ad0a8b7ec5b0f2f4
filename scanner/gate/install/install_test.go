package install

import (
	"context"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// bench is a repository for a test, with a program in place of skleak that notes how it was called.
type bench struct {
	*testing.T
	home, repo string
	program    string
}

const stand = `#!/bin/sh
echo "$*: $(cat)" >>"$CALLED"
[ ! -e stop ]
`

// newBench makes a repository in a folder with a difficult name, and goes there.
func newBench(t *testing.T) *bench {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("hooks of this test are scripts of a Unix shell")
	}
	home := realPath(t.TempDir())
	b := &bench{t, home, filepath.Join(home, "a 'repository'\nof \"mine\" $HOME"), filepath.Join(home, "it's", "skleak")}
	t.Setenv("HOME", home)
	t.Setenv("XDG_CONFIG_HOME", "")
	t.Setenv("GIT_CONFIG_NOSYSTEM", "1")
	t.Setenv("CALLED", filepath.Join(home, "called"))
	b.write(b.program, stand, 0o755)
	b.write(filepath.Join(home, ".gitconfig"), `[user]
	name = Ada
	email = ada@example.com
[gc]
	auto = 0
[maintenance]
	auto = false
[init]
	templateDir =
`, 0o644)
	if err := os.MkdirAll(b.repo, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Chdir(b.repo)
	b.git("init", "-q")
	return b
}

func (b *bench) write(path, text string, mode fs.FileMode) {
	b.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		b.Fatal(err)
	}
}

func (b *bench) git(args ...string) string {
	b.Helper()
	out, err := exec.Command("git", args...).CombinedOutput()
	if err != nil {
		b.Fatalf("git %q: %v\n%s", args, err, out)
	}
	return string(out)
}

// commit makes a commit, and returns what was said, whether it came about, and how skleak was called.
func (b *bench) commit() (said string, ok bool, called string) {
	b.Helper()
	os.Remove(os.Getenv("CALLED"))
	c := exec.Command("git", "commit", "-q", "--allow-empty", "-m", "one")
	out, err := c.CombinedOutput()
	calls, _ := os.ReadFile(os.Getenv("CALLED"))
	return string(out), err == nil, string(calls)
}

// checked fails unless a commit is checked by skleak, once, and says what hooks from before say.
func (b *bench) checked(before string) {
	b.Helper()
	said, ok, called := b.commit()
	if !ok || called != "hook pre-commit: \n" || said != before {
		b.Errorf("commit came about: %v, said %q, want %q; skleak was called %q", ok, said, before, called)
	}
}

// stopped fails unless skleak can stop a commit.
func (b *bench) stopped() {
	b.Helper()
	b.write("stop", "", 0o644)
	defer os.Remove("stop")
	if said, ok, called := b.commit(); ok || called != "hook pre-commit: \n" {
		b.Errorf("a commit that skleak stops came about: %v, said %q, skleak was called %q", ok, said, called)
	}
}

func (b *bench) do(request Request) (Result, error) {
	b.Helper()
	request.Program = b.program
	if request.Hooks == nil {
		request.Hooks = []string{PreCommit, PrePush}
	}
	return Do(context.Background(), request)
}

func (b *bench) mustDo(request Request) Result {
	b.Helper()
	result, err := b.do(request)
	if err != nil {
		b.Fatal(err)
	}
	return result
}

// contents lists a folder: mode, and text or target, of each file by its name.
func (b *bench) contents(dir string) string {
	b.Helper()
	var all strings.Builder
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		text, _ := os.ReadFile(path)
		target, _ := os.Readlink(path)
		all.WriteString(path + " " + info.Mode().String() + " " + target + "\n" + string(text) + "\n")
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return all.String()
}

// TestWhereGitLooks installs for every way to say where hooks lie, and holds it against git: a commit must call skleak.
func TestWhereGitLooks(t *testing.T) {
	for name, set := range map[string]func(b *bench){
		"usual place":     func(b *bench) {},
		"no hooks folder": func(b *bench) { os.RemoveAll(".git/hooks") },
		"relative":        func(b *bench) { b.git("config", "core.hooksPath", ".githooks") },
		"in the home folder, by the user": func(b *bench) {
			b.git("config", "--global", "core.hooksPath", "~/all")
		},
		"relative, by the user": func(b *bench) { b.git("config", "--global", "core.hooksPath", "own") },
		"included by the repository": func(b *bench) {
			b.write(".git/more", "[core]\n\thooksPath = .githooks\n", 0o644)
			b.git("config", "include.path", "more")
		},
		"included under a condition": func(b *bench) {
			b.write(filepath.Join(b.home, "more"), "[core]\n\thooksPath = ~/others\n", 0o644)
			b.git("config", "--global", "includeIf.gitdir:~/.path", "~/more")
		},
		"included, and then set": func(b *bench) {
			b.write(".git/more", "[core]\n\thooksPath = .githooks\n", 0o644)
			b.git("config", "include.path", "more")
			b.git("config", "core.hooksPath", ".git/other")
		},
		"a link before the dots": func(b *bench) {
			b.write("there/below/x", "", 0o644)
			if err := os.Symlink("there/below", "lnk"); err != nil {
				b.Fatal(err)
			}
			b.git("config", "core.hooksPath", "lnk/../hooks")
		},
		"of one worktree": func(b *bench) {
			b.git("config", "extensions.worktreeConfig", "true")
			b.git("config", "--worktree", "core.hooksPath", ".git/mine")
		},
		"a linked worktree": func(b *bench) {
			b.git("commit", "-q", "--allow-empty", "-m", "one")
			b.git("worktree", "add", "-q", "-b", "side", "../linked tree")
			b.Chdir("../linked tree")
		},
		"from below": func(b *bench) {
			b.git("config", "core.hooksPath", ".githooks")
			b.write("a/b/c", "", 0o644)
			b.Chdir("a/b")
		},
		"a repository elsewhere": func(b *bench) {
			b.Setenv("GIT_DIR", "elsewhere")
			b.git("init", "-q")
			b.git("config", "core.bare", "false")
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			set(b)
			b.mustDo(Request{})
			if root := strings.TrimSpace(b.git("rev-parse", "--show-cdup")); root != "" {
				b.Chdir(root)
			}
			b.checked("")
			b.stopped()
			for _, c := range b.mustDo(Request{}).Changes {
				if c.Did != "is installed already" {
					t.Errorf("the second time: %s", c.Did)
				}
			}
			b.mustDo(Request{Uninstall: true})
			if _, ok, called := b.commit(); !ok || called != "" {
				t.Errorf("after uninstalling: commit %v, skleak was called %q", ok, called)
			}
		})
	}
}

func TestNoPlace(t *testing.T) {
	b := newBench(t)
	outside := filepath.Join(b.home, "elsewhere")
	refused := func(want string, request Request) {
		t.Helper()
		if _, err := b.do(request); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want one with %q", err, want)
		}
	}
	b.write(".git/more", "[core]\n\thooksPath = "+outside+"\n", 0o644)
	b.git("config", "include.path", "more")
	refused("for its hooks: "+outside, Request{})
	if existsAt(outside) {
		t.Error("a folder was made outside")
	}
	b.mustDo(Request{Outside: true})
	b.checked("")
	b.git("config", "--unset", "include.path")
	b.git("config", "core.hooksPath", "")
	refused("git runs no hooks at all", Request{})
	b.git("config", "core.hooksPath", "/dev/null")
	refused("outside", Request{})
	refused("git runs no hooks at all", Request{Outside: true})
	b.git("config", "--unset", "core.hooksPath")
	b.git("config", "--global", "core.hooksPath", "own")
	refused("another folder in each repository", Request{Global: true})
	b.Chdir(b.home)
	refused("this is none", Request{})
}

func TestProgram(t *testing.T) {
	hash := strings.Repeat("0f", 32)
	for path, ok := range map[string]bool{
		"/home/ada/go/bin/skleak":                               true,
		"/home/ada/go-build/skleak":                             false,
		"/tmp/go-build3141/b001/exe/skleak":                     false,
		"/home/ada/.cache/go-build/ab/" + hash + "-d/skleak":    false,
		"/builds/cache/ab/" + hash + "-d/skleak":                false,
		"/srv/store/ab/" + hash + "/skleak":                     true,
		"/home/ada/go-builder/skleak":                           true,
		"/home/ada/two\nlines/skleak":                           false,
		"/home/ada/it's \"quoted\" $HOME `here`; & more/skleak": true,
	} {
		if err := checkProgram(path); (err == nil) != ok {
			t.Errorf("%q: error %v", path, err)
		}
	}
}

// TestGoRun holds what go run really does against what is refused.
func TestGoRun(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":  "module once\n",
		"main.go": "package main\n\nimport \"os\"\n\nfunc main() { path, _ := os.Executable(); os.Stdout.WriteString(path) }\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	c := exec.Command("go", "run", ".")
	c.Dir = dir
	path, err := c.Output()
	if err != nil {
		t.Skipf("go run: %v", err)
	}
	if err := checkProgram(string(path)); err == nil || !strings.Contains(err.Error(), "go install") {
		t.Errorf("%s: error %v", path, err)
	}
}
