package gitdir

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"skleak/scanner/git/oid"
)

// checkPlaces compares where we think the parts of a repository lie with what git says.
func checkPlaces(t *testing.T, path string) *Dir {
	t.Helper()
	d := mustOpen(t, path)
	want := filepath.FromSlash(git(t, path, "rev-parse", "--path-format=absolute", "--git-dir", "--git-common-dir"))
	if got := d.Git + "\n" + d.Common; got != want {
		t.Errorf("%s: git and common directories\n%s\nwant\n%s", path, got, want)
	}
	if root, err := tryGit(path, "rev-parse", "--show-toplevel"); err != nil {
		root = ""
		if d.Worktree != root {
			t.Errorf("%s: worktree %s, want none", path, d.Worktree)
		}
	} else if root = filepath.FromSlash(root); d.Worktree != root {
		t.Errorf("%s: worktree %s, want %s", path, d.Worktree, root)
	}
	return d
}

func TestOpenMain(t *testing.T) {
	repo := newRepo(t)
	d := checkPlaces(t, repo)
	if d.Format != oid.SHA1 || d.Partial() || d.Reftable {
		t.Errorf("plain repository opened as %+v", d)
	}
	for _, path := range []string{filepath.Join(repo, ".git")} {
		if d := mustOpen(t, path); d.Worktree != repo || d.Git != path {
			t.Errorf("Open(%s) = %+v", path, d)
		}
	}
}

func TestOpenBare(t *testing.T) {
	repo := newRepo(t)
	bare := filepath.Join(tempDir(t), "bare.git")
	git(t, repo, "clone", "-q", "--bare", ".", bare)
	checkPlaces(t, bare)
	git(t, bare, "update-ref", "--no-deref", "HEAD", "HEAD")
	checkPlaces(t, bare)

	// A folder that is not named .git is a repository only if all parts are there.
	write(t, filepath.Join(bare, "HEAD"), "no ref and no id\n")
	if _, err := Open(bare); !errors.Is(err, ErrNotRepository) {
		t.Errorf("bare repository without a HEAD: %v, want ErrNotRepository, as git has it", err)
	}
}

func TestOpenLinkedWorktree(t *testing.T) {
	repo := newRepo(t)
	other := filepath.Join(filepath.Dir(repo), "other tree")
	git(t, repo, "worktree", "add", "-q", other, "side/way")
	d := checkPlaces(t, other)
	if d.Git == d.Common {
		t.Error("a linked worktree has a git directory of its own")
	}
	if byGit := mustOpen(t, d.Git); byGit.Worktree != other {
		t.Errorf("opened by its git directory, the worktree is %q, want %q", byGit.Worktree, other)
	}
	if byFile := mustOpen(t, filepath.Join(other, ".git")); byFile.Git != d.Git {
		t.Errorf("opened by its .git file, the git directory is %q, want %q", byFile.Git, d.Git)
	}

	// The same with relative paths, as newer versions of git can write them.
	write(t, filepath.Join(other, ".git"), "gitdir: ../repo/.git/worktrees/"+filepath.Base(d.Git)+"\n")
	write(t, filepath.Join(d.Git, "gitdir"), "../../../../other tree/.git\n")
	checkPlaces(t, other)
	if byGit := mustOpen(t, d.Git); byGit.Worktree != other {
		t.Errorf("with relative paths, the worktree is %q, want %q", byGit.Worktree, other)
	}
}

func TestOpenWorktreeConfig(t *testing.T) {
	repo := newRepo(t)
	other := filepath.Join(filepath.Dir(repo), "other")
	git(t, repo, "worktree", "add", "-q", other, "side/way")
	git(t, repo, "config", "extensions.worktreeConfig", "true")
	git(t, other, "config", "--worktree", "core.ignoreCase", "true")
	if !checkPlaces(t, other).IgnoreCase() {
		t.Error("config.worktree was not read")
	}
	if checkPlaces(t, repo).IgnoreCase() {
		t.Error("config.worktree of another worktree was read")
	}

	// A bare repository with worktrees moves core.bare to its own config.worktree.
	git(t, repo, "config", "--unset", "core.bare")
	git(t, repo, "config", "--worktree", "core.bare", "true")
	if d := mustOpen(t, repo); d.Worktree != "" {
		t.Errorf("worktree of a bare repository is %q", d.Worktree)
	}
	checkPlaces(t, other)

	// In the shared file it holds for all of them, unless that extension is off.
	git(t, repo, "config", "--worktree", "--unset", "core.bare")
	git(t, repo, "config", "core.bare", "true")
	checkPlaces(t, other)
	git(t, repo, "config", "--unset", "extensions.worktreeConfig")
	checkPlaces(t, other)
}

