package install

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// hooksFromBefore are hooks that somebody may have, by what a commit says with them.
var hooksFromBefore = map[string]struct {
	says string
	make func(b *bench, dir string)
}{
	"a script": {"theirs\n", func(b *bench, dir string) {
		b.write(dir+"/pre-commit", "#!/bin/sh\necho theirs\n", 0o700)
	}},
	"one that looks at its name": {"as pre-commit\n", func(b *bench, dir string) {
		b.write(dir+"/pre-commit", "#!/bin/sh\necho \"as ${0##*/}\"\n", 0o755)
	}},
	"one that needs its neighbours": {"from beside\n", func(b *bench, dir string) {
		b.write(dir+"/lib/words", "say=beside\n", 0o644)
		b.write(dir+"/pre-commit", "#!/bin/sh\n. \"$(dirname \"$0\")/lib/words\"\necho \"from $say\"\n", 0o755)
	}},
	"a relative link": {"linked as pre-commit\n", func(b *bench, dir string) {
		b.write("tools/hook.sh", "#!/bin/sh\necho \"linked as ${0##*/}\"\n", 0o755)
		up, _ := filepath.Rel(dir, "tools/hook.sh")
		b.link(up, dir+"/pre-commit")
	}},
	"a link to a neighbour": {"all as pre-commit\n", func(b *bench, dir string) {
		b.write(dir+"/all-hooks", "#!/bin/sh\necho \"all as ${0##*/}\"\n", 0o755)
		b.link("all-hooks", dir+"/pre-commit")
	}},
	"an absolute link": {"absolute\n", func(b *bench, dir string) {
		b.write(b.home+"/hook.sh", "#!/bin/sh\necho absolute\n", 0o755)
		b.link(b.home+"/hook.sh", dir+"/pre-commit")
	}},
	"an empty file": {"", func(b *bench, dir string) { b.write(dir+"/pre-commit", "", 0o755) }},
	"one that git does not run": {"", func(b *bench, dir string) {
		b.write(dir+"/pre-commit", "#!/bin/sh\necho theirs\n", 0o644)
	}},
}

func (b *bench) link(target, path string) {
	b.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		b.Fatal(err)
	}
	if err := os.Symlink(target, path); err != nil {
		b.Fatal(err)
	}
}

// TestKept installs over hooks of all kinds. They run as before, and uninstalling leaves no trace.
func TestKept(t *testing.T) {
	for name, c := range hooksFromBefore {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.git("config", "advice.ignoredHook", "false")
			dir := ".git/hooks"
			if strings.Contains(name, "link") {
				dir = "team hooks"
				b.git("config", "core.hooksPath", dir)
			}
			c.make(b, dir)
			before := b.contents(dir)
			b.mustDo(Request{})
			b.mustDo(Request{})
			b.checked(c.says)
			b.mustDo(Request{Uninstall: true})
			if after := b.contents(dir); after != before {
				t.Errorf("before:\n%s\nafter:\n%s", before, after)
			}
			if existsAt(filepath.Join(dir, keptFolder)) {
				t.Error("the folder for kept hooks is still there")
			}
		})
	}
}

// TestCutOff stops an installation when the hook that was there is kept, and ours is not there yet: it still runs, to install
// again goes on, and to uninstall leaves no trace.
func TestCutOff(t *testing.T) {
	for name, c := range hooksFromBefore {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.git("config", "advice.ignoredHook", "false")
			dir := "team hooks"
			b.git("config", "core.hooksPath", dir)
			c.make(b, dir)
			before := b.contents(dir)
			cut := func() {
				t.Helper()
				if _, err := (folder{dir: dir, program: b.program}).keep(PreCommit); err != nil {
					t.Fatal(err)
				}
				if said, ok, _ := b.commit(); !ok || said != c.says {
					t.Errorf("cut off: commit %v, said %q, want %q", ok, said, c.says)
				}
			}
			unchanged := func() {
				t.Helper()
				b.mustDo(Request{Uninstall: true})
				if after := b.contents(dir); after != before || existsAt(filepath.Join(dir, keptFolder)) {
					t.Errorf("before:\n%s\nafter:\n%s", before, after)
				}
			}
			cut()
			unchanged()
			cut()
			b.mustDo(Request{})
			b.checked(c.says)
			unchanged()
		})
	}
}

