package gitdir

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"skleak/scanner/git/oid"
)

// checkRefs compares what we see under refs/ with git, and checks each of them by Resolve too.
func checkRefs(t *testing.T, path string) []Ref {
	t.Helper()
	d := mustOpen(t, path)
	refs, noted := d.Refs()
	if len(noted) > 0 {
		t.Errorf("%s: problems %v", path, noted)
	}
	var got []string
	for _, ref := range refs {
		if strings.HasPrefix(ref.Name, "refs/") {
			got = append(got, fmt.Sprintf("%s %s %s", ref.Name, ref.ID.Hex(d.Format), ref.Symbolic))
		}
		if id, err := d.Resolve(ref.Name); err != nil || id != ref.ID && ref.Name != "FETCH_HEAD" && ref.Name != "MERGE_HEAD" {
			t.Errorf("%s: Resolve(%q) = %s, %v, want %s", path, ref.Name, id.Hex(d.Format), err, ref.ID.Hex(d.Format))
		}
	}
	want := strings.Split(git(t, path, "for-each-ref", "--format=%(refname) %(objectname) %(symref)"), "\n")
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s: refs\n%s\nwant\n%s", path, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if !slices.IsSortedFunc(refs, func(a, b Ref) int { return strings.Compare(a.Name, b.Name) }) {
		t.Errorf("%s: refs are not sorted", path)
	}
	return refs
}

func checkHead(t *testing.T, path string) {
	t.Helper()
	d := mustOpen(t, path)
	head, ok := d.Head()
	want := git(t, path, "rev-parse", "HEAD")
	if !ok || head.ID.Hex(d.Format) != want {
		t.Errorf("%s: Head() = %v, %v, want %s", path, head, ok, want)
	}
	symbolic, _ := tryGit(path, "symbolic-ref", "-q", "HEAD")
	if head.Symbolic != symbolic {
		t.Errorf("%s: HEAD stands for %q, want %q", path, head.Symbolic, symbolic)
	}
}

