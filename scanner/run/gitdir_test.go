package run

import (
	"bytes"
	"compress/zlib"
	"context"
	"crypto/sha1"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"skleak/rules/provider"
	"skleak/scanner"
)

// gitPlaces is a repository with a key in each place of its git directory that is no object of its own.
type gitPlaces struct {
	*testing.T
	tree, git string
	keys      map[string]string // key → the path at which it is to be found
}

// key makes one that is to be found at a path in the git directory.
func (g *gitPlaces) key(path string) string {
	key := fmt.Sprintf("sk_%s_%s%07dQ", "live", "Zq8mKp3vWx7yTn2Rs4Bd", len(g.keys))
	g.keys[key] = path
	return key
}

func (g *gitPlaces) run(in string, args ...string) []byte {
	g.Helper()
	cmd := exec.Command("git", append([]string{"-c", "protocol.file.allow=always", "-c", "user.name=a", "-c", "user.email=a@example.com"}, args...)...)
	cmd.Dir = in
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
	out, err := cmd.Output()
	if err != nil {
		g.Fatalf("git %s: %v", strings.Join(args, " "), err)
	}
	return out
}

// write puts content into a file of the git directory.
func (g *gitPlaces) write(path string, content []byte) {
	g.Helper()
	path = filepath.Join(g.git, path)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		g.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o666); err != nil {
		g.Fatal(err)
	}
}

// commit makes a repository with one file, all packed, and returns its pack and idx.
func (g *gitPlaces) commit(at, content string) (pack, idx []byte) {
	g.Helper()
	if err := os.MkdirAll(at, 0o777); err != nil {
		g.Fatal(err)
	}
	g.run(at, "init", "-q")
	if err := os.WriteFile(filepath.Join(at, "file"), []byte(content), 0o666); err != nil {
		g.Fatal(err)
	}
	g.run(at, "add", ".")
	g.run(at, "commit", "-qm", "one")
	g.run(at, "repack", "-adq")
	files, err := filepath.Glob(filepath.Join(at, ".git/objects/pack/*.pack"))
	if err != nil || len(files) != 1 {
		g.Fatal(files, err)
	}
	if pack, err = os.ReadFile(files[0]); err == nil {
		idx, err = os.ReadFile(strings.TrimSuffix(files[0], ".pack") + ".idx")
	}
	if err != nil {
		g.Fatal(err)
	}
	return pack, idx
}

func deflated(text string) []byte {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return b.Bytes()
}

// texts plants keys in files that git writes, that other programs write, and that nobody knows.
func (g *gitPlaces) texts() {
	g.run(g.tree, "remote", "add", "origin", "https://x:"+g.key("config")+"@example.com/x.git")
	g.run(g.tree, "branch", "topic/"+g.key("refs/heads/topic/"))
	for _, path := range []string{
		"config.worktree", "hooks/pre-push", "COMMIT_EDITMSG", "MERGE_MSG", "SQUASH_MSG", "TAG_EDITMSG", "rebase-merge/message",
		"rebase-apply/0001", "sequencer/todo", "rr-cache/0123/preimage", "logs/HEAD", "logs/refs/heads/main", "lfs/objects/ab/cd/abcd",
		"annex/objects/x/y/k", "FETCH_HEAD", "ORIG_HEAD", "info/exclude", "info/attributes", "objects/info/alternates", "objects/pack/x.keep",
		"objects/pack/pack-x.promisor", "objects/ab/" + strings.Repeat("AB", 19), "worktrees/gone/COMMIT_EDITMSG", "worktrees/gone/logs/HEAD",
		"objects/pack/x.rev", "objects/pack/x.bitmap", "objects/pack/x.mtimes", "objects/pack/multi-pack-index",
		"objects/pack/multi-pack-index-x.rev", "objects/pack/multi-pack-index.d/x.midx", "objects/info/commit-graph",
		"BISECT_LOG", "description", "some/tool/state.json", "modules/lib/config.worktree", "modules/lib/logs/HEAD", "x.bundle.txt",
	} {
		g.write(path, []byte("# a line\n#\t"+g.key(path)+"\n"))
	}
	packed := fmt.Sprintf("# pack-refs with: peeled fully-peeled sorted \n%s refs/tags/%s\n",
		bytes.TrimSpace(g.run(g.tree, "rev-parse", "HEAD")), g.key("packed-refs"))
	g.write("packed-refs", []byte(packed))
}

