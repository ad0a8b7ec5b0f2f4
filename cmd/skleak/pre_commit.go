package main

import (
	"github.com/spf13/cobra"

	"skleak/cmd/internal/flags"
	"skleak/scanner/gate"
	"skleak/scanner/run"
)

func preCommitCommand(w *world) *cobra.Command {
	f := &flags.Flags{NoProgress: true, Follow: true}
	c := &cobra.Command{
		Use:   "pre-commit [FILE...]",
		Short: "Check what is staged: the keys that a commit would add",
		Long: `Pre-commit reads the staged content of each file that the commit changes, and blocks if there is a key in it
that was not in that file before (in a merge: on neither side). What stands in the working tree alone does not matter.

With FILEs, only they are checked; one that is not staged is read whole, from the working tree.`,
		Example: `  skleak hook pre-commit
  git ls-files -z | xargs -0 skleak hook pre-commit --`,
		Annotations: map[string]string{namesFiles: "yes"},
		RunE:        preCommitHook.checking(w, f, func(args []string) (run.Plan, error) { return gate.Commit(w.Env, args) }),
	}
	f.AddReport(c)
	return c
}

var preCommitHook = &hook{
	stopped: "commit stopped",
	remove:  `remove it: take the key out of the file, "git add" the file and commit again`,
	others: []string{
		allowIt,
		`"git commit --no-verify" skips this check; the key then stays in the history, also if a later commit removes it, ` +
			"and has to be revoked",
	},
	unread: []string{
		`repair it: "git fsck" says more; then commit again`,
		`"git commit --no-verify" skips this check; look at what is named above yourself first`,
	},
	files: &hook{
		stopped: "check failed",
		holds:   "the files hold",
		remove:  "remove it: take the key out of the file",
		others:  []string{allowIt},
	},
}
