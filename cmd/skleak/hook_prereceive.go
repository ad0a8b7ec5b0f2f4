package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"skleak/scanner/git/oid"
	"skleak/scanner/history"
)

func preReceiveCommand(w *world) *cobra.Command {
	f := &flags{noProgress: true, follow: true}
	c := &cobra.Command{
		Use:   "pre-receive",
		Short: "Check on a server what somebody pushes",
		Long: `Pre-receive reads what a push brings while git keeps it in quarantine: all that the pushed refs lead to and none of the
repository's does, and whatever else was sent along. Where it blocks, git throws the whole push away, and nothing of it stays on the server.

What the pushed files say does not count, but for comments that allow a key: the only configuration is the server's.`,
		Example: `  exec skleak hook pre-receive      # in hooks/pre-receive of a bare repository`,
		Args:    noArguments,
		RunE: checkHook(w, f, func([]string) (plan, error) {
			if isTerminal(w.in) {
				return plan{}, errors.New("git tells pre-receive on standard input what is pushed, and a terminal is there; git runs this hook itself")
			}
			return w.planReceive(func(g *history.Gate) (history.Push, error) { return readReceived(g, w.in) })
		}),
	}
	f.addReport(c)
	return c
}

func updateCommand(w *world) *cobra.Command {
	f := &flags{noProgress: true, follow: true}
	c := &cobra.Command{
		Use:   "update REF OLD NEW",
		Short: "Check on a server what somebody pushes to one ref",
		Long: `Update is pre-receive for one ref: it lets the other refs of a push through. When git runs it, quarantine is over, so
what it refuses stays on the server until "git gc". Prefer pre-receive.`,
		Example: `  exec skleak hook update "$@"      # in hooks/update of a bare repository`,
		RunE: checkHook(w, f, func(args []string) (plan, error) {
			if len(args) != 3 {
				return plan{}, fmt.Errorf("update needs a ref and two object ids, as git gives them, but got %d arguments", len(args))
			}
			return w.planReceive(func(g *history.Gate) (push history.Push, err error) {
				err = addUpdate(g, &push, args[0], args[1], args[2])
				return push, err
			})
		}),
	}
	f.addReport(c)
	return c
}

var receiveHook = &hook{
	stopped: "push refused",
	leaks: []string{
		`remove it from the commits above, not only from the newest: "git commit --amend", or "git rebase -i" with the first of them; then push again`,
		"allow it: " + allowIt,
		`nothing skips this check: "git push --no-verify" is for hooks on your side, this one runs on the server; was the key ever in use? revoke it`,
	},
	unread: []string{
		`push again: what arrived may have been damaged on its way; "git fsck" on your side tells whether it was before`,
		"if that does not help, whoever runs this server has to repair the repository: the list above names what cannot be read there",
	},
}

// planReceive checks what a push brings to this repository. All of its own refs are known to it.
func (w *world) planReceive(read func(*history.Gate) (history.Push, error)) (plan, error) {
	g, err := w.openGate()
	if err != nil {
		return plan{}, err
	}
	push, err := read(g)
	if err != nil {
		return plan{}, err
	}
	push.Known = append(push.Known, g.Tips()...)
	push.Quarantine = w.env["GIT_QUARANTINE_PATH"]
	p := w.planPush(g, push, receiveHook)
	p.trees = nil // whoever pushes could write there
	return p, nil
}

// readReceived reads what git says of a push that it receives, one ref a line: old id, new id, ref.
func readReceived(g *history.Gate, in io.Reader) (push history.Push, err error) {
	err = eachLine(in, 3, func(words []string) error { return addUpdate(g, &push, words[2], words[0], words[1]) })
	return push, err
}

// addUpdate adds one ref to a push. An id of zeros means that there is no such ref, before or after.
func addUpdate(g *history.Gate, push *history.Push, ref, before, after string) error {
	ids := [2]oid.ID{}
	for i, text := range []string{before, after} {
		var err error
		if ids[i], err = g.ParseID(text); err != nil {
			return err
		}
	}
	if !ids[0].IsZero() {
		push.Known = append(push.Known, ids[0])
	}
	if !ids[1].IsZero() {
		push.Tips = append(push.Tips, history.Tip{Ref: ref, ID: ids[1]})
	}
	return nil
}