// strays plants keys in objects that git does not look for, or not there.
func (g *gitPlaces) strays() {
	blob := func(path string) string {
		content := g.key(path) + "\n" + strings.Repeat("some text\n", 20)
		return fmt.Sprintf("blob %d\x00%s", len(content), content)
	}
	for _, path := range []string{"objects/ab/tmp_obj_x", "objects/tmp_obj_y", "objects/incoming-1/ab/" +
		strings.Repeat("cd", 19), "objects/tmp_objdir-incoming-2/cd/z", "objects.old/ab/" + strings.Repeat("ef", 19)} {
		g.write(path, deflated(blob(path)))
	}
	cut := deflated(blob("objects/ab/tmp_obj_cut"))
	g.write("objects/ab/tmp_obj_cut", cut[:len(cut)-6])
	for i, path := range []string{
		"objects/pack/foo.pack", "objects/pack/lost.pack", "objects/pack/tmp_pack_x", "objects/pack/.tmp-1-pack-x.pack",
		"objects/incoming-1/pack/tmp_pack_y", "objects/old.pack", "backup/pack-z.pack", "objects/pack/tmp_pack_cut",
	} {
		pack, idx := g.commit(filepath.Join(g.TempDir(), "other"), g.key("")+fmt.Sprint("\n", i))
		if strings.HasSuffix(path, "cut") {
			pack = pack[:len(pack)-25]
		}
		g.write(path, pack)
		if i == 0 {
			g.write("objects/pack/foo.idx", idx)
		}
	}
	id := sha1.Sum([]byte("blob 4\x00file"))
	g.write(fmt.Sprintf("objects/%x/%x", id[:1], id[1:]), deflated("blob 4\x00file"))
}

// repositories plants keys in what is left of submodules, and in a worktree of its own.
func (g *gitPlaces) repositories() {
	lib, top := filepath.Join(g.TempDir(), "lib"), g.run(g.tree, "rev-parse", "HEAD")
	g.commit(lib, g.key("modules/lib/file"))
	g.run(g.tree, "submodule", "--quiet", "add", lib, "lib")
	g.run(g.tree, "rm", "-rqf", "--cached", "lib")
	g.run(g.tree, "reset", "-q", "--hard", strings.TrimSpace(string(top)))
	if err := os.RemoveAll(filepath.Join(g.tree, "lib")); err != nil {
		g.Fatal(err)
	}
	g.commit(filepath.Join(g.git, "trees/x"), g.key("trees/x/file"))
}

// found runs a source, and returns for each key where it was found.
func (g *gitPlaces) found(source Source) (at map[string][]string, cov *scanner.Coverage) {
	g.Helper()
	var c scanner.Collector
	cov = &scanner.Coverage{}
	s := &Scan{Settings: &Settings{Rules: provider.Default()}, Coverage: cov, Found: &c, Stages: &Stages{}, Note: g.Logf}
	if err := source(context.Background(), s); err != nil {
		g.Fatal(err)
	}
	at = map[string][]string{}
	for _, l := range c.Leaks() {
		for _, f := range l.Findings {
			at[l.Key.Reveal()] = append(at[l.Key.Reveal()], string(f.Source)+" "+f.Path)
		}
	}
	return at, cov
}

// want tells of each key that is not found at its place, or is found at another one too.
func (g *gitPlaces) want(what string, source Source, inside string) {
	g.Helper()
	at, cov := g.found(source)
	for key, path := range g.keys {
		switch got := at[key]; {
		case len(got) == 0:
			g.Errorf("%s: the key in %q is not found", what, path)
		case path == "":
		case !slices.ContainsFunc(got, func(place string) bool { return strings.Contains(place, " "+inside+path) }):
			g.Errorf("%s: the key in %q is found at %q", what, path, got)
		case len(got) > 1 && !strings.HasPrefix(path, "trees/") && !strings.HasPrefix(path, "refs/"): // those have a file, and a log
			g.Errorf("%s: the key in %q is found more than once: %q", what, path, got)
		}
	}
	for _, u := range cov.UnreadableList() {
		if u.Reason != scanner.UnreadableRef && !strings.Contains(u.Place, "alternates") &&
			!strings.Contains(u.Place, "lost.pack") {
			g.Errorf("%s: %v", what, u)
		}
	}
}

