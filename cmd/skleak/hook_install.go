package main

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"skleak/cmd/internal/program"
	"skleak/scanner/gate/install"
)

// installFlags is what the user asked of "hook install".
type installFlags struct {
	install.Request
	preCommit, prePush bool
}

func installCommand(w *world) *cobra.Command {
	f := &installFlags{}
	c := &cobra.Command{
		Use:   "install",
		Short: "Put the hooks where git looks for them, or take them away",
		Long: `Install writes a hook of two lines for pre-commit and for pre-push, or for the ones asked for, into the folder
where git looks for this repository's hooks. A hook that is there already is kept, and run first; --uninstall puts it
back. Installing twice changes nothing. In a repository with husky, a line in husky's scripts does the same.

With --global, the hooks are for every repository of yours: they lie in a folder that core.hooksPath of your own git
configuration names, and run each repository's own hooks, too.`,
		Example: `  skleak hook install
  skleak hook install --pre-push
  skleak hook install --global
  skleak hook install --uninstall`,
		Args: program.NoArguments,
		RunE: func(c *cobra.Command, _ []string) error { return w.install(c.Context(), f) },
	}
	set := c.Flags()
	set.BoolVar(&f.preCommit, "pre-commit", false, "only the hook for commits")
	set.BoolVar(&f.prePush, "pre-push", false, "only the hook for pushes")
	set.BoolVar(&f.Global, "global", false, "for all repositories of yours")
	set.BoolVar(&f.Uninstall, "uninstall", false, "take the hooks away and put back what was there before")
	set.BoolVar(&f.Outside, "outside", false,
		"also where only the repository itself, by its core.hooksPath or by a link, says that hooks lie outside of it")
	return c
}

// hooks are the names of those asked for; without a word, both.
func (f *installFlags) hooks() (names []string) {
	if f.preCommit || !f.prePush {
		names = append(names, install.PreCommit)
	}
	if f.prePush || !f.preCommit {
		names = append(names, install.PrePush)
	}
	return names
}

func (w *world) install(ctx context.Context, f *installFlags) error {
	var err error
	if f.Program, err = os.Executable(); err != nil {
		return fmt.Errorf("finding out where skleak itself lies: %w", err)
	}
	f.Hooks = f.hooks()
	result, err := install.Do(ctx, f.Request)
	for _, note := range result.Notes {
		w.Say("%s", note)
	}
	for _, change := range result.Changes {
		fmt.Fprintln(w.Out, w.Harmless(change.Path+": "+change.Did))
	}
	return err
}