func TestRefs(t *testing.T) {
	for _, format := range []string{"sha1", "sha256"} {
		t.Run(format, func(t *testing.T) {
			repo := newRepo(t, "--object-format="+format)
			git(t, repo, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/heads/side/way")
			git(t, repo, "symbolic-ref", "refs/heads/alias", "refs/remotes/origin/HEAD")
			git(t, repo, "update-ref", "refs/heads/sk_live-ü@x", "HEAD")
			git(t, repo, "notes", "add", "-m", "note")
			checkRefs(t, repo)
			git(t, repo, "pack-refs", "--all", "--no-prune")
			checkRefs(t, repo)
			git(t, repo, "commit", "-q", "--allow-empty", "-m", "loose hides packed")
			git(t, repo, "pack-refs", "--prune") // tags only
			git(t, repo, "branch", "-q", "aaa-loose-between")
			checkRefs(t, repo)
			git(t, repo, "pack-refs", "--all")
			checkRefs(t, repo)
			checkHead(t, repo)
		})
	}
}

func TestHeadStates(t *testing.T) {
	repo := newRepo(t)
	checkHead(t, repo)
	git(t, repo, "checkout", "-q", "--detach")
	checkHead(t, repo)
	git(t, repo, "checkout", "-q", "--orphan", "unborn")
	d := mustOpen(t, repo)
	if head, ok := d.Head(); ok || head.Symbolic != "refs/heads/unborn" {
		t.Errorf("unborn: Head() = %+v, %v", head, ok)
	}
	for _, ref := range checkRefs(t, repo) {
		if ref.Name == "HEAD" {
			t.Errorf("HEAD of an unborn branch is listed: %+v", ref)
		}
	}
	if _, err := d.Resolve("HEAD"); !errors.Is(err, ErrRefNotFound) {
		t.Errorf("Resolve(HEAD) of an unborn branch: %v", err)
	}
}

func TestRefsOfEmptyRepository(t *testing.T) {
	repo := filepath.Join(tempDir(t), "new")
	git(t, "", "init", "-q", repo)
	if refs, noted := mustOpen(t, repo).Refs(); len(refs)+len(noted) > 0 {
		t.Errorf("refs %v, problems %v of an empty repository", refs, noted)
	}
}

func TestRefsOfWorktrees(t *testing.T) {
	repo := newRepo(t)
	other := filepath.Join(filepath.Dir(repo), "other")
	git(t, repo, "worktree", "add", "-q", "--detach", other, "HEAD~")
	git(t, other, "update-ref", "refs/bisect/bad", "HEAD")
	git(t, other, "update-ref", "refs/worktree/mine", "HEAD")
	git(t, other, "symbolic-ref", "refs/worktree/alias", "refs/worktree/mine")
	git(t, repo, "update-ref", "refs/worktree/mine", "HEAD")
	git(t, repo, "update-ref", "ORIG_HEAD", "HEAD")

	fromMain, fromOther := checkRefs(t, repo), checkRefs(t, other)
	checkHead(t, repo)
	checkHead(t, other)
	for _, c := range []struct {
		from  string
		refs  []Ref
		names []string
	}{
		{repo, fromMain, []string{"HEAD", "ORIG_HEAD", "worktrees/other/HEAD", "worktrees/other/refs/bisect/bad",
			"worktrees/other/refs/worktree/alias", "worktrees/other/refs/worktree/mine", "refs/worktree/mine"}},
		{other, fromOther, []string{"HEAD", "main-worktree/HEAD", "main-worktree/ORIG_HEAD", "main-worktree/refs/worktree/mine"}},
	} {
		for _, name := range c.names {
			i := slices.IndexFunc(c.refs, func(r Ref) bool { return r.Name == name })
			if i < 0 {
				t.Errorf("from %s: %s is not there", c.from, name)
			} else if want := mustID(t, git(t, c.from, "rev-parse", strings.Replace(name, "alias", "mine", 1))); c.refs[i].ID != want {
				// Seen from the main worktree, git takes what the alias there names for its own. In its
				// worktree, where it is used, it is the one beside it, and so it is here.
				t.Errorf("from %s: %s is %v, want %v", c.from, name, c.refs[i].ID, want)
			}
		}
	}
	if slices.ContainsFunc(fromOther, func(r Ref) bool { return strings.HasPrefix(r.Name, "worktrees/other/") }) {
		t.Error("a worktree lists its own refs again as another's")
	}
}

// Operations under way keep ids in files beside HEAD, some of them several in one file.
func TestPseudoRefs(t *testing.T) {
	repo := newRepo(t)
	ids := strings.Fields(git(t, repo, "rev-parse", "HEAD", "HEAD~", "HEAD^{tree}"))
	clone := filepath.Join(tempDir(t), "clone")
	git(t, repo, "clone", "-q", ".", clone)
	git(t, clone, "fetch", "-q", "origin", "main", "side/way", "tag", "v1")
	gitDir := filepath.Join(clone, ".git")
	write(t, filepath.Join(gitDir, "MERGE_HEAD"), ids[0]+"\n"+ids[1]+"\n")
	write(t, filepath.Join(gitDir, "CHERRY_PICK_HEAD"), ids[1]+"\n")
	write(t, filepath.Join(gitDir, "AUTO_MERGE"), ids[2]+"\n")
	write(t, filepath.Join(gitDir, "COMMIT_EDITMSG"), "no ref\n")
	write(t, filepath.Join(gitDir, "Some_HEAD"), "no ref\n")

	found := map[string][]oid.ID{}
	for _, ref := range checkRefs(t, clone) {
		found[ref.Name] = append(found[ref.Name], ref.ID)
	}
	one, two, tree := mustID(t, ids[0]), mustID(t, ids[1]), mustID(t, ids[2])
	for name, want := range map[string][]oid.ID{
		"MERGE_HEAD": {one, two}, "CHERRY_PICK_HEAD": {two}, "AUTO_MERGE": {tree},
		"FETCH_HEAD": {one, two, mustID(t, git(t, repo, "rev-parse", "v1"))},
	} {
		if !slices.Equal(found[name], want) {
			t.Errorf("%s is %v, want %v", name, found[name], want)
		}
	}
}

func TestBrokenRefs(t *testing.T) {
	repo := newRepo(t)
	gitDir := filepath.Join(repo, ".git")
	id := git(t, repo, "rev-parse", "HEAD")
	secret := "not to be quoted"
	for name, text := range map[string]string{
		"empty": "", "text": secret, "short": id[:39], "joined": id + "x", "null": strings.Repeat("0", 40) + "\n",
		"outside": "ref: ../../" + secret, "absolute": "ref: /etc/passwd", "upwards": "ref: refs/heads/../../config",
		"loop-a": "ref: refs/heads/loop-b", "loop-b": "ref: refs/heads/loop-a", "self": "ref: refs/heads/self",
		"huge": strings.Repeat(" ", 1<<20),
	} {
		write(t, filepath.Join(gitDir, "refs", "heads", "broken", name), strings.ReplaceAll(text, "heads/loop", "heads/broken/loop"))
	}
	write(t, filepath.Join(gitDir, "refs", "heads", "broken", "self"), "ref: refs/heads/broken/self")
	write(t, filepath.Join(gitDir, "FETCH_HEAD"), id+"\t\tbranch\n"+secret+"\n"+id+"joined\n")
	write(t, filepath.Join(gitDir, "refs", "heads", "half.lock"), "")
	write(t, filepath.Join(gitDir, "refs", "heads", ".hidden"), "")
	write(t, filepath.Join(gitDir, "refs", "heads", "dangling"), "ref: refs/heads/absent\n")

	d := mustOpen(t, repo)
	refs, noted := d.Refs()
	var places []string
	for _, p := range noted {
		places = append(places, strings.TrimPrefix(p.Place, "refs/heads/broken/"))
		if strings.Contains(p.Detail, secret) {
			t.Errorf("%v quotes the content of a file", p)
		}
	}
	slices.Sort(places)
	want := []string{"FETCH_HEAD", "FETCH_HEAD", "absolute", "empty", "huge", "joined", "loop-a", "loop-b", "null", "outside", "self", "short", "text", "upwards"}
	if !slices.Equal(places, want) {
		t.Errorf("problems of %v, want of %v", places, want)
	}
	for _, name := range []string{"HEAD", "refs/heads/main", "refs/tags/v1"} {
		if !slices.ContainsFunc(refs, func(r Ref) bool { return r.Name == name }) {
			t.Errorf("%s is lost to broken refs beside it", name)
		}
	}
	for _, name := range []string{"broken/text", "broken/self", "broken/null"} {
		if _, err := d.Resolve(name); err == nil || errors.Is(err, ErrRefNotFound) {
			t.Errorf("Resolve(%s): %v, want what is wrong with it", name, err)
		}
	}
}

// A chain of symbolic refs may be as long as git allows, and no longer.
func TestSymbolicDepth(t *testing.T) {
	repo := newRepo(t)
	target := "refs/heads/main"
	for i := range 8 {
		name := fmt.Sprintf("refs/heads/s%d", i)
		write(t, filepath.Join(repo, ".git", name), "ref: "+target+"\n")
		target = name
	}
	refs, _ := mustOpen(t, repo).Refs()
	for i := range 8 {
		name := fmt.Sprintf("refs/heads/s%d", i)
		_, err := tryGit(repo, "rev-parse", "--verify", name)
		ours := slices.ContainsFunc(refs, func(r Ref) bool { return r.Name == name })
		if ours != (err == nil) {
			t.Errorf("%s: resolved is %v, git says %v", name, ours, err)
		}
	}
}

func TestSymbolicLinks(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("symbolic links need rights there")
	}
	repo := newRepo(t)
	heads := filepath.Join(repo, ".git", "refs", "heads")
	for name, target := range map[string]string{"old-style": "refs/heads/main", "relative": "main", "cycle": "."} {
		if err := os.Symlink(target, filepath.Join(heads, name)); err != nil {
			t.Fatal(err)
		}
	}
	refs, noted := mustOpen(t, repo).Refs()
	var names []string
	for _, ref := range refs {
		names = append(names, ref.Name)
	}
	for _, name := range []string{"refs/heads/old-style", "refs/heads/relative"} {
		if !slices.Contains(names, name) {
			t.Errorf("%s is not there: %v", name, names)
		}
	}
	if len(noted) != 1 || noted[0].Place != "refs/heads/cycle" {
		t.Errorf("problems %v, want one of the linked folder", noted)
	}
}