// TestGitDirectory has keys wherever a git directory has room for them, and looks at it from all sides.
func TestGitDirectory(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip(err)
	}
	tree := filepath.Join(t.TempDir(), "tree")
	g := &gitPlaces{t, tree, filepath.Join(tree, ".git"), map[string]string{}}
	g.commit(tree, "nothing")
	g.repositories()
	linked := filepath.Join(t.TempDir(), "linked")
	g.run(tree, "worktree", "add", "-q", "--detach", linked)
	g.write("worktrees/linked/COMMIT_EDITMSG", []byte(g.key("worktrees/linked/COMMIT_EDITMSG")))
	g.texts()
	g.strays()

	g.want("scan", Audit(tree), ".git/")
	for what, path := range map[string]string{"git": tree, "the git directory": g.git, "a linked worktree": linked} {
		source, err := History(path, "", Options{})
		if err != nil {
			t.Fatal(err)
		}
		inside := ".git/"
		if path == g.git {
			inside = ""
		}
		g.want(what, source, inside)
	}
	if err := os.Rename(g.git, filepath.Join(tree, "bare.git")); err != nil {
		t.Fatal(err)
	}
	g.run(tree, "-C", "bare.git", "config", "core.bare", "true")
	g.want("a bare repository in a folder", Audit(tree), "bare.git/")
}

// TestTables has the tables that git makes of its objects, whose bytes are never taken for text.
func TestTables(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip(err)
	}
	tree := t.TempDir()
	g := &gitPlaces{t, tree, filepath.Join(tree, ".git"), map[string]string{}}
	g.commit(tree, "nothing")
	key := g.key("")
	for path, magic := range map[string]string{
		"objects/pack/x.rev": "RIDX", "objects/pack/x.bitmap": "BITM", "objects/pack/x.mtimes": "MTME",
		"objects/pack/multi-pack-index": "MIDX", "objects/info/commit-graph": "CGPH",
	} {
		g.write(path, []byte(magic+"\n"+key))
	}
	if at, _ := g.found(Audit(tree)); len(at) > 0 {
		t.Errorf("found: %v", at)
	}
	g.write("objects/pack/notes", []byte("RIDX\n"+key))
	g.write("objects/pack/y.rev", []byte("MIDX\n"+key))
	if at, _ := g.found(Audit(tree)); len(at[key]) != 2 {
		t.Errorf("found: %v", at)
	}
}

// TestEchoes has a key in a message, and one in a name, each of which git notes elsewhere too: it is told once.
func TestEchoes(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip(err)
	}
	tree := t.TempDir()
	g := &gitPlaces{t, tree, filepath.Join(tree, ".git"), map[string]string{}}
	message, name, gone := g.key(""), g.key(""), g.key("")
	g.commit(tree, "nothing")
	if err := os.WriteFile(filepath.Join(tree, name), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	g.run(tree, "add", ".")
	g.run(tree, "commit", "-qm", message)
	g.write("COMMIT_EDITMSG", []byte(message+" "+gone))
	at, _ := g.found(Audit(tree))
	for key, want := range map[string][]string{message: {"commit "}, gone: {"gitdir .git/COMMIT_EDITMSG"}} {
		if !slices.Equal(at[key], want) {
			t.Errorf("%q, want %q", at[key], want)
		}
	}
	if slices.ContainsFunc(at[name], func(place string) bool { return strings.HasPrefix(place, "gitdir") }) ||
		len(at[name]) == 0 {
		t.Errorf("%q", at[name])
	}
}

// TestDamagedModule has what is left of a submodule's repository, which cannot be opened as one: its objects are not
// passed over in silence.
func TestDamagedModule(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip(err)
	}
	tree := t.TempDir()
	g := &gitPlaces{t, tree, filepath.Join(tree, ".git"), map[string]string{}}
	g.commit(tree, "nothing")
	g.write("modules/lib/objects/ab/cd", nil)
	g.write("modules/lib/refs/heads/main", nil)
	g.write("modules/lib/config", []byte(g.key("modules/lib/config")))
	at, cov := g.found(Audit(tree))
	if list := cov.UnreadableList(); len(list) != 1 || list[0].Reason != scanner.UnreadableRepo ||
		list[0].Place != ".git/modules/lib" {
		t.Errorf("unreadable: %v", list)
	}
	if len(at) != 1 {
		t.Errorf("found: %v", at)
	}
}

// TestTableLog has a key in a message in the logs of a reftable.
func TestTableLog(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip(err)
	}
	tree := t.TempDir()
	g := &gitPlaces{t, tree, filepath.Join(tree, ".git"), map[string]string{}}
	g.commit(tree, "nothing")
	log := "refs/heads/main\x00\x01commit: " + g.key("reftable/log.ref")
	g.write("reftable/log.ref", slices.Concat([]byte("REFT\x01\x00\x10\x00...g...g\x00\x00"), []byte{byte(len(log) + 4)},
		deflated(log)))
	g.want("a log", Audit(tree), ".git/")
}