// TestLinkToKept: a hook that is only a link to the one that was kept is not taken for another copy of it.
func TestLinkToKept(t *testing.T) {
	b := newBench(t)
	b.write(".git/hooks/pre-commit", "#!/bin/sh\necho theirs\n", 0o755)
	b.mustDo(Request{})
	if err := os.Remove(".git/hooks/pre-commit"); err != nil {
		t.Fatal(err)
	}
	b.link(keptFolder+"/pre-commit", ".git/hooks/pre-commit")
	b.mustDo(Request{Uninstall: true})
	if said, ok, _ := b.commit(); !ok || said != "theirs\n" {
		t.Errorf("commit %v, said %q", ok, said)
	}
}

// TestChangedSince covers hooks that somebody changed or replaced after ours was installed.
func TestChangedSince(t *testing.T) {
	b := newBench(t)
	path := ".git/hooks/pre-commit"
	b.write(path, "#!/bin/sh\necho first\n", 0o755)
	b.mustDo(Request{})
	ours, _ := os.ReadFile(path)
	b.write(path, string(ours)+"echo more\n", 0o755)
	for _, c := range b.mustDo(Request{Uninstall: true, Hooks: []string{PreCommit}}).Changes {
		if want := "left alone: it is not the one that skleak installed, or was changed since; the hook from before is still in before-skleak"; c.Did != want {
			t.Errorf("a changed hook: %q", c.Did)
		}
	}
	b.write(path, "#!/bin/sh\necho second\n", 0o755)
	before := b.contents(".git/hooks")
	if _, err := b.do(Request{}); err == nil || !strings.Contains(err.Error(), "put the two together first") {
		t.Errorf("a second hook to keep: error %v", err)
	}
	if after := b.contents(".git/hooks"); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
	if said, ok, _ := b.commit(); !ok || said != "second\n" {
		t.Errorf("commit %v, said %q", ok, said)
	}
}

// TestFormerVersion takes over, or takes away, what the first versions installed.
func TestFormerVersion(t *testing.T) {
	for _, uninstall := range []bool{false, true} {
		b := newBench(t)
		theirs := "#!/bin/sh\necho theirs\n"
		b.write(".git/hooks/pre-commit"+oldKeptSuffix, theirs, 0o755)
		b.write(".git/hooks/pre-commit", hookText(`"$(dirname "$0")/pre-commit`+oldKeptSuffix+`" "$@" && exec `+shellQuoted(b.program)+" hook pre-commit"), 0o755)
		b.checked("theirs\n")
		if !uninstall {
			b.mustDo(Request{})
			b.checked("theirs\n")
		}
		b.mustDo(Request{Uninstall: true})
		if got, _ := os.ReadFile(".git/hooks/pre-commit"); string(got) != theirs ||
			existsAt(".git/hooks/pre-commit"+oldKeptSuffix) {
			t.Errorf("after uninstalling: %q", got)
		}
	}
}

// TestPush gives both hooks the whole standard input and the arguments.
func TestPush(t *testing.T) {
	b := newBench(t)
	b.write(".git/hooks/pre-push", "#!/bin/sh\nread a b c d\necho \"theirs $# $1 $2: $c\"\n", 0o755)
	b.mustDo(Request{Hooks: []string{PrePush}})
	b.commit()
	b.git("init", "-q", "--bare", "../server.git")
	if said := b.git("push", "-q", "../server.git",
		"HEAD:refs/heads/x"); said != "theirs 2 ../server.git ../server.git: refs/heads/x\n" {
		t.Errorf("said %q", said)
	}
	called, _ := os.ReadFile(os.Getenv("CALLED"))
	if !strings.HasPrefix(string(called), "hook pre-push -- ../server.git ../server.git: HEAD ") &&
		!strings.Contains(string(called), " refs/heads/x ") {
		t.Errorf("skleak was called %q", called)
	}
}
