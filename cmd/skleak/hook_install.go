package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"skleak/scanner/files"
	"skleak/scanner/git/gitdir"
)

// installFlags is what the user asked of "hook install".
type installFlags struct {
	preCommit, prePush bool
	global             bool
	uninstall          bool
	outside            bool
}

func installCommand(w *world) *cobra.Command {
	f := &installFlags{}
	c := &cobra.Command{
		Use:   "install",
		Short: "Put the hooks where git looks for them, or take them away",
		Long: `Install writes a hook of two lines for pre-commit and for pre-push, or for the ones asked for, into the folder where git looks
for this repository's hooks. A hook that is there already is kept, and run first; --uninstall puts it back. Installing twice
changes nothing.

With --global, the hooks are for every repository of yours: they lie in a folder that core.hooksPath of your own git configuration
names, and run each repository's own hooks, too.`,
		Example: `  skleak hook install
  skleak hook install --pre-push
  skleak hook install --global
  skleak hook install --uninstall`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error { return w.install(c.Context(), f) },
	}
	set := c.Flags()
	set.BoolVar(&f.preCommit, "pre-commit", false, "only the hook for commits")
	set.BoolVar(&f.prePush, "pre-push", false, "only the hook for pushes")
	set.BoolVar(&f.global, "global", false, "for all repositories of yours")
	set.BoolVar(&f.uninstall, "uninstall", false, "take the hooks away and put back what was there before")
	set.BoolVar(&f.outside, "outside", false, "also where only the repository itself, by its core.hooksPath or by a link, says that hooks lie outside of it")
	return c
}

// hooks are the names of those asked for; without a word, both.
func (f *installFlags) hooks() (names []string) {
	if f.preCommit || !f.prePush {
		names = append(names, "pre-commit")
	}
	if f.prePush || !f.preCommit {
		names = append(names, "pre-push")
	}
	return names
}

func (w *world) install(ctx context.Context, f *installFlags) error {
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding out where skleak itself lies: %w", err)
	}
	if f.global {
		return w.installGlobally(ctx, f, program)
	}
	d, err := w.hooksRepository(gitdir.Reach{Elsewhere: f.outside})
	if err != nil {
		return saidOutside(err)
	}
	dir, configured, err := d.HooksDir()
	switch {
	case errors.As(err, new(*gitdir.OutsideError)):
		return saidOutside(err)
	case err != nil:
		return fmt.Errorf("core.hooksPath names no folder that hooks can be in: %w", err)
	}
	if configured {
		w.say("core.hooksPath makes git look for hooks in %s; those in %s are not run", dir, filepath.Join(d.Common, "hooks"))
		if d.Worktree != "" && files.IsWithin(d.Worktree, dir) && !files.IsWithin(d.Git, dir) {
			w.say("that folder is part of the working tree: who commits it shares the hooks, which name skleak by its place on this machine")
		}
	}
	folder := &hookFolder{world: w, dir: dir, program: program}
	return folder.change(f)
}

// saidOutside tells what to do where a repository leads out of itself. Nothing is written where only the repository says so.
func saidOutside(err error) error {
	if outside := (*gitdir.OutsideError)(nil); errors.As(err, &outside) {
		return fmt.Errorf("this repository leads to %s, outside of it; if that is no surprise to you: \"skleak hook install --outside\"", outside.Target)
	}
	return err
}

// hooksRepository is the repository whose hooks are meant.
func (w *world) hooksRepository(reach gitdir.Reach) (*gitdir.Dir, error) {
	open, path := reach.Discover, "."
	if dir := w.env["GIT_DIR"]; dir != "" {
		open, path = reach.Open, dir
	}
	d, err := open(path)
	if errors.Is(err, gitdir.ErrNotRepository) {
		return nil, errors.New(`hooks belong to a git repository, and this is none; for all of yours: "skleak hook install --global"`)
	}
	return d, err
}

// change installs or takes away what was asked for, and says what it did.
func (h *hookFolder) change(f *installFlags) error {
	if info, err := os.Stat(h.dir); err == nil && !info.IsDir() {
		return fmt.Errorf("core.hooksPath is %s, which is no folder: git runs no hooks at all here; change that first", h.dir)
	}
	if !f.uninstall {
		if err := os.MkdirAll(h.dir, 0o777); err != nil {
			return fmt.Errorf("making the folder for the hooks: %w", err)
		}
	}
	for _, name := range f.hooks() {
		change := h.install
		if f.uninstall {
			change = h.uninstall
		}
		did, err := change(name)
		if err != nil {
			return err
		}
		fmt.Fprintf(h.out, "%s: %s\n", filepath.Join(h.dir, name), did)
	}
	return nil
}

// shellQuoted is a path as one word of a shell's command line. Shells on Windows take forward slashes.
func shellQuoted(path string) string {
	return "'" + strings.ReplaceAll(filepath.ToSlash(path), "'", `'\''`) + "'"
}
