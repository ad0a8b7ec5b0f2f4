package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"skleak/cmd/internal/flags"
	"skleak/cmd/internal/program"
	"skleak/cmd/internal/terminal"
	"skleak/scanner/gate"
	"skleak/scanner/run"
)

func preReceiveCommand(w *world) *cobra.Command {
	f := &flags.Flags{NoProgress: true, Follow: true}
	c := &cobra.Command{
		Use:   "pre-receive",
		Short: "Check on a server what somebody pushes",
		Long: `Pre-receive reads what a push brings while git keeps it in quarantine: all that the pushed refs lead to and
none of the repository's does, and whatever else was sent along. Where it blocks, git throws the whole push away, and
nothing of it stays on the server.

What is pushed has no say, comments that allow a key included: the only configuration is the server's.`,
		Example: `  exec skleak hook pre-receive      # in hooks/pre-receive of a bare repository`,
		Args:    program.NoArguments,
		RunE: receiveHook.checking(w, f, func([]string) (run.Plan, error) {
			if terminal.Is(w.In) {
				return run.Plan{}, errors.New("pre-receive reads from standard input what git tells it, and standard " +
					"input is a terminal; git runs this hook itself")
			}
			return gate.Receive(w.Env, w.In)
		}),
	}
	f.AddReport(c)
	return c
}

func updateCommand(w *world) *cobra.Command {
	f := &flags.Flags{NoProgress: true, Follow: true}
	c := &cobra.Command{
		Use:   "update REF OLD NEW",
		Short: "Check on a server what somebody pushes to one ref",
		Long: `Update is pre-receive for one ref: it lets the other refs of a push through. When git runs it, quarantine is
over, so what it refuses stays on the server until "git gc". Prefer pre-receive.`,
		Example: `  exec skleak hook update -- "$@"      # in hooks/update of a bare repository`,
		RunE: receiveHook.checking(w, f, func(args []string) (run.Plan, error) {
			if len(args) != 3 {
				return run.Plan{}, fmt.Errorf("update needs a ref and two object ids, as git gives them, but got %d arguments",
					len(args))
			}
			return gate.Update(w.Env, args[0], args[1], args[2])
		}),
	}
	f.AddReport(c)
	return c
}

var receiveHook = &hook{
	stopped: "push refused",
	remove:  removeFromCommits,
	others: []string{
		"allow it: is it no secret? whoever runs this server can put the fingerprint above into the configuration of the " +
			"server",
		`nothing skips this check: "git push --no-verify" is for hooks on your side, this one runs on the server; was the ` +
			"key ever in use? revoke it",
	},
	unread: []string{
		`push again: what arrived may have been damaged on its way; "git fsck" on your side tells whether it was before`,
		"if that does not help, whoever runs this server has to repair the repository: the list above names what cannot " +
			"be read there",
	},
}
