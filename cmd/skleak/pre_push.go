package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"skleak/cmd/internal/flags"
	"skleak/cmd/internal/terminal"
	"skleak/scanner/gate"
	"skleak/scanner/run"
)

func prePushCommand(w *world) *cobra.Command {
	f := &flags.Flags{Follow: true}
	c := &cobra.Command{
		Use:   "pre-push [REMOTE URL]",
		Short: "Check what a push would bring to the other side",
		Long: `Pre-push reads every commit and tag that the push brings and the remote does not have: all that the pushed
refs lead to, less what the remote's refs led to when they were last seen at this URL (refs/remotes/REMOTE/, and what
git says on standard input). A key that one commit adds and a later one removes is in the push, too.

The pre-commit framework tells its hooks in the environment what is pushed; that is understood as well.`,
		Example: `  skleak hook pre-push -- "$@"      # in .git/hooks/pre-push`,
		RunE:    prePushHook.checking(w, f, w.planPrePush),
	}
	f.AddReport(c)
	return c
}

var prePushHook = &hook{
	stopped: "push stopped",
	remove:  removeFromCommits,
	others: []string{
		allowIt,
		`"git push --no-verify" skips this check; the key is then on the other side, in every clone of it, and has to be ` +
			"revoked",
	},
	unread: []string{
		`repair it: "git fsck" says more, "git fetch" brings what is missing; then push again`,
		`"git push --no-verify" skips this check; look at what is named above yourself first`,
	},
}

// planPrePush refuses to wait for what nobody types.
func (w *world) planPrePush(args []string) (run.Plan, error) {
	switch {
	case len(args) > 2:
		return run.Plan{}, fmt.Errorf("pre-push takes a remote and its URL, as git gives them, but got %d arguments",
			len(args))
	case len(args) > 0 && terminal.Is(w.In):
		return run.Plan{}, errors.New(`git tells pre-push on standard input what is pushed, and a terminal is there; ` +
			`to check by hand: "skleak git --range origin/main..HEAD"`)
	case len(args) == 0 && w.Env["PRE_COMMIT"] == "":
		return run.Plan{}, errors.New("pre-push needs what git gives it: the remote and its URL, as in " +
			`"skleak hook pre-push -- "$@"" in the hook`)
	}
	return gate.Push(w.Env, w.In, args)
}