func TestOpenSubmodule(t *testing.T) {
	inner, outer := newRepo(t), newRepo(t)
	git(t, outer, "submodule", "--quiet", "add", inner, "libs/inner")
	sub := filepath.Join(outer, "libs", "inner")
	d := checkPlaces(t, sub)
	if byGit := mustOpen(t, d.Git); byGit.Worktree != sub {
		t.Errorf("opened by its git directory, the worktree is %q, want %q", byGit.Worktree, sub)
	}

	// core.worktree must not make any other folder of the machine the worktree.
	git(t, d.Git, "config", "core.worktree", tempDir(t))
	if byGit := mustOpen(t, d.Git); byGit.Worktree != "" {
		t.Errorf("core.worktree was believed: %q", byGit.Worktree)
	}
	// And where it does not name this one, the .git file alone is no reason to follow it.
	if _, err := Open(sub); !errors.As(err, new(*OutsideError)) {
		t.Errorf("a git directory that knows nothing of the folder: %v, want an OutsideError", err)
	}
	for _, r := range []Reach{{Root: outer}, {Elsewhere: true}} {
		if byRoot := mustReach(t, r, sub); byRoot.Worktree != sub {
			t.Errorf("opened by its root with %+v, the worktree is %q, want %q", r, byRoot.Worktree, sub)
		}
	}
}

func TestOpenThroughLinks(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("symbolic links need rights there")
	}
	repo := newRepo(t)
	other := filepath.Join(filepath.Dir(repo), "other")
	git(t, repo, "worktree", "add", "-q", other, "side/way")
	real := mustOpen(t, other)
	write(t, filepath.Join(other, ".git"), "gitdir: ../repo/.git/worktrees/other\n")

	link := filepath.Join(tempDir(t), "link")
	if err := os.Symlink(other, link); err != nil {
		t.Fatal(err)
	}
	d := mustOpen(t, link)
	if d.Git != real.Git || d.Common != real.Common || d.Worktree != link {
		t.Errorf("opened through a link: %+v, want the places of %+v", d, real)
	}

	// .git itself may be a link, and commondir then starts from where it leads.
	linked := tempDir(t)
	if err := os.Symlink(real.Git, filepath.Join(linked, ".git")); err != nil {
		t.Fatal(err)
	}
	if d := mustReach(t, Reach{Elsewhere: true}, linked); d.Common != real.Common {
		t.Errorf("through a linked .git, the common directory is %s, want %s", d.Common, real.Common)
	}
}

func TestDiscover(t *testing.T) {
	repo := newRepo(t)
	deep := filepath.Join(repo, "x", "y")
	write(t, filepath.Join(deep, "file"), "")
	if err := os.Mkdir(filepath.Join(repo, "x", ".git"), 0o777); err != nil { // empty: none, for git too
		t.Fatal(err)
	}
	for _, path := range []string{repo, deep, filepath.Join(deep, "file"), filepath.Join(repo, ".git", "refs", "heads")} {
		d, err := Discover(path)
		if err != nil || d.Git != filepath.Join(repo, ".git") {
			t.Errorf("Discover(%s) = %+v, %v", path, d, err)
		}
	}
	if _, err := Open(deep); !errors.Is(err, ErrNotRepository) {
		t.Errorf("Open does not look in parents, but returned %v", err)
	}
}

func TestNotRepository(t *testing.T) {
	plain := tempDir(t)
	write(t, filepath.Join(plain, "objects", "x"), "")
	for _, open := range []func(string) (*Dir, error){Open, Discover} {
		if _, err := open(plain); !errors.Is(err, ErrNotRepository) {
			t.Errorf("plain folder: %v, want ErrNotRepository", err)
		}
		if _, err := open(filepath.Join(plain, "absent")); err == nil || errors.Is(err, ErrNotRepository) {
			t.Errorf("absent folder: %v, want that it is absent", err)
		}
	}
}

