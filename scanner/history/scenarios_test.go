package history

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"skleak/rules"
)

// scenario is one way for a key to get into a repository. All scenarios share one repository, in which each has keys,
// refs and paths of its own; so each way to store a repository has to be made once only.
type scenario struct {
	name  string
	tell  func(s *story)             // what can be told as commits
	after func(t testing.TB, b *box) // what takes the git program; the working tree is that of main
	want  map[string][]string        // by key: its findings, as result.lines writes them
}

// box is the repository of all scenarios.
type box struct {
	dir     string
	format  string            // sha1 or sha256
	commits map[string]string // by label
	names   map[string]string // of ids in findings
	wanted  map[string]bool   // keys

	described map[string]string // by id of a commit or tag: "author|e-mail|date|summary"
}

// name gives an id a name for findings.
func (b *box) name(id, name string) string {
	b.names[id] = name
	return id
}

// onMain appends a commit to main.
func (s *story) onMain(label string, files ...change) {
	c := step{label: label, ref: "refs/heads/main", files: files}
	if s.last != "" {
		c.parents = []string{s.last}
	}
	s.add(c)
	s.last = label
}

// on appends a commit to a branch.
func (s *story) on(branch, label string, parents []string, files ...change) {
	s.add(step{label: label, ref: "refs/heads/" + branch, parents: parents, files: files})
}

// assign is a line of a configuration file with a key in it, at column 9.
func assign(key string) string { return "API_KEY=" + keyNamed(key) + "\n" }

// prose is text without keys, the same for the same seed.
func prose(seed uint64, lines int) string {
	r := rand.New(rand.NewPCG(seed, 1))
	var b strings.Builder
	for range lines {
		fmt.Fprintf(&b, "line %x of %x\n", r.Uint64(), seed)
	}
	return b.String()
}

func from(labels ...string) []string { return labels }

// noCommit is a key that stands in a blob and in no tree.
var noCommit = []string{"history 1:9"}

const (
	mainRefs = " refs/heads/main refs/stash" // the stash holds what main does
	modeLink = "120000"
	modeGit  = "160000"
)

