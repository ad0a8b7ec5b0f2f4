package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"skleak/cmd/internal/suggest"
	"skleak/report"
	"skleak/rules/provider"
	"skleak/scanner/run"
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
	if near := suggest.Nearest(name, names); near != "" {
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

// tell writes the reports, and leaves the text on the terminal out where there is nothing to tell. A placeholder is nothing:
// whoever commits one meant to.
func (h *hook) tell(t *telling, result *run.Result) error {
	if !t.f.verbose && result.Complete() && !result.Failing() {
		t.outputs = slices.DeleteFunc(t.outputs, func(o output) bool { return o == output{format: report.FormatText} })
	}
	return t.write(result)
}

// explain says why the hook stops something, and the ways out. Each line is said on its own, so that none is lost among what
// other hooks print. Being told to be quiet is no reason to stop somebody without a word.
func (h *hook) explain(w *world, f *flags, err error) {
	var o outcome
	ways := h.leaks
	switch {
	case !errors.As(err, &o) || o == errInterrupted:
		return
	case o == errIncomplete:
		w.say("%s: something that it would bring could not be read, so it was not checked", h.stopped)
		ways = h.unread
	case f.quiet:
		w.say("%s: it would bring keys; without -q they are named", h.stopped)
	default:
		w.say("%s: it would bring the keys above", h.stopped)
	}
	if f.quiet {
		return
	}
	for _, way := range ways {
		w.say("  %s", way)
	}
}

// allowIt is the way out for what is no secret.
const allowIt = `is it no secret? write "skleak:allow" and the reason in a comment on its line`

// checking is scanning for hooks. The rules take longer to compile than most hooks have to read, so this begins before anything
// else.
func (h *hook) checking(w *world, f *flags, plan planner) func(*cobra.Command, []string) error {
	scan := w.scanningWith(f, plan, h.tell)
	return func(c *cobra.Command, args []string) error {
		run.Ahead(func() { provider.Default() })
		err := scan(c, args)
		h.explain(w, f, err)
		return err
	}
}
