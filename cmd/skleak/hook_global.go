package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"skleak/scanner/git/gitdir"
)

// passedOn are the other hooks that a repository may have. Where core.hooksPath names a folder for all repositories, git
// looks nowhere else, so each of them needs a hook there that runs the repository's own. push-to-checkout is not among
// them: that it is there at all changes what git does.
var passedOn = []string{
	"applypatch-msg", "commit-msg", "post-applypatch", "post-checkout", "post-commit", "post-index-change", "post-merge", "post-receive",
	"post-rewrite", "post-update", "pre-applypatch", "pre-auto-gc", "pre-merge-commit", "pre-rebase", "pre-receive",
	"prepare-commit-msg", "proc-receive", "reference-transaction", "sendemail-validate", "update",
}

// repositoryHook defines a shell function that runs a repository's own hook of that name, if there is one that git would run.
func repositoryHook(name string) string {
	return `own() { own=$(git rev-parse --git-common-dir)/hooks/` + name + `; [ ! -x "$own" ] || "$own" "$@"; }; `
}

// installGlobally installs for all repositories of the user. A core.hooksPath that the user has is respected: then the hooks are
// chained there as in a repository. Else a folder of ours becomes it.
func (w *world) installGlobally(ctx context.Context, f *installFlags, program string) error {
	own, err := ownHooksFolder()
	if err != nil {
		return err
	}
	dir := gitdir.UserHooksDir()
	isOwn := dir == "" || filepath.Clean(dir) == own
	if isOwn {
		dir = own
	} else if !filepath.IsAbs(dir) {
		return fmt.Errorf("core.hooksPath of your git configuration is %s, another folder in each repository; install there one by one", dir)
	}
	folder := &hookFolder{world: w, dir: dir, program: program, global: isOwn}
	if err := folder.change(f); err != nil {
		return err
	}
	if !isOwn {
		w.say("core.hooksPath of your git configuration names that folder already, and stays")
	} else if err := folder.settleGlobal(ctx, f); err != nil {
		return err
	}
	if d, err := gitdir.Discover("."); err == nil && d.OwnHooksDir() != "" && !f.uninstall {
		w.say("in this repository core.hooksPath is %s, which hides the hooks just installed; \"skleak hook install\" adds them there", d.OwnHooksDir())
	}
	return nil
}

func ownHooksFolder() (string, error) {
	home := gitdir.ConfigHome()
	if home == "" {
		return "", errors.New("there is no home folder to keep hooks in; set HOME")
	}
	return filepath.Join(home, "skleak", "hooks"), nil
}

// settleGlobal makes git look in our folder while a hook of ours is there, and the hooks that pass on are there as long.
func (h *hookFolder) settleGlobal(ctx context.Context, f *installFlags) error {
	checks := (&installFlags{}).hooks()
	inUse := false
	for _, name := range checks {
		there, _, err := readHook(filepath.Join(h.dir, name))
		if err != nil {
			return err
		}
		inUse = inUse || strings.Contains(there, h.command(name))
	}
	for _, name := range append(checks, passedOn...) {
		path := filepath.Join(h.dir, name)
		there, ours, err := readHook(path)
		switch {
		case err != nil:
		case inUse && there == "":
			err = writeHook(path, hookText(repositoryHook(name)+`own "$@"`))
		case !inUse && ours:
			err = os.Remove(path)
		}
		if err != nil {
			return err
		}
	}
	if inUse {
		return gitConfig(ctx, "core.hooksPath", h.dir)
	}
	if gitdir.UserHooksDir() == "" {
		return nil
	}
	return gitConfig(ctx, "--unset", "core.hooksPath")
}

// gitConfig changes the user's configuration with git itself, which knows where it is and how to write it.
func gitConfig(ctx context.Context, args ...string) error {
	c := exec.CommandContext(ctx, "git", append([]string{"config", "--global"}, args...)...)
	// A repository has no say in this: with this git looks for none, and reads no configuration but the user's.
	c.Env = append(os.Environ(), "GIT_DIR="+os.DevNull)
	out, err := c.CombinedOutput()
	if err != nil {
		return fmt.Errorf("git config --global %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}
