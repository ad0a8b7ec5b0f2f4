package gitdir

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// linkTo puts a symbolic link in the place of whatever is there.
func linkTo(t *testing.T, target, path string) {
	t.Helper()
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, path); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
}

// TestWaysOut goes through all by which a repository can lead out of itself. There is another repository outside, and
// what lies there is in none of the answers, until it is asked for.
func TestWaysOut(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("symbolic links need rights there")
	}
	outside := newRepo(t)
	git(t, outside, "branch", "of-others")
	git(t, outside, "pack-refs", "--all")
	git(t, outside, "branch", "loose-of-others")
	out := filepath.Join(outside, ".git")
	model := newRepo(t)
	for name, lead := range map[string]func(repo, git string){
		".git file":          func(repo, _ string) { replaceDotGit(t, repo, "gitdir: "+out+"\n") },
		"relative .git file": func(repo, _ string) { replaceDotGit(t, repo, "gitdir: "+relative(t, repo, out)+"\n") },
		"linked .git":        func(repo, git string) { linkTo(t, out, git) },
		"linked relative .git": func(repo, git string) {
			linkTo(t, relative(t, repo, out), git)
		},
		"commondir":      func(_, git string) { write(t, filepath.Join(git, "commondir"), out+"\n") },
		"linked objects": func(_, git string) { linkTo(t, out+"/objects", git+"/objects") },
		"alternates":     func(_, git string) { write(t, git+"/objects/info/alternates", out+"/objects\n") },
		"relative alternates": func(_, git string) {
			write(t, git+"/objects/info/alternates", relative(t, git+"/objects", out+"/objects")+"\n")
		},
		"quoted alternates": func(_, git string) { write(t, git+"/objects/info/alternates", `"`+out+`/objects"`+"\n") },
		"linked alternates": func(_, git string) {
			write(t, outside+"/list", out+"/objects\n")
			linkTo(t, outside+"/list", git+"/objects/info/alternates")
		},
		"alternates through a link": func(_, git string) {
			linkTo(t, out, git+"/side")
			write(t, git+"/objects/info/alternates", git+"/side/objects\n")
		},
		"alternates to the root": func(_, git string) { write(t, git+"/objects/info/alternates", "/\n") },
		"linked refs":            func(_, git string) { linkTo(t, out+"/refs", git+"/refs") },
		"linked ref":             func(_, git string) { linkTo(t, out+"/refs/heads/loose-of-others", git+"/refs/heads/linked") },
		"linked HEAD":            func(_, git string) { linkTo(t, out+"/refs/heads/loose-of-others", git+"/HEAD") },
		"linked packed-refs":     func(_, git string) { linkTo(t, out+"/packed-refs", git+"/packed-refs") },
		"linked config":          func(_, git string) { linkTo(t, out+"/config", git+"/config") },
		"link to a link": func(_, git string) {
			linkTo(t, out+"/objects", git+"/first")
			linkTo(t, "first", git+"/objects")
		},
		"linked worktrees": func(_, git string) { linkTo(t, out+"/worktrees", git+"/worktrees") },
	} {
		t.Run(name, func(t *testing.T) {
			if name == "linked worktrees" {
				write(t, out+"/worktrees/theirs/HEAD", strings.Repeat("1", 40)+"\n")
			}
			repo := filepath.Join(tempDir(t), "repo")
			if err := os.CopyFS(repo, os.DirFS(model)); err != nil {
				t.Fatal(err)
			}
			lead(repo, filepath.Join(repo, ".git"))
			said, seen := ways(t, Reach{}, repo, outside)
			if !said || seen != "" {
				t.Errorf("it was said that it leads outside: %v; of what lies there was read: %q", said, seen)
			}
			if said, _ := ways(t, everywhere, repo, outside); said {
				t.Error("it was not followed where that was asked for")
			}
			if said, _ := ways(t, Reach{Root: filepath.Dir(outside)}, repo, outside); said && name != "alternates to the root" {
				t.Error("it was not followed to what is scanned anyway")
			}
		})
	}
}

