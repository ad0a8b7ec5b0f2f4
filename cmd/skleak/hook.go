package main

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"skleak/cmd/internal/exit"
	"skleak/cmd/internal/flags"
	"skleak/cmd/internal/outputs"
	"skleak/cmd/internal/process"
	"skleak/cmd/internal/program"
	"skleak/cmd/internal/suggest"
	"skleak/rules/provider"
	"skleak/scanner"
	"skleak/scanner/run"
)

// hookCommand holds what git runs: each command checks one gate that a key has to pass on its way out. It has those that
// args need.
func hookCommand(w *world, args ...string) *cobra.Command {
	c := &cobra.Command{
		Use:   "hook",
		Short: "Keep keys out of commits and pushes: the hooks of git, and how to install them",
		Long: `Hook checks what is about to enter a repository, and nothing else. A hook says nothing as long as there
is nothing to say. It blocks (status 1) where a key would enter, and (status 3) where it could not read what it was to
check.

Start with "skleak hook install" in a repository.`,
		Args: cobra.ArbitraryArgs,
	}
	c.RunE = func(_ *cobra.Command, args []string) error {
		if len(args) > 0 {
			return suggest.Command(c, args[0])
		}
		return errors.New(`hook needs to know which one, as in "skleak hook install" ("skleak hook --help" lists them)`)
	}
	program.Add(c, args, w.command("pre-commit", preCommitCommand), w.command("pre-push", prePushCommand),
		w.command("pre-receive", preReceiveCommand), w.command("update", updateCommand),
		w.command("install", installCommand))
	return c
}

// A hook is how a command that git runs differs from one that a person runs: it is silent where all is well, and tells
// whoever it stops what they can do.
type hook struct {
	stopped string   // what the hook keeps from happening
	holds   string   // what there is to say of the keys; "": "it would bring"
	remove  string   // how to take a key out of a file or a commit
	others  []string // the other ways out
	unread  []string // what to do where something could not be read

	// files is in its place where only files hold keys that were named and are not part of what is stopped; nil where
	// there are none.
	files *hook
}

// allowIt is the way out for what is no secret.
const allowIt = `allow it: is it no secret? write "skleak:allow" and the reason in a comment on its line`

// How to take a key out of what is no file.
const (
	removeFromCommits = `remove it from the commits above, not only from the newest: "git commit --amend", or ` +
		`"git rebase -i" with the first of them; then push again`
	removeFromTag = `remove it from the tag above: make the tag anew without the key ("git tag -f -a NAME"), and ` +
		`push again`
	removeFromName = `remove it from the name above: "git branch -m OLD NEW", or "git tag NEW OLD", and push that instead`
)

// checking is scanning for hooks. The rules are made ready while the repository is opened.
func (h *hook) checking(w *world, f *flags.Flags, plan planner) work {
	scan := w.scanningWith(f, plan, h.tell)
	return func(c *cobra.Command, args []string) error {
		process.DelayCollection()
		run.Ahead(func() { provider.Default() })
		if c.Annotations[namesFiles] != "" {
			args = withDash(c, args)
		}
		return scan(c, args)
	}
}

// tell writes the reports, and leaves the text on the terminal out where there is nothing to tell. A placeholder is
// nothing: whoever commits one meant to.
func (h *hook) tell(t *telling, result *run.Result) error {
	if !t.f.Verbose && result.Complete() && !result.Failing() {
		t.Outputs = slices.DeleteFunc(t.Outputs, func(o outputs.Output) bool { return o == outputs.Terminal })
	}
	if len(t.Outputs) > 0 {
		if err := t.Write(t.document(result)); err != nil {
			return err
		}
	}
	if result.Interrupted {
		return nil
	}
	for _, l := range result.Leaks {
		if mark := result.Disbelieved(l); mark != "" && result.Fails(l) {
			t.Console.Say("%s counts: the comment %q beside it is part of the push, and a push cannot allow its own keys",
				l.Key.Redacted(), mark)
		}
	}
	h.explain(t, result)
	return nil
}

// explain says why the hook stops something, and the ways out. Each line is said on its own, so that none is lost
// among what other hooks print. Being told to be quiet is no reason to stop somebody without a word.
func (h *hook) explain(t *telling, result *run.Result) {
	var ways []string
	switch end := t.f.Outcome(result); {
	case end == nil:
		return
	case end == exit.ErrIncomplete:
		t.Console.Say("%s: something in it could not be read, and so was not checked", h.stopped)
		ways = h.unread
	case t.f.Quiet:
		t.Console.Say("%s: it would bring keys; leave out -q to see them", h.stopped)
	default:
		if h.files != nil && onlyFiles(result) {
			h = h.files
		}
		t.Console.Say("%s: %s the keys above", h.stopped, cmp.Or(h.holds, "it would bring"))
		ways = append(h.removals(result), h.others...)
	}
	for _, way := range ways {
		if !t.f.Quiet {
			t.Console.Say("  %s", way)
		}
	}
}

// onlyFiles is true where no key lies in anything but a file of the working tree.
func onlyFiles(result *run.Result) bool {
	return !slices.ContainsFunc(result.Leaks, func(l scanner.Leak) bool {
		return slices.ContainsFunc(l.Findings, func(f scanner.Finding) bool { return f.Source != scanner.SourceFile })
	})
}

// removals are the ways to take the keys out of where they lie.
func (h *hook) removals(result *run.Result) (ways []string) {
	for _, l := range result.Leaks {
		for _, f := range l.Findings {
			way := h.remove
			switch {
			case f.Source == scanner.SourceTag:
				way = removeFromTag
			case f.Line == 0 && strings.HasPrefix(f.Path, "refs/") && f.Blob == "":
				way = removeFromName
			}
			if result.Fails(l) && !slices.Contains(ways, way) {
				ways = append(ways, way)
			}
		}
	}
	return ways
}
