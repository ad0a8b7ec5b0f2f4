package files

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"skleak/scanner/files/disk"
)

// isolate keeps the user's own git configuration out of a test, and returns the file that stands in
// for it.
func isolate(t *testing.T) (config string) {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("needs git to make repositories")
	}
	home := t.TempDir()
	config = filepath.Join(home, "gitconfig")
	write(t, home, map[string]string{
		"gitconfig": "[user]\nname=A\nemail=a@example.org\n[protocol \"file\"]\nallow=always\n",
	})
	t.Setenv("HOME", home)
	t.Setenv("XDG_CONFIG_HOME", filepath.Join(home, "xdg"))
	t.Setenv("GIT_CONFIG_GLOBAL", config)
	t.Setenv("GIT_CONFIG_NOSYSTEM", "1")
	return config
}

func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// newRepository makes a repository with one commit, which holds the given files.
func newRepository(t *testing.T, content map[string]string) (root string) {
	t.Helper()
	root = t.TempDir()
	git(t, root, "init", "-q")
	write(t, root, content)
	git(t, root, "add", "-f", ".")
	git(t, root, "commit", "-q", "--allow-empty", "-m", "first")
	return root
}

func TestWorkingTree(t *testing.T) {
	config := isolate(t)
	root := newRepository(t, map[string]string{
		".gitignore":         "*.env\n/build/\n!/sub/back.env\ncache\n",
		"tracked.env":        key(1),
		"build/out/tracked":  key(2),
		"gone":               key(3),
		"sub/.gitignore":     "*.txt\n!keep.txt\n",
		"sub/deep/.gitkeep":  "",
		"sub/also/tracked.h": key(4),
		"sub/cache/tracked":  key(5), // the only file in an ignored folder
	})
	write(t, root, map[string]string{
		"new":                   key(10),
		"local.env":             key(11), // ignored
		"build/new":             key(12), // in an ignored folder that has to be entered
		"build/out/new":         key(13),
		"build/other/new":       key(14),
		"sub/back.env":          key(15),
		"sub/a.txt":             key(16), // ignored
		"sub/deep/keep.txt":     key(17),
		"sub/deep/b.txt":        key(18), // ignored
		"cache/x/y/z":           key(19), // ignored, one folder
		"excluded":              key(20), // by info/exclude
		"users":                 key(21), // by the user's file
		".git/info/exclude":     "excluded\n!users-not\n",
		".git/hooks/" + key(22): key(22),
	})
	excludes := filepath.Join(filepath.Dir(config), "excludes")
	write(t, filepath.Dir(config), map[string]string{"excludes": "users*\n"})
	git(t, root, "config", "--global", "core.excludesFile", excludes)
	write(t, root, map[string]string{"users-not": key(23)})
	if err := os.Remove(filepath.Join(root, "gone")); err != nil {
		t.Fatal(err)
	}

	c, nested, cov := scan(t, root, Options{})
	wantLines(t, "findings", c.paths(), "build/out/tracked", "new", "sub/also/tracked.h", "sub/back.env",
		"sub/cache/tracked", "sub/deep/keep.txt", "tracked.env", "users-not")
	wantLines(t, "nested", nested)
	wantSkipped(t, cov, "ignored 7") // local.env, build, a.txt, b.txt, cache, excluded, users
	wantUnreadable(t, cov)

	c, _, cov = scan(t, root, Options{NoIgnore: true})
	if want := 4 + 13; len(c.findings) != want {
		t.Errorf("with NoIgnore: %d findings, want %d: %v", len(c.findings), want, c.paths())
	}
	wantSkipped(t, cov)

	c, _, _ = scan(t, filepath.Join(root, "sub"), Options{Prefix: "sub/"})
	wantLines(t, "from below", c.paths(), "sub/also/tracked.h", "sub/back.env", "sub/cache/tracked", "sub/deep/keep.txt")
	c, _, _ = scan(t, filepath.Join(root, "cache", "x"), Options{})
	wantLines(t, "an ignored folder, by name", c.paths(), "y/z")
	c, _, _ = scan(t, filepath.Join(root, "local.env"), Options{})
	wantLines(t, "an ignored file, by name", c.paths(), "local.env")
	c, _, _ = scan(t, filepath.Join(root, ".git", "hooks"), Options{NoIgnore: true})
	if len(c.findings) != 2 {
		t.Errorf("a folder in the git directory, by name: %v", c.lines())
	}
}