func relative(t *testing.T, from, to string) string {
	t.Helper()
	path, err := filepath.Rel(from, to)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// ways opens a repository and asks it for everything. It returns whether something was said to lead outside, and what
// of the answers comes from there.
func ways(t *testing.T, r Reach, repo, outside string) (said bool, seen string) {
	t.Helper()
	d, err := r.Open(repo)
	if err != nil {
		return errors.As(err, new(*OutsideError)), ""
	}
	refs, problems := d.Refs()
	dirs, more := d.ObjectDirs()
	for _, p := range append(append(problems, more...), d.Problems...) {
		said = said || p.Outside
	}
	for _, place := range append(dirs, d.Git, d.Common) {
		if strings.HasPrefix(place, outside) {
			seen = place
		}
	}
	for _, ref := range refs {
		if strings.Contains(ref.Name, "others") || strings.Contains(ref.Name, "theirs") || ref.Name == "refs/heads/linked" {
			seen = ref.Name
		}
	}
	return said, seen
}

// TestInnerWays: what leads nowhere else is followed, however it is written.
func TestInnerWays(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("symbolic links need rights there")
	}
	repo := newRepo(t)
	git := filepath.Join(repo, ".git")
	for name, target := range map[string]string{"objects": "store", "refs": repo + "/.git/names", "packed-refs": "../packed"} {
		if err := os.Rename(filepath.Join(git, name), filepath.Join(git, filepath.Base(target))); err != nil && name != "packed-refs" {
			t.Fatal(err)
		}
		linkTo(t, target, filepath.Join(git, name))
	}
	write(t, filepath.Join(repo, "packed"), strings.Repeat("2", 40)+" refs/heads/packed\n")
	alternate(t, filepath.Join(git, "store"), "../../more\n")
	store(t, filepath.Join(repo, "more"))
	link := filepath.Join(tempDir(t), "link")
	linkTo(t, repo, link)
	for _, path := range []string{repo, link, git} {
		d := mustOpen(t, path)
		refs, problems := d.Refs()
		dirs, more := d.ObjectDirs()
		inTree := path != git // else only the git directory was asked for
		if wantDirs := 1 + truth(inTree); len(dirs) != wantDirs || (len(problems)+len(more) == 0) != inTree {
			t.Errorf("%s: objects in %q, want %d places; problems %v %v", path, dirs, wantDirs, problems, more)
		}
		if wantRefs := 5 + truth(inTree); len(refs) != wantRefs {
			t.Errorf("%s: refs %v, want %d", path, refs, wantRefs)
		}
	}
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

// TestLinkLoops: links that lead to each other end, and are told.
func TestLinkLoops(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("symbolic links need rights there")
	}
	for _, name := range []string{"objects", "refs", "refs/heads/loop", "packed-refs", "worktrees"} {
		repo := newRepo(t)
		path := filepath.Join(repo, ".git", filepath.FromSlash(name))
		linkTo(t, filepath.Base(path)+"2", path)
		linkTo(t, filepath.Base(path), path+"2")
		d, err := Open(repo)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		_, problems := d.Refs()
		_, more := d.ObjectDirs()
		if len(problems)+len(more) == 0 {
			t.Errorf("%s: a loop of links was not told", name)
		}
	}
}

// TestMutualWays: a git directory elsewhere that names the folder is its own, as in linked worktrees and submodules.
// One that names another is not, whatever the folder says.
func TestMutualWays(t *testing.T) {
	repo := newRepo(t)
	tree := filepath.Join(tempDir(t), "tree")
	git(t, repo, "worktree", "add", "-q", tree, "side/way")
	copied := tempDir(t)
	dotGit, err := os.ReadFile(filepath.Join(tree, ".git"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(copied, ".git"), string(dotGit))
	mustOpen(t, tree)
	if _, err := Open(copied); !errors.As(err, new(*OutsideError)) {
		t.Errorf("a copy of a .git file: %v, want an OutsideError", err)
	}
	if _, err := Discover(filepath.Join(copied)); !errors.As(err, new(*OutsideError)) {
		t.Errorf("a copy of a .git file, discovered: %v, want an OutsideError", err)
	}

	super := newRepo(t)
	git(t, super, "submodule", "--quiet", "add", repo, "libs/inner")
	sub := filepath.Join(super, "libs", "inner")
	mustOpen(t, sub)
	stolen := tempDir(t)
	write(t, filepath.Join(stolen, ".git"), "gitdir: "+filepath.ToSlash(super)+"/.git/modules/libs/inner\n")
	if _, err := Open(stolen); !errors.As(err, new(*OutsideError)) {
		t.Errorf("the git directory of another folder's submodule: %v, want an OutsideError", err)
	}

	// Without a word in either direction, as with --separate-git-dir: until the git directory names the folder.
	apart := filepath.Join(tempDir(t), "apart")
	git(t, "", "init", "-q", "--separate-git-dir", apart+".git", apart)
	if _, err := Open(apart); !errors.As(err, new(*OutsideError)) {
		t.Errorf("a separate git directory: %v, want an OutsideError", err)
	}
	git(t, apart, "config", "core.worktree", apart)
	if d := mustOpen(t, apart); d.Git != apart+".git" {
		t.Errorf("the separate git directory is %s", d.Git)
	}
}

// TestRepositoryOfOthersAbove: what lies in somebody else's folder does not become part of that one's repository
// unasked.
func TestRepositoryOfOthersAbove(t *testing.T) {
	if os.Geteuid() != 0 || runtime.GOOS == "windows" {
		t.Skip("only the superuser can give files away")
	}
	const me, other, third = 0, 12345, 12346
	for _, c := range []struct {
		above, below int
		want         bool
	}{{me, other, true}, {other, other, true}, {other, me, false}, {other, third, false}} {
		repo := newRepo(t)
		mine := filepath.Join(repo, "mine")
		write(t, filepath.Join(mine, "a.txt"), "")
		if err := errors.Join(os.Chown(repo, c.above, 0), os.Chown(mine, c.below, 0)); err != nil {
			t.Fatal(err)
		}
		_, err := Discover(mine)
		if (err == nil) != c.want || errors.Is(err, ErrNotRepository) {
			t.Errorf("a folder of %d in a repository of %d: error %v, want it opened: %v", c.below, c.above, err, c.want)
		}
		if _, err := Discover(repo); err != nil {
			t.Errorf("asked for by name: %v", err)
		}
	}
}
