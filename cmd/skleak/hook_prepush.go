package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"skleak/scanner/git/oid"
	"skleak/scanner/history"
)

func prePushCommand(w *world) *cobra.Command {
	f := &flags{follow: true}
	c := &cobra.Command{
		Use:   "pre-push [REMOTE URL]",
		Short: "Check what a push would bring to the other side",
		Long: `Pre-push reads every commit and tag that the push brings and the remote does not have: all that the pushed refs lead
to, less what the remote's refs led to when they were last seen (refs/remotes/REMOTE/, and what git says on standard input). A key that
one commit adds and a later one removes is in the push, too.

The pre-commit framework tells its hooks in the environment what is pushed; that is understood as well.`,
		Example: `  skleak hook pre-push "$@"      # in .git/hooks/pre-push`,
		RunE:    checkHook(w, f, w.planPrePush),
	}
	f.addReport(c)
	return c
}

var prePushHook = &hook{
	stopped: "push stopped",
	leaks: []string{
		`remove it from the commits above, not only from the newest: "git commit --amend", or "git rebase -i" with the first of them; then push again`,
		"allow it: " + allowIt,
		`"git push --no-verify" skips this check; the key is then on the other side, in every clone of it, and has to be revoked`,
	},
	unread: []string{
		`repair it: "git fsck" says more, "git fetch" brings what is missing; then push again`,
		`"git push --no-verify" skips this check; look at what is named above yourself first`,
	},
}

// planPrePush learns what is pushed.
func (w *world) planPrePush(args []string) (plan, error) {
	if len(args) > 2 {
		return plan{}, fmt.Errorf("pre-push takes a remote and its URL, as git gives them, but got %d arguments", len(args))
	}
	g, err := w.openGate()
	if err != nil {
		return plan{}, err
	}
	var push history.Push
	switch {
	case len(args) > 0:
		if isTerminal(w.in) {
			return plan{}, errors.New(`git tells pre-push on standard input what is pushed, and a terminal is there; to check by hand: "skleak git --range origin/main..HEAD"`)
		}
		push, err = readPush(g, w.in)
		push.Known = append(push.Known, g.RemoteTips(args[0])...)
	case w.env["PRE_COMMIT"] != "":
		push, err = w.frameworkPush(g)
	default:
		err = errors.New(`pre-push needs what git gives it: the remote and its URL, as in "skleak hook pre-push "$@"" in the hook`)
	}
	if err != nil {
		return plan{}, err
	}
	return w.planPush(g, push, prePushHook), nil
}

// planPush searches what a push brings.
func (w *world) planPush(g *history.Gate, push history.Push, h *hook) plan {
	work := func(ctx context.Context, s *scanning) error {
		defer g.Close()
		return g.Push(ctx, push, s.bounded(history.Options{
			Rules: s.rules, Coverage: &s.coverage, Jobs: s.jobs,
			Ignore: s.settings.ignoreBelow(g.Worktree(), ""), Progress: s.stages.next("commits"),
		}), s.gate)
	}
	return plan{targets: []string{"what is pushed"}, trees: []string{g.Worktree()}, work: work, hook: h}
}

// readPush reads what git says of a push, one ref a line:
//
//	local ref, local id, remote ref, remote id
//
// A local id of zeros deletes the ref, a remote one makes it.
func readPush(g *history.Gate, in io.Reader) (push history.Push, err error) {
	err = eachLine(in, 4, func(words []string) error {
		return addUpdate(g, &push, words[2], words[3], words[1])
	})
	return push, err
}

// eachLine reads lines of as many words each.
func eachLine(in io.Reader, words int, f func([]string) error) error {
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		all := strings.Fields(lines.Text())
		if len(all) == 0 {
			continue
		}
		if len(all) != words {
			return fmt.Errorf("standard input has a line of %d words where git writes %d: %q", len(all), words, lines.Text())
		}
		if err := f(all); err != nil {
			return fmt.Errorf("reading standard input: %w", err)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("reading standard input: %w", err)
	}
	return nil
}

// frameworkPush learns from the pre-commit framework what is pushed. It reads standard input itself and runs its hooks for one
// ref, the first. Where it does not tell a first commit, all is new to the remote; where it tells nothing, as when somebody runs the
// hook by hand, HEAD is checked against all remotes.
func (w *world) frameworkPush(g *history.Gate) (push history.Push, err error) {
	from, to := w.env["PRE_COMMIT_FROM_REF"], w.env["PRE_COMMIT_TO_REF"]
	for _, name := range []string{w.env["PRE_COMMIT_LOCAL_BRANCH"], "HEAD"} {
		if to == "" {
			to = name
		}
	}
	tip, err := g.Resolve(to)
	if err != nil {
		return push, err
	}
	ref := w.env["PRE_COMMIT_REMOTE_BRANCH"]
	if ref == "" {
		ref = to
	}
	push.Tips = []history.Tip{{Ref: ref, ID: tip}}
	if remote := w.env["PRE_COMMIT_REMOTE_NAME"]; remote != "" {
		push.Known = g.RemoteTips(remote)
	} else if from == "" {
		push.Known = g.AllRemoteTips()
	}
	if from != "" {
		var id oid.ID
		if id, err = g.Resolve(from); err != nil {
			return push, err
		}
		push.Known = append(push.Known, id)
	}
	return push, nil
}
