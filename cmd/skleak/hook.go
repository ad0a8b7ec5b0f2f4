package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"skleak/report"
	"skleak/rules"
	"skleak/scanner/git/gitdir"
	"skleak/scanner/history"
)

// hookCommand holds what git runs: each command checks one gate that a key has to pass on its way out.
func hookCommand(w *world) *cobra.Command {
	c := &cobra.Command{
		Use:   "hook",
		Short: "Keep keys out of commits and pushes: the hooks of git, and how to install them",
		Long: `Hook checks what is about to enter a repository, and nothing else. A hook says nothing as long as there
is nothing to say. It blocks (status 1) where a key would enter, and (status 3) where it could not read what it was to check.

Start with "skleak hook install" in a repository.`,
		Args: cobra.ArbitraryArgs,
	}
	c.RunE = func(_ *cobra.Command, args []string) error {
		if len(args) > 0 {
			return unknownHook(c, args[0])
		}
		return errors.New(`hook needs to know which one, as in "skleak hook install" ("skleak hook --help" lists them)`)
	}
	c.AddCommand(preCommitCommand(w), prePushCommand(w), preReceiveCommand(w), updateCommand(w), installCommand(w))
	return c
}

func unknownHook(c *cobra.Command, name string) error {
	var names []string
	for _, sub := range c.Commands() {
		names = append(names, sub.Name())
	}
	if near := nearest(name, names); near != "" {
		return fmt.Errorf("unknown hook %q; did you mean %q?", name, "skleak hook "+near)
	}
	return fmt.Errorf("unknown hook %q; there are %s", name, strings.Join(names, ", "))
}

// A hook is how a command that git runs differs from one that a person runs: it is silent where all is well, and tells
// whoever it stops what they can do.
type hook struct {
	stopped string   // what the hook keeps from happening
	leaks   []string // what to do about a key, one way out a line
	unread  []string // what to do where something could not be read
}

// outputs leaves the text on the terminal out where there is nothing to tell. A placeholder is nothing: whoever commits one
// meant to.
func (h *hook) outputs(s *scanning, r *report.Report) []output {
	if s.verbose || !r.Complete() || slices.ContainsFunc(r.Leaks, s.counts) {
		return s.outputs
	}
	return slices.DeleteFunc(s.outputs, func(o output) bool { return o == output{format: report.FormatText} })
}

// explain says why the hook blocks, and the ways out. Each line is said on its own, so that none is lost among what other
// hooks print.
func (h *hook) explain(w *world, err error) {
	ways := h.leaks
	switch {
	case err == nil:
		return
	case statusOf(err) == statusIncomplete:
		w.say("%s: something that it would bring could not be read, so it was not checked", h.stopped)
		ways = h.unread
	default:
		w.say("%s: it would bring the keys above", h.stopped)
	}
	for _, way := range ways {
		w.say("  %s", way)
	}
}

// allowIt is the way out for what is no secret.
const allowIt = `is it no secret? write "skleak:allow" and the reason in a comment on its line`

// checkHook is parseThenScan for hooks. The rules take longer to compile than most hooks have to read, so this begins
// before anything else.
func checkHook(w *world, f *flags, check func(args []string) (plan, error)) func(*cobra.Command, []string) error {
	scan := parseThenScan(w, f, check)
	return func(c *cobra.Command, args []string) error {
		ahead(func() { rules.Default() })
		return scan(c, args)
	}
}

// openGate opens the repository that git runs a hook in. Git names it in the environment where it is not the one that the
// current folder lies in.
func (w *world) openGate() (*history.Gate, error) {
	handed := history.Handed{
		IndexFile: w.env["GIT_INDEX_FILE"],
		Worktree:  w.env["GIT_WORK_TREE"],
		Objects:   w.objectFolders(),
	}
	for name := range w.env {
		if id, ok := strings.CutPrefix(name, "GITHEAD_"); ok { // git merge tells its pre-merge-commit hook no other way
			handed.Merging = append(handed.Merging, id)
		}
	}
	path, discover := ".", true
	if dir := w.env["GIT_DIR"]; dir != "" {
		path, discover = dir, false
	}
	g, err := history.OpenGateWithin(history.TrustGit, path, discover, handed)
	switch {
	case errors.Is(err, gitdir.ErrNotRepository):
		return nil, errors.New("a hook works in a git repository, and this is none; git runs hooks where they belong")
	case err != nil:
		return nil, err
	}
	return g, nil
}

// objectFolders are where git says that objects lie, in the order in which it looks.
func (w *world) objectFolders() (folders []string) {
	for _, name := range []string{"GIT_QUARANTINE_PATH", "GIT_OBJECT_DIRECTORY"} {
		if dir := w.env[name]; dir != "" && !slices.Contains(folders, dir) {
			folders = append(folders, dir)
		}
	}
	for _, dir := range splitAlternates(w.env["GIT_ALTERNATE_OBJECT_DIRECTORIES"]) {
		if dir != "" && !slices.Contains(folders, dir) {
			folders = append(folders, dir)
		}
	}
	return folders
}

// splitAlternates takes a list of folders apart. Git puts one with a separator in its name into double quotes.
func splitAlternates(list string) (folders []string) {
	for list != "" {
		if path, rest, ok := gitdir.Unquote(list); ok {
			folders = append(folders, path)
			list = strings.TrimPrefix(rest, string(filepath.ListSeparator))
			continue
		}
		var path string
		path, list, _ = strings.Cut(list, string(filepath.ListSeparator))
		folders = append(folders, path)
	}
	return folders
}
