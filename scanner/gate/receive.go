package gate

import (
	"io"

	"skleak/scanner/git/oid"
	"skleak/scanner/history"
	"skleak/scanner/run"
)

// Receive is what git's pre-receive hook asks on a server: what of a push is new to it. in is what git says of the
// refs.
func Receive(env Git, in io.Reader) (run.Plan, error) {
	return receive(env, func(g *history.Repo) (history.Change, error) { return readReceived(g, in) })
}

// Update is what git's update hook asks on a server, of one ref.
func Update(env Git, ref, before, after string) (run.Plan, error) {
	return receive(env, func(g *history.Repo) (push history.Change, err error) {
		err = addUpdate(g, &push, ref, before, after)
		return push, err
	})
}

// receive checks what a push brings to this repository. All of its own refs are known to it. What is pushed has no
// say: no tree is asked for configuration, and no comment beside a key is believed. What the base had is not new,
// with or without a comment.
func receive(env Git, read func(*history.Repo) (history.Change, error)) (run.Plan, error) {
	g, err := env.open()
	if err != nil {
		return run.Plan{}, err
	}
	push, err := read(g)
	if err != nil {
		return run.Plan{}, err
	}
	push.Known = append(push.Known, g.Tips()...)
	push.Quarantine = env["GIT_QUARANTINE_PATH"]
	p := planPush(g, push)
	p.Believes = nobody
	return p, nil
}

// readReceived reads what git says of a push that it receives, one ref a line: old id, new id, ref.
func readReceived(g *history.Repo, in io.Reader) (push history.Change, err error) {
	err = eachLine(in, 3, func(words []string) error { return addUpdate(g, &push, words[2], words[0], words[1]) })
	return push, err
}

// addUpdate adds one ref to a push. An id of zeros means that there is no such ref, before or after.
func addUpdate(g *history.Repo, push *history.Change, ref, before, after string) error {
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