// TestWorkingTreeLikeGit makes working trees at random, and asks git what it would read.
func TestWorkingTreeLikeGit(t *testing.T) {
	config := isolate(t)
	r := rand.New(rand.NewPCG(20250713, 2))
	excludes := filepath.Join(filepath.Dir(config), "excludes")
	git(t, filepath.Dir(config), "config", "--global", "core.excludesFile", excludes)
	files := 0
	for range 20 {
		write(t, filepath.Dir(config), map[string]string{"excludes": randomPatterns(r)})
		root := t.TempDir()
		git(t, root, "init", "-q")
		git(t, root, "config", "core.ignoreCase", fmt.Sprint(r.IntN(2) == 0))
		content := map[string]string{}
		var tracked []string
		for i := range 40 {
			path := randomName(r) + ".f"
			for range r.IntN(4) {
				path = randomName(r) + "/" + path
			}
			content[path] = key(i)
			if r.IntN(8) == 0 {
				content[path[:strings.LastIndexByte(path, '/')+1]+".gitignore"] = randomPatterns(r)
			}
			if r.IntN(4) == 0 {
				tracked = append(tracked, path)
			}
		}
		content[".git/info/exclude"] = randomPatterns(r)
		write(t, root, content)
		git(t, root, append([]string{"add", "-f", "--"}, tracked...)...)

		roots := []string{root}
		for name := range content {
			dir, _, inside := strings.Cut(name, "/")
			at := filepath.Join(root, dir)
			if inside && dir != ".git" && !slices.Contains(roots, at) && !isIgnored(root, dir) {
				roots = append(roots, at)
			}
		}
		for _, at := range roots {
			var want []string
			list := git(t, at, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
			for path := range strings.SplitSeq(list, "\x00") {
				if strings.HasSuffix(path, ".f") {
					want = append(want, path)
				}
			}
			slices.Sort(want)
			files += len(want)
			c, _, cov := scan(t, at, Options{})
			wantLines(t, at, c.paths(), want...)
			wantUnreadable(t, cov)
		}
	}
	t.Logf("%d files", files)
}

func isIgnored(root, path string) bool {
	cmd := exec.Command("git", "check-ignore", "-q", "--no-index", path)
	cmd.Dir = root
	return cmd.Run() == nil
}

// randomName gives names without capitals: names that differ in case only cannot exist where
// core.ignoreCase is meant to be set. The patterns have some.
func randomName(r *rand.Rand) string { return []string{"a", "b", "d", "ab", "c"}[r.IntN(5)] }

func randomPatterns(r *rand.Rand) (text string) {
	for range r.IntN(4) {
		text += []string{"", "", "", "!", "/", "!/", "**/"}[r.IntN(7)] +
			[]string{"a", "b", "A", "*", "?b", "c", "a/b", "*/c", "[ab]"}[r.IntN(9)] +
			[]string{"", "", "/", ".f", "*", "/**", "/*"}[r.IntN(7)] + "\n"
	}
	return text
}

func TestNestedRepositories(t *testing.T) {
	isolate(t)
	module := newRepository(t, map[string]string{"in-module": key(1)})
	root := newRepository(t, map[string]string{"in-root": key(2), ".gitignore": "ignored/\n"})
	for _, path := range []string{"lib/here", "lib/gone", "lib/emptied", "ignored/forced"} {
		git(t, root, "submodule", "--quiet", "add", "-f", module, path)
	}
	git(t, root, "commit", "-q", "-m", "submodules")
	git(t, root, "submodule", "--quiet", "deinit", "-f", "lib/emptied")
	git(t, root, "worktree", "add", "-q", "linked")
	if err := os.RemoveAll(filepath.Join(root, "lib", "gone")); err != nil {
		t.Fatal(err)
	}
	git(t, root, "init", "-q", "tools/own")
	git(t, root, "init", "-q", "ignored/own")
	write(t, root, map[string]string{
		"tools/own/f":          key(3),
		"ignored/own/f":        key(4),
		"no-repository/f":      key(5),
		"no-repository/.git/f": key(7),
		"broken/f":             key(6),
		"broken/.git":          "gitdir: ../nowhere\n",
	})

	c, nested, cov := scan(t, root, Options{})
	wantLines(t, "nested", nested, "ignored/forced", "lib/here", "linked", "tools/own")
	wantLines(t, "findings", c.paths(), "broken/f", "in-root", "no-repository/.git/f", "no-repository/f")
	wantSkipped(t, cov, "ignored 1", "submodule 2")
	wantUnreadable(t, cov, "unreadable-repository broken")

	_, nested, cov = scan(t, root, Options{NoIgnore: true})
	wantLines(t, "nested with NoIgnore", nested, "ignored/forced", "ignored/own", "lib/here", "linked", "tools/own")
	wantSkipped(t, cov, "submodule 2")

	_, nested, cov = scan(t, root, Options{Ignore: NewPathIgnore([]string{"/lib/"})})
	wantLines(t, "nested with a pattern", nested, "ignored/forced", "linked", "tools/own")
	wantSkipped(t, cov, "configured 1", "ignored 1")

	for path, want := range map[string]string{"lib/here": "in-module", "linked": "in-root", "tools/own": "f"} {
		c, nested, cov := scan(t, filepath.Join(root, path), Options{Prefix: path + "/"})
		wantLines(t, path, c.paths(), path+"/"+want)
		wantUnreadable(t, cov)
		if path != "linked" {
			wantLines(t, "nested in "+path, nested)
		}
	}

	plain := t.TempDir()
	git(t, plain, "clone", "-q", root, "x/clone")
	_, nested, _ = scan(t, plain, Options{})
	wantLines(t, "nested in a plain folder", nested, "x/clone")
}

func TestSparseIndex(t *testing.T) {
	isolate(t)
	root := newRepository(t, map[string]string{
		"in/a": key(1), "out/b.env": key(2), "out/c": key(3), ".gitignore": "*.env\n", "top": key(4),
	})
	git(t, root, "sparse-checkout", "init", "--cone", "--sparse-index")
	git(t, root, "sparse-checkout", "set", "in")
	c, _, cov := scan(t, root, Options{})
	wantLines(t, "left out", c.paths(), "in/a", "top")
	wantUnreadable(t, cov)
	// What is there all the same may be tracked.
	write(t, root, map[string]string{"out/b.env": key(2)})
	c, _, _ = scan(t, root, Options{})
	wantLines(t, "there", c.paths(), "in/a", "out/b.env", "top")
}

func TestUnreadableRepository(t *testing.T) {
	isolate(t)
	root := newRepository(t, map[string]string{"a": key(1), ".gitignore": "*.env\n"})
	write(t, root, map[string]string{"b.env": key(2), ".git/index": "this is no index"})
	c, _, cov := scan(t, root, Options{})
	wantLines(t, "no index", c.paths(), "a")
	wantUnreadable(t, cov, "unreadable-index .")

	write(t, root, map[string]string{
		".git/config": "[core]\nrepositoryformatversion = 1\n[extensions]\nobjectformat = sha3\n",
	})
	c, _, cov = scan(t, root, Options{Prefix: "sub/mod/"})
	wantLines(t, "no repository", c.paths(), "sub/mod/a", "sub/mod/b.env")
	wantUnreadable(t, cov, "unreadable-repository sub/mod")
}

// TestBrokenDotGit takes from repositories what makes them some: nothing in them may look clean.
func TestBrokenDotGit(t *testing.T) {
	isolate(t)
	root := t.TempDir()
	for _, name := range []string{"no-head", "no-objects"} {
		git(t, root, "init", "-q", name)
		write(t, root, map[string]string{name + "/f": key(1), name + "/.git/hooks/pre-push": key(2)})
		git(t, filepath.Join(root, name), "add", ".")
		git(t, filepath.Join(root, name), "commit", "-q", "-m", "first")
	}
	for _, path := range []string{"no-head/.git/HEAD", "no-objects/.git/objects"} {
		if err := os.RemoveAll(filepath.Join(root, filepath.FromSlash(path))); err != nil {
			t.Fatal(err)
		}
	}
	c, nested, cov := scan(t, root, Options{})
	for _, name := range []string{"no-head", "no-objects"} {
		isNested := slices.Contains(nested, name)
		if named := !cov.Complete(); !isNested && !named {
			t.Errorf("%s is neither a repository nor named", name)
		}
		if !isNested && !slices.Contains(c.paths(), name+"/.git/hooks/pre-push") {
			t.Errorf("%s was not read", name)
		}
	}
}

// TestDotGitInAnyCase: where case does not count, .GIT leads to the repository too. What git was told does
// not matter, or a repository could hide files in a folder of that name.
func TestDotGitInAnyCase(t *testing.T) {
	isolate(t)
	root := newRepository(t, map[string]string{"f": key(1)})
	git(t, root, "config", "core.ignoreCase", "true")
	if _, err := os.Stat(filepath.Join(root, ".gIt")); err == nil {
		t.Skip("names are the same here in any case")
	}
	write(t, root, map[string]string{"d/.GIT/f": key(2)})
	c, _, _ := scan(t, root, Options{})
	wantLines(t, "findings", c.paths(), "d/.GIT/f", "f")

	// A hard link is what one file under two names looks like.
	worker := &worker{}
	at, err := disk.OpenFolder(root)
	if err != nil {
		t.Fatal(err)
	}
	defer at.Close()
	write(t, root, map[string]string{"x/.GIT": "gitdir: nowhere"})
	if err := os.Link(filepath.Join(root, "x", ".GIT"), filepath.Join(root, "x", ".git")); err != nil {
		t.Skip(err)
	}
	x, err := at.Folder("x")
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	if !worker.isDotGit(x, ".GIT") || !worker.isDotGit(x, ".git") || worker.isDotGit(x, ".gi") {
		t.Error("a name in another case was not recognised")
	}
}