// A repository that cannot be read must not pass for a plain folder.
func TestBrokenRepository(t *testing.T) {
	for name, broken := range map[string]struct {
		damage func(repo string)
		want   string
	}{
		"rubbish in .git":     {func(r string) { replaceDotGit(t, r, "hello\n") }, "a .git file must hold"},
		"empty path in .git":  {func(r string) { replaceDotGit(t, r, "gitdir: \n") }, "a .git file must hold"},
		"dangling .git":       {func(r string) { replaceDotGit(t, r, "gitdir: /nowhere/at/all\n") }, "worktree repair"},
		"huge .git":           {func(r string) { replaceDotGit(t, r, "gitdir: "+strings.Repeat("x", 1<<20)) }, "larger than"},
		"dangling commondir":  {func(r string) { write(t, filepath.Join(r, ".git", "commondir"), "../nowhere\n") }, "no folder"},
		"unknown format":      {func(r string) { appendConfig(t, r, "[extensions]\nobjectFormat = md5\n") }, `"md5" is not known`},
		"unreadable format":   {func(r string) { appendConfig(t, r, "[extensions]\nobjectFormat = \"sha256\n") }, "stays unknown"},
		"later version":       {func(r string) { appendConfig(t, r, "[core]\nrepositoryformatversion = 2\n") }, "version 2"},
		"config is a folder":  {func(r string) { replaceConfig(t, r) }, "not a regular file"},
		"config is very long": {func(r string) { appendConfig(t, r, strings.Repeat("# \n", configLimit)) }, "larger than"},
	} {
		t.Run(name, func(t *testing.T) {
			repo := newRepo(t)
			broken.damage(repo)
			_, err := Open(repo)
			if err == nil || errors.Is(err, ErrNotRepository) || !strings.Contains(err.Error(), broken.want) {
				t.Errorf("error %v, want one with %q", err, broken.want)
			}
		})
	}
}

func replaceDotGit(t *testing.T, repo, text string) {
	if err := os.RemoveAll(filepath.Join(repo, ".git")); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(repo, ".git"), text)
}

func replaceConfig(t *testing.T, repo string) {
	path := filepath.Join(repo, ".git", "config")
	if err := errors.Join(os.Remove(path), os.Mkdir(path, 0o777)); err != nil {
		t.Fatal(err)
	}
}

func appendConfig(t *testing.T, repo, text string) {
	t.Helper()
	path := filepath.Join(repo, ".git", "config")
	old, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, string(old)+text)
}

// Git refuses these; their objects can be read all the same.
func TestDamagedRepositoryOpens(t *testing.T) {
	repo := newRepo(t)
	write(t, filepath.Join(repo, ".git", "HEAD"), "")
	if _, err := tryGit(repo, "rev-parse", "--git-dir"); err == nil {
		t.Fatal("git opens a repository with an empty HEAD")
	}
	d := mustOpen(t, repo)
	_, noted := d.Refs()
	if len(noted) != 1 || noted[0].Place != "HEAD" {
		t.Errorf("problems %v, want one of HEAD", noted)
	}
}

func TestExtensions(t *testing.T) {
	repo := newRepo(t)
	appendConfig(t, repo, "[core]\nrepositoryformatversion = 1\n[extensions]\nnoop = x\npreciousObjects = true\n"+
		"relativeWorktrees = true\nsubmodulePathConfig = true\ncompatObjectFormat = sha256\npartialClone = origin\n")
	if d := mustOpen(t, repo); !d.Partial() {
		t.Error("extensions.partialClone was not seen")
	}
	appendConfig(t, repo, "[extensions]\nquantumRefs = true\nrefStorage = reftable\n")
	d, err := Open(repo)
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Problems) != 1 || !strings.Contains(d.Problems[0].Detail, "quantumrefs") || !d.Reftable {
		t.Errorf("opened as %+v, want the unknown extension as a problem", d)
	}
}

func TestPartialClone(t *testing.T) {
	repo := newRepo(t)
	git(t, repo, "config", "uploadpack.allowFilter", "true")
	clone := filepath.Join(tempDir(t), "clone")
	git(t, repo, "clone", "-q", "--filter=blob:none", "file://"+repo, clone)
	if !mustOpen(t, clone).Partial() {
		t.Error("a partial clone was not recognised")
	}
	// Its packs still tell when its configuration is lost.
	if err := os.Remove(filepath.Join(clone, ".git", "config")); err != nil {
		t.Fatal(err)
	}
	if !mustOpen(t, clone).Partial() {
		t.Error("a partial clone was not recognised by its packs")
	}
	if mustOpen(t, repo).Partial() {
		t.Error("a whole repository passes for a partial clone")
	}
}