func TestPackedRefsBroken(t *testing.T) {
	repo := newRepo(t)
	id := git(t, repo, "rev-parse", "HEAD")
	write(t, filepath.Join(repo, ".git", "packed-refs"), "# a comment\n"+
		id+" refs/heads/z-unsorted\n^"+id+"\n"+
		id+" refs/heads/windows\r\n"+
		"^rubbish\nrubbish\n"+id+"\n^"+id+"\n"+id[:30]+" refs/heads/short\n\n"+
		id+" refs/heads/"+strings.Repeat("long", 1<<16)+"\n"+
		id+" refs/heads/a\n"+id+" refs/heads/last-without-newline")
	d := mustOpen(t, repo)
	refs, noted := d.Refs()
	var lines []string
	for _, p := range noted {
		lines = append(lines, p.Detail)
	}
	want := []string{"line 5 is broken", "line 6 is broken", "line 7 is broken", "line 8 is broken", "line 9 is broken", "line 11 is too long"}
	if !slices.Equal(lines, want) {
		t.Errorf("problems %q, want %q", lines, want)
	}
	var names []string
	for _, ref := range refs {
		if strings.HasPrefix(ref.Name, "refs/heads/") {
			names = append(names, strings.TrimPrefix(ref.Name, "refs/heads/"))
		}
	}
	if want := []string{"a", "last-without-newline", "main", "side/way", "windows", "z-unsorted"}; !slices.Equal(names, want) {
		t.Errorf("branches %v, want %v", names, want)
	}
	if got, err := d.Resolve("last-without-newline"); err != nil || got != mustID(t, id) {
		t.Errorf("Resolve of the last line: %v, %v", got, err)
	}
}

