package install

import (
	"os"
	"strings"
	"testing"
)

// makeHusky does what husky does in a repository each time that it runs: its hooks run the team's scripts that bear
// their names. (scripts/test-husky.sh does all this with the real one.)
func (b *bench) makeHusky(runner string) {
	b.Helper()
	b.git("config", "core.hooksPath", ".husky/_")
	b.write(".husky/_/h", runner, 0o644)
	for _, name := range []string{PreCommit, PrePush} {
		b.write(".husky/_/"+name, "#!/bin/sh\n. \"${0%/*}/h\"\n", 0o755)
	}
}

const runner = `script=.husky/${0##*/}
[ -f "$script" ] || exit 0
sh -e "$script" "$@"
`

func TestHusky(t *testing.T) {
	for name, c := range map[string]struct{ script, says string }{
		"one that ends":      {"echo team\nexit 0\n", "team\n"},
		"one that becomes":   {"exec echo team\n", "team\n"},
		"with a first line":  {"#!/usr/bin/env sh\necho \"team $0\"\n", "team .husky/pre-commit\n"},
		"without a line end": {"echo team", "team\n"},
		"empty":              {"", ""},
		"lines of Windows":   {"echo team\r\n", "team\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.makeHusky(runner)
			b.write(".husky/pre-commit", c.script, 0o644)
			before := b.contents(".husky")
			b.mustDo(Request{})
			b.makeHusky(runner)
			b.checked(c.says)
			b.stopped()
			for _, c := range b.mustDo(Request{}).Changes {
				if c.Did != "is installed already" {
					t.Errorf("the second time: %s", c.Did)
				}
			}
			b.mustDo(Request{Uninstall: true})
			if after := b.contents(".husky"); after != before {
				t.Errorf("before:\n%s\nafter:\n%s", before, after)
			}
		})
	}
}

// TestHuskyStops lets the team's script stop a commit, as before, and then asks skleak no more.
func TestHuskyStops(t *testing.T) {
	b := newBench(t)
	b.makeHusky(runner)
	b.write(".husky/pre-commit", "echo team\nfalse\necho not reached\n", 0o644)
	b.mustDo(Request{})
	if said, ok, called := b.commit(); ok || called != "" || said != "team\n" {
		t.Errorf("commit %v, said %q, skleak was called %q", ok, said, called)
	}
	b.write(".husky/pre-commit", strings.ReplaceAll(b.text(".husky/pre-commit"), "false\n", "echo edited\n"), 0o644)
	b.checked("team\nedited\nnot reached\n")
	b.mustDo(Request{Uninstall: true})
	if got := b.text(".husky/pre-commit"); got != "echo team\necho edited\necho not reached\n" {
		t.Errorf("an edited script is left as %q", got)
	}
}

func (b *bench) text(path string) string {
	b.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		b.Fatal(err)
	}
	return string(data)
}

// TestHuskyAlone installs where the team has no script yet. What somebody appends to ours runs as well.
func TestHuskyAlone(t *testing.T) {
	b := newBench(t)
	b.makeHusky(runner)
	b.mustDo(Request{})
	b.checked("")
	b.write(".husky/pre-commit", b.text(".husky/pre-commit")+"echo appended\n", 0o644)
	b.checked("appended\n")
	b.mustDo(Request{Uninstall: true})
	if got := b.text(".husky/pre-commit"); got != "#!/bin/sh\necho appended\n" {
		t.Errorf("left as %q", got)
	}
	if existsAt(".husky/pre-push") {
		t.Error("a script that was ours alone is still there")
	}
}

// TestHuskyBefore9 has scripts that git itself runs, and that husky's own file runs a second time.
func TestHuskyBefore9(t *testing.T) {
	b := newBench(t)
	b.git("config", "core.hooksPath", ".husky")
	b.write(".husky/_/husky.sh", "if [ -z \"$again\" ]; then\n\texport again=1\n\tsh -e \"$0\" \"$@\"\n\texit $?\nfi\n",
		0o644)
	b.write(".husky/pre-commit", "#!/usr/bin/env sh\n. \"$(dirname -- \"$0\")/_/husky.sh\"\n\necho team\n", 0o755)
	before := b.contents(".husky")
	b.mustDo(Request{})
	b.checked("team\n")
	b.mustDo(Request{Uninstall: true})
	if after := b.contents(".husky"); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
}

// TestHuskyFormerVersion repairs what the first versions did to husky's own hooks.
func TestHuskyFormerVersion(t *testing.T) {
	b := newBench(t)
	b.makeHusky(runner)
	b.write(".husky/pre-commit", "echo team\n", 0o644)
	if err := os.Rename(".husky/_/pre-commit", ".husky/_/pre-commit"+oldKeptSuffix); err != nil {
		t.Fatal(err)
	}
	b.write(".husky/_/pre-commit", hookText(`"$(dirname "$0")/pre-commit`+oldKeptSuffix+`" "$@" && exec `+shellQuoted(b.program)+" hook pre-commit"), 0o755)
	b.mustDo(Request{})
	b.checked("team\n")
}

func TestHuskyPush(t *testing.T) {
	b := newBench(t)
	b.makeHusky(runner)
	b.write(".husky/pre-push", "read a b c d\necho \"team $# $1: $c\"\nexit 0\n", 0o644)
	b.mustDo(Request{Hooks: []string{PrePush}})
	b.commit()
	b.git("init", "-q", "--bare", "../server.git")
	if said := b.git("push", "-q", "../server.git", "HEAD:refs/heads/x"); said != "team 2 ../server.git: refs/heads/x\n" {
		t.Errorf("said %q", said)
	}
	if called := b.text(os.Getenv("CALLED")); !strings.HasPrefix(called,
		"hook pre-push -- ../server.git ../server.git: HEAD ") {
		t.Errorf("skleak was called %q", called)
	}
}