var scenarios = []scenario{
	{name: "at head",
		tell: func(s *story) { s.onMain("head", put("config/head.env", "# one\n"+assign("head"))) },
		want: map[string][]string{"head": {"history config/head.env 2:9 by <head> reachable head" + mainRefs}},
	},
	{name: "removed",
		tell: func(s *story) {
			s.onMain("removed.add", put("removed.env", assign("removed")))
			s.onMain("removed.del", remove("removed.env"))
		},
		want: map[string][]string{"removed": {"history removed.env 1:9 by <removed.add> reachable"}},
	},
	{name: "moved within the file",
		tell: func(s *story) {
			s.onMain("within.add", put("within.env", assign("within")))
			s.onMain("within.move", put("within.env", "\n\n"+assign("within")))
		},
		want: map[string][]string{"within": {"history within.env 1:9 by <within.add> reachable head" + mainRefs}},
	},
	{name: "removed and back",
		tell: func(s *story) {
			s.onMain("back.add", put("back.env", assign("back")))
			s.onMain("back.del", put("back.env", "nothing\n"))
			s.onMain("back.again", put("back.env", "\n"+assign("back")))
		},
		want: map[string][]string{"back": {"history back.env 1:9 by <back.add> reachable head" + mainRefs}},
	},
	{name: "evil merge",
		tell: func(s *story) {
			s.on("evil", "evil.base", nil, put("evil.txt", "one\ntwo\n"))
			s.on("evil.left", "evil.left", from("evil.base"), put("evil.txt", "left\ntwo\n"))
			s.on("evil", "evil.right", from("evil.base"), put("evil.txt", "one\nright\n"))
			s.on("evil", "evil.merge", from("evil.left", "evil.right"), put("evil.txt", "left\n"+assign("evil")+"right\n"))
			s.on("evil", "evil.clean", from("evil.merge"), put("evil.txt", "left\nright\n"))
		},
		want: map[string][]string{"evil": {"history evil.txt 2:9 by <evil.merge> reachable"}},
	},
	{name: "second parent",
		tell: func(s *story) {
			s.on("second", "second.base", nil, put("second.txt", "one\n"))
			s.on("second.side", "second.side", from("second.base"), put("side.env", assign("second")))
			s.on("second", "second.main", from("second.base"), put("second.txt", "two\n"))
			s.on("second", "second.merge", from("second.main", "second.side"), put("side.env", assign("second")))
		},
		want: map[string][]string{"second": {"history side.env 1:9 by <second.side> reachable refs/heads/second refs/heads/second.side"}},
	},
	{name: "merge that drops the key of its second parent",
		tell: func(s *story) {
			s.on("ours", "ours.base", nil, put("ours.txt", "one\n"))
			s.on("ours.side", "ours.side", from("ours.base"), put("ours.txt", "one\n"+assign("ours")))
			s.on("ours.side", "ours.merge", from("ours.base", "ours.side"))
		},
		want: map[string][]string{"ours": {"history ours.txt 2:9 by <ours.side> reachable"}},
	},
	{name: "octopus",
		tell: func(s *story) {
			s.on("octopus.1", "octopus.1", nil, put("o1.txt", "1\n"))
			s.on("octopus.2", "octopus.2", nil, put("o2.txt", "2\n"))
			s.on("octopus.3", "octopus.3", nil, put("o3.txt", assign("octopus.3")))
			s.on("octopus", "octopus", from("octopus.1", "octopus.2", "octopus.3"), put("o2.txt", assign("octopus")), put("o3.txt", assign("octopus.3")))
		},
		want: map[string][]string{
			"octopus":   {"history o2.txt 1:9 by <octopus> reachable refs/heads/octopus"},
			"octopus.3": {"history o3.txt 1:9 by <octopus.3> reachable refs/heads/octopus refs/heads/octopus.3"},
		},
	},
	{name: "on two branches, the earlier one counts",
		tell: func(s *story) {
			s.add(step{label: "twice.late", ref: "refs/heads/twice.a", date: 1700009000, files: []change{put("twice.env", assign("twice"))}})
			s.add(step{label: "twice.early", ref: "refs/heads/twice.b", date: 1700008000, files: []change{put("twice.env", "\n"+assign("twice"))}})
		},
		want: map[string][]string{"twice": {"history twice.env 2:9 by <twice.early> reachable refs/heads/twice.a refs/heads/twice.b"}},
	},
	{name: "orphan branch",
		tell: func(s *story) { s.on("orphan", "orphan", nil, put("a/b/c/d/orphan.env", assign("orphan"))) },
		want: map[string][]string{"orphan": {"history a/b/c/d/orphan.env 1:9 by <orphan> reachable refs/heads/orphan"}},
	},
	{name: "odd ref",
		tell: func(s *story) {
			s.add(step{label: "odd", ref: "refs/odd/x", files: []change{put("odd.env", assign("odd"))}})
		},
		want: map[string][]string{"odd": {"history odd.env 1:9 by <odd> reachable refs/odd/x"}},
	},
	{name: "binary",
		tell: func(s *story) {
			s.on("binary", "binary", nil, put("logo.png", "\x89PNG\r\n\x1a\n\x00\x01\x00\xff\xfe"+assign("binary")+"\x00\x00"))
		},
		want: map[string][]string{"binary": {"history logo.png 3:14 by <binary> reachable refs/heads/binary"}},
	},
	{name: "-diff attribute",
		tell: func(s *story) {
			s.on("nodiff", "nodiff", nil, put(".gitattributes", "*.lock -diff binary export-ignore\n"), put("deps.lock", assign("nodiff")))
		},
		want: map[string][]string{"nodiff": {"history deps.lock 1:9 by <nodiff> reachable refs/heads/nodiff"}},
	},
	{name: "symlink target",
		tell: func(s *story) {
			s.on("symlink", "symlink", nil, change{path: "link", content: "/run/" + keyNamed("symlink"), mode: modeLink})
		},
		want: map[string][]string{"symlink": {"history link 1:6 by <symlink> reachable refs/heads/symlink"}},
	},
	{name: "characters of several bytes, CRLF, no line end",
		tell: func(s *story) { s.on("wide", "wide", nil, put("wide.txt", "é\r\n“日本”😀="+keyNamed("wide"))) },
		want: map[string][]string{"wide": {"history wide.txt 2:7 by <wide> reachable refs/heads/wide"}},
	},
	{name: "twice in one file, and a test key",
		tell: func(s *story) {
			s.on("double", "double", nil, put("double.env", assign("double")+"x\n"+assign("double")+"TEST="+keyNamed("test/double")+"\n"))
		},
		want: map[string][]string{
			"double":      {"history double.env 1:9 by <double> reachable refs/heads/double", "history double.env 3:9 by <double> reachable refs/heads/double"},
			"test/double": {"history double.env 4:6 by <double> reachable refs/heads/double"},
		},
	},
	{name: "two paths, two folders, one blob",
		tell: func(s *story) {
			s.on("paths", "paths.1", nil, put("one/p.env", assign("paths")), put("two.env", assign("paths")))
			s.on("paths", "paths.2", from("paths.1"), put("three/p.env", assign("paths")))
		},
		want: map[string][]string{"paths": {
			"history one/p.env 1:9 by <paths.1> reachable refs/heads/paths",
			"history three/p.env 1:9 by <paths.2> reachable refs/heads/paths",
			"history two.env 1:9 by <paths.1> reachable refs/heads/paths",
		}},
	},
	{name: "rename is no new path",
		tell: func(s *story) {
			s.on("rename", "rename.add", nil, put("old.env", assign("rename")), put("other", "x\n"))
			s.on("rename", "rename.move", from("rename.add"), remove("old.env"), put("new.env", "# edited\n"+assign("rename")))
		},
		want: map[string][]string{"rename": {"history old.env 1:9 by <rename.add> reachable refs/heads/rename"}},
	},
	{name: "rename of a folder is no new path",
		tell: func(s *story) {
			s.on("folder", "folder.add", nil, put("old/deep/f.env", assign("folder")))
			s.on("folder", "folder.move", from("folder.add"), remove("old/deep/f.env"), put("new/deep/f.env", assign("folder")))
		},
		want: map[string][]string{"folder": {"history old/deep/f.env 1:9 by <folder.add> reachable refs/heads/folder"}},
	},
	{name: "rename, and the key once more at the new path",
		tell: func(s *story) {
			s.on("again", "again.add", nil, put("old2.env", assign("again")))
			s.on("again", "again.move", from("again.add"), remove("old2.env"), put("new2.env", assign("again")))
			s.on("again", "again.del", from("again.move"), put("new2.env", "gone\n"))
			s.on("again", "again.back", from("again.del"), put("new2.env", "back\n"+assign("again")))
		},
		want: map[string][]string{"again": {
			"history new2.env 2:9 by <again.back> reachable refs/heads/again",
			"history old2.env 1:9 by <again.add> reachable refs/heads/again",
		}},
	},
	{name: "copy is a new path",
		tell: func(s *story) {
			s.on("copy", "copy.add", nil, put("a.env", assign("copy")))
			s.on("copy", "copy.copy", from("copy.add"), put("b.env", assign("copy")))
		},
		want: map[string][]string{"copy": {
			"history a.env 1:9 by <copy.add> reachable refs/heads/copy",
			"history b.env 1:9 by <copy.copy> reachable refs/heads/copy",
		}},
	},
	{name: "a key moved between files is at a new path",
		tell: func(s *story) {
			s.on("between", "between.add", nil, put("x.env", assign("between")), put("y.env", "y\n"))
			s.on("between", "between.move", from("between.add"), put("x.env", "x\n"), put("y.env", "y\n"+assign("between")))
		},
		want: map[string][]string{"between": {
			"history x.env 1:9 by <between.add> reachable refs/heads/between",
			"history y.env 2:9 by <between.move> reachable refs/heads/between",
		}},
	},
	{name: "key in names of files and folders",
		tell: func(s *story) {
			s.on("names", "names.base", nil, put("plain.txt", "x\n"))
			s.on("names", "names", from("names.base"),
				put("dir/"+keyNamed("name.file")+".txt", "y\n"), put("dir2/"+keyNamed("name.dir")+"/deep/z.txt", "z\n"))
		},
		want: map[string][]string{
			"name.file": {"history dir/<KEY>.txt by <names> reachable refs/heads/names"},
			"name.dir":  {"history dir2/<KEY> by <names> reachable refs/heads/names"},
		},
	},
	{name: "key in a name and in what it names",
		tell: func(s *story) {
			s.on("both", "both", nil, put("key-"+keyNamed("both"), assign("both")))
		},
		want: map[string][]string{"both": {
			"history key-<KEY> 1:9 by <both> reachable refs/heads/both",
			"history key-<KEY> by <both> reachable refs/heads/both",
		}},
	},
	{name: "submodule entry",
		tell: func(s *story) {
			s.on("module", "module", nil, put("module.env", assign("module")),
				change{path: "vendor/sub", mode: modeGit, content: "%GITLINK%"})
		},
		want: map[string][]string{"module": {"history module.env 1:9 by <module> reachable refs/heads/module"}},
	},
	{name: "message, author, header",
		tell: func(s *story) {
			s.add(step{label: "message", ref: "refs/heads/message", message: "summary\n\nuse " + keyNamed("message") + " for now\n", files: []change{put("m.txt", "m\n")}})
			s.add(step{label: "message.later", ref: "refs/heads/message", parents: from("message"), files: []change{put("m.txt", "m2\n")}})
			s.add(step{label: "author", ref: "refs/heads/author", author: keyNamed("author"), files: []change{put("m.txt", "m\n")}})
		},
		want: map[string][]string{
			"message": {"commit 7:5 by <message> reachable refs/heads/message"},
			"author":  {"commit 2:8 by <author> reachable refs/heads/author"},
		},
	},
	{name: "tag, and a tag of a tag",
		tell: func(s *story) {
			s.on("tagged", "tagged", nil, put("tagged.env", assign("tagged")))
			s.on("tagged", "tagged.next", from("tagged"), remove("tagged.env"), put("t.txt", "t\n"))
			s.tag("v1", "tagged", "release\n\n"+keyNamed("tag")+"\n")
		},
		after: func(t testing.TB, b *box) {
			git(t, b.dir, "tag", "-a", "-m", "again "+keyNamed("tag.tag"), "v1-again", "v1")
			git(t, b.dir, "update-ref", "-d", "refs/tags/v1")
			b.name(git(t, b.dir, "rev-parse", "v1-again"), "v1-again")
			outer := git(t, b.dir, "cat-file", "tag", "v1-again")
			b.name(strings.Fields(outer)[1], "v1")
		},
		want: map[string][]string{
			"tagged":  {"history tagged.env 1:9 by <tagged> reachable refs/tags/v1-again"},
			"tag":     {"tag 8:1 by <v1> reachable refs/tags/v1-again"},
			"tag.tag": {"tag 6:7 by <v1-again> reachable refs/tags/v1-again"},
		},
	},
	{name: "note",
		after: func(t testing.TB, b *box) {
			git(t, b.dir, "notes", "add", "-m", keyNamed("note"), b.commits["head"])
			b.name(git(t, b.dir, "rev-parse", "refs/notes/commits"), "notes")
		},
		want: map[string][]string{"note": {"history <head> 1:1 by <notes> reachable refs/notes/commits"}},
	},
	{name: "stash with its three parents",
		after: func(t testing.TB, b *box) {
			write(t, b.dir, "stash/staged.env", assign("stash.staged"))
			git(t, b.dir, "add", "stash")
			write(t, b.dir, "config/head.env", "# one\n"+assign("head")+assign("stash.changed"))
			write(t, b.dir, "untracked.env", assign("stash.untracked"))
			git(t, b.dir, "stash", "push", "-q", "--include-untracked")
			b.name(git(t, b.dir, "rev-parse", "refs/stash"), "stash")
			b.name(git(t, b.dir, "rev-parse", "refs/stash^2"), "stash.index")
			b.name(git(t, b.dir, "rev-parse", "refs/stash^3"), "stash.untracked")
		},
		want: map[string][]string{
			"stash.staged":    {"history stash/staged.env 1:9 by <stash.index> reachable refs/stash"},
			"stash.changed":   {"history config/head.env 3:9 by <stash> reachable refs/stash"},
			"stash.untracked": {"history untracked.env 1:9 by <stash.untracked> reachable"},
		},
	},
	{name: "dangling",
		after: func(t testing.TB, b *box) {
			blob := gitIn(t, b.dir, assign("dangling.deep"), "hash-object", "-w", "--stdin")
			sub := gitIn(t, b.dir, "100644 blob "+blob+"\tx.env\n", "mktree")
			tree := gitIn(t, b.dir, "040000 tree "+sub+"\tsub\n", "mktree")
			b.name(git(t, b.dir, "commit-tree", "-m", "message "+keyNamed("dangling.message"), tree), "dangling")
			gitIn(t, b.dir, assign("dangling.blob"), "hash-object", "-w", "--stdin")
			lone := gitIn(t, b.dir, assign("dangling.tree"), "hash-object", "-w", "--stdin")
			sub = gitIn(t, b.dir, "100644 blob "+lone+"\ty.env\n", "mktree")
			gitIn(t, b.dir, "040000 tree "+sub+"\tlone\n", "mktree")
		},
		want: map[string][]string{
			"dangling.deep":    {"history sub/x.env 1:9 by <dangling>"},
			"dangling.message": {"commit 5:9 by <dangling>"},
			"dangling.blob":    noCommit,
			"dangling.tree":    {"history lone/y.env 1:9"},
		},
	},
	{name: "reachable goes before unreachable",
		after: func(t testing.TB, b *box) {
			blob := gitIn(t, b.dir, "\n"+assign("odd"), "hash-object", "-w", "--stdin")
			tree := gitIn(t, b.dir, "100644 blob "+blob+"\todd.env\n", "mktree")
			commitTree(t, b.dir, tree, 1600000000) // before refs/odd/x, at the same path
		},
	},
	{name: "staged only",
		after: func(t testing.TB, b *box) {
			write(t, b.dir, "staged.env", assign("staged"))
			git(t, b.dir, "add", "staged.env")
		},
		want: map[string][]string{"staged": noCommit},
	},
	{name: "refs at a tree and at a blob",
		after: func(t testing.TB, b *box) {
			blob := gitIn(t, b.dir, assign("ref.blob"), "hash-object", "-w", "--stdin")
			git(t, b.dir, "update-ref", "refs/odd/blob", blob)
			blob = gitIn(t, b.dir, assign("ref.tagged"), "hash-object", "-w", "--stdin")
			git(t, b.dir, "tag", "-a", "-m", "a blob", "blob", blob)
			blob = gitIn(t, b.dir, assign("ref.tree"), "hash-object", "-w", "--stdin")
			sub := gitIn(t, b.dir, "100644 blob "+blob+"\tz.env\n", "mktree")
			tree := gitIn(t, b.dir, "040000 tree "+sub+"\tdeep\n", "mktree")
			git(t, b.dir, "update-ref", "refs/odd/tree", tree)
		},
		want: map[string][]string{
			"ref.blob":   {"history 1:9 reachable refs/odd/blob"},
			"ref.tagged": {"history 1:9 reachable refs/tags/blob"},
			"ref.tree":   {"history deep/z.env 1:9 reachable refs/odd/tree"},
		},
	},
	{name: "a body inserted behind an old prefix",
		tell: func(s *story) {
			before, after := prose(1, 60), prose(2, 60)
			key := keyNamed("seam.body")
			s.on("seam.body", "seam.body.1", nil, put("seam1.txt", before+"key: "+key[:8]+"\n"+after))
			s.on("seam.body", "seam.body.2", from("seam.body.1"), put("seam1.txt", before+"key: "+key+"\n"+after))
			s.on("seam.body", "seam.body.3", from("seam.body.2"), put("seam1.txt", before+"key: "+key[:8]+"\n"+after+"more\n"))
		},
		want: map[string][]string{"seam.body": {"history seam1.txt 61:6 by <seam.body.2> reachable"}},
	},
	{name: "a key made by deleting what stood between its pieces",
		tell: func(s *story) {
			before, after, between := prose(3, 60), prose(4, 60), prose(5, 20)
			for i, cut := range []int{3, 7, 8, 12} {
				name := fmt.Sprintf("seam.cut.%d", i)
				key := keyNamed(name)
				s.on(name, name+".1", nil, put(name, before+key[:cut]+"\n"+between+key[cut:]+"\n"+after))
				s.on(name, name+".2", from(name+".1"), put(name, before+key+"\n"+after))
				s.on(name, name+".3", from(name+".2"), put(name, before+key[:cut]+"\n"+between+key[cut:]+"\n"+after+"more\n"))
			}
		},
		want: map[string][]string{
			"seam.cut.0": {"history seam.cut.0 61:1 by <seam.cut.0.2> reachable"},
			"seam.cut.1": {"history seam.cut.1 61:1 by <seam.cut.1.2> reachable"},
			"seam.cut.2": {"history seam.cut.2 61:1 by <seam.cut.2.2> reachable"},
			"seam.cut.3": {"history seam.cut.3 61:1 by <seam.cut.3.2> reachable"},
		},
	},
}