func TestManyProblems(t *testing.T) {
	repo := newRepo(t)
	write(t, filepath.Join(repo, ".git", "packed-refs"), strings.Repeat("rubbish\n", problemsShown+5))
	_, noted := mustOpen(t, repo).Refs()
	if len(noted) != problemsShown+1 || noted[problemsShown].Detail != "and 5 more" {
		t.Errorf("%d problems, the last is %v", len(noted), noted[len(noted)-1])
	}
}

func TestResolve(t *testing.T) {
	repo := newRepo(t)
	clone := filepath.Join(tempDir(t), "clone")
	git(t, repo, "clone", "-q", ".", clone)
	git(t, clone, "tag", "both", "HEAD~")
	git(t, clone, "branch", "-q", "both", "HEAD")
	git(t, clone, "pack-refs", "--all")
	d := mustOpen(t, clone)
	full := git(t, clone, "rev-parse", "HEAD~")
	for _, name := range []string{"HEAD", "@", "main", "heads/main", "refs/heads/main", "light", "tags/v1", "v1", "both",
		"heads/both", "origin", "origin/side/way", "remotes/origin/HEAD", full, strings.ToUpper(full)} {
		got, err := d.Resolve(name)
		if want := git(t, clone, "rev-parse", name); err != nil || got.Hex(d.Format) != want {
			t.Errorf("Resolve(%q) = %s, %v, want %s", name, got.Hex(d.Format), err, want)
		}
	}
	for _, name := range []string{"", "absent", "config", "../config", "refs/heads/../../HEAD", "refs/heads", "refs/heads/",
		"heads/main/x", "/etc/passwd", "a\x00b", strings.Repeat("x", 300), strings.Repeat("x/", 1<<16), full[:39]} {
		if got, err := d.Resolve(name); err == nil {
			t.Errorf("Resolve(%.40q) = %v, want an error", name, got)
		}
	}
}

func BenchmarkPackedRefs(b *testing.B) {
	repo := newRepo(b)
	id := git(b, repo, "rev-parse", "HEAD")
	var packed strings.Builder
	packed.WriteString("# pack-refs with: peeled fully-peeled sorted \n")
	for i := range 100_000 {
		fmt.Fprintf(&packed, "%s refs/pull/%07d/head\n", id, i)
	}
	write(b, filepath.Join(repo, ".git", "packed-refs"), packed.String())
	d := mustOpen(b, repo)
	b.SetBytes(int64(packed.Len()))
	b.ReportAllocs()
	for b.Loop() {
		if refs, noted := d.Refs(); len(refs) < 100_000 || len(noted) > 0 {
			b.Fatalf("%d refs, problems %v", len(refs), noted)
		}
	}
}
