package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// pinned is the rival's version: a new release of it must not change what an old table says.
const pinned = "github.com/zricethezav/gitleaks/v8@v8.30.1"

// oneRule has gitleaks look for the two plain prefixes alone, which is the least it can do.
const oneRule = `title = "one rule"
[[rules]]
id = "sk-key"
description = "API key"
regex = '''\b(sk_(?:live|test)_[A-Za-z0-9_-]{10,255})'''
keywords = ["sk_live_", "sk_test_"]
`

// bench holds the programs that are measured and the places they work on.
type bench struct {
	runs                            int
	gitleaks, tree, worlds, literal string
	heavy                           bool

	work  string    // removed at the end
	self  string    // this program, for what must run as a process of its own
	ours  string    // skleak
	empty string    // an empty Go program
	rule  string    // gitleaks' configuration
	costs []float64 // of the histories, in ms of processor time a MB of pack
}

// open builds the programs, and brings gitleaks unless it was named.
func (b *bench) open() (err error) {
	if b.self, err = os.Executable(); err != nil {
		return err
	}
	if b.work, err = os.MkdirTemp("", "skleak-bench"); err != nil {
		return err
	}
	if b.worlds == "" {
		b.worlds = filepath.Join(b.work, "worlds")
	}
	b.ours = filepath.Join(b.work, "skleak")
	// Without C, as releases are built.
	if err := call("CGO_ENABLED=0", "go", "build", "-o", b.ours, "./cmd/skleak"); err != nil {
		return err
	}
	source, err := b.write("empty.go", "package main\n\nfunc main() {}\n")
	if err != nil {
		return err
	}
	b.empty = filepath.Join(b.work, "empty")
	if err := call("", "go", "build", "-o", b.empty, source); err != nil {
		return err
	}
	if b.rule, err = b.write("one-rule.toml", oneRule); err != nil {
		return err
	}
	if b.gitleaks == "" {
		b.gitleaks = filepath.Join(b.work, "gitleaks")
		return call("GOBIN="+b.work, "go", "install", pinned)
	}
	return nil
}

func (b *bench) close() { os.RemoveAll(b.work) }

// scan is a scan of ours, with everything on.
func (b *bench) scan(args ...string) command {
	return command{args: append(append([]string{b.ours}, args...), "--no-progress")}
}

// hook is one of our hooks.
func (b *bench) hook(args ...string) command {
	return command{args: append([]string{b.ours, "hook"}, args...)}
}

func (b *bench) write(name, content string) (string, error) {
	path := filepath.Join(b.work, name)
	return path, os.WriteFile(path, []byte(content), 0o600)
}

// call runs a program that must succeed; its words are part of the error.
func call(env, program string, args ...string) error {
	cmd := exec.Command(program, args...)
	cmd.Env = append(os.Environ(), env)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("running %s %s: %w\n%s", program, strings.Join(args, " "), err, out)
	}
	return nil
}

// git returns what git says in a repository.
func git(repo string, args ...string) (string, error) {
	cmd := exec.Command("git", append([]string{"-C", repo}, args...)...)
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("running git %s in %s: %w", strings.Join(args, " "), repo, err)
	}
	return strings.TrimSpace(string(out)), nil
}