func write(t testing.TB, dir, path, content string) {
	t.Helper()
	path = filepath.Join(dir, filepath.FromSlash(path))
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
}

// commitTree writes a commit that no ref knows.
func commitTree(t testing.TB, dir, tree string, date int64) string {
	t.Helper()
	text := fmt.Sprintf("tree %s\nauthor A U Thor <a@example.com> %d +0000\ncommitter C O Mitter <c@example.com> %d +0000\n\nno ref\n", tree, date, date)
	return gitIn(t, dir, text, "hash-object", "-t", "commit", "-w", "--stdin")
}

// newBox makes the repository of all scenarios, with loose objects only.
func newBox(t testing.TB, format string) *box {
	t.Helper()
	s := newStory()
	for _, c := range scenarios {
		if c.tell != nil {
			c.tell(s)
		}
	}
	gitlink := strings.Repeat("1", map[string]int{"sha1": 40, "sha256": 64}[format])
	s.replace("%GITLINK%", gitlink)
	b := &box{format: format, names: map[string]string{}, wanted: map[string]bool{}, described: map[string]string{}}
	b.dir, b.commits = s.tell(t, true, "--object-format="+format)
	for label, id := range b.commits {
		b.name(id, label)
	}
	git(t, b.dir, "reset", "-q", "--hard")
	for _, c := range scenarios {
		if c.after != nil {
			c.after(t, b)
		}
		for key := range c.want {
			b.name(rules.NewKey(keyNamed(key)).Redacted(), "KEY")
			b.wanted[keyNamed(key)] = true
		}
	}
	os.Remove(filepath.Join(b.dir, ".git", "ORIG_HEAD")) // clones do not get it
	return b
}
