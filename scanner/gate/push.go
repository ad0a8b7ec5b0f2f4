package gate

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"

	"skleak/scanner/git/oid"
	"skleak/scanner/history"
	"skleak/scanner/run"
)

// Push is what git's pre-push hook asks: what a push to a remote brings that it does not have. args are those that
// git gives its hook, the remote and its URL, and in is what git says of the refs. Without args, the environment of
// the pre-commit framework tells.
func Push(env Git, in io.Reader, args []string) (run.Plan, error) {
	g, err := env.open()
	if err != nil {
		return run.Plan{}, err
	}
	var push history.Change
	if len(args) > 0 {
		var created []string
		push, created, err = readPush(g, in)
		push.Known = append(push.Known, knownThere(g.Dir, args[len(args)-1], created)...)
	} else {
		push, err = frameworkPush(env, g)
	}
	if err != nil {
		return run.Plan{}, err
	}
	p := planPush(g, push)
	p.Trees, p.Tops = []string{g.Worktree()}, true
	return p, nil
}

// planPush searches what a push brings, the names of its refs included.
func planPush(g *history.Repo, push history.Change) run.Plan {
	source := func(ctx context.Context, s *run.Scan) error {
		defer g.Close() //nolint:errcheck // it was only read
		var names []string
		for _, tip := range push.Tips {
			names = append(names, tip.Ref)
		}
		if err := searchNames(s, names); err != nil {
			return err
		}
		_, err := g.Changes(ctx, push, s.History(g.Worktree(), "", "commits"), s.Found)
		return err
	}
	return run.Plan{Targets: []string{"what is pushed"}, Source: source}
}

// readPush reads what git says of a push, one ref a line:
//
//	local ref, local id, remote ref, remote id
//
// A local id of zeros deletes the ref, a remote one makes it.
func readPush(g *history.Repo, in io.Reader) (push history.Change, created []string, err error) {
	err = eachLine(in, 4, func(words []string) error {
		if strings.Trim(words[3], "0") == "" {
			created = append(created, words[2])
		}
		return addUpdate(g, &push, words[2], words[3], words[1])
	})
	return push, created, err
}

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

// frameworkPush learns from the pre-commit framework what is pushed. It reads standard input itself and runs its
// hooks for one ref, the first. Where it tells nothing, as when somebody runs the hook by hand, HEAD is checked against
// all remotes.
func frameworkPush(env Git, g *history.Repo) (push history.Change, err error) {
	to := cmp.Or(env["PRE_COMMIT_TO_REF"], env["PRE_COMMIT_LOCAL_BRANCH"], "HEAD")
	tip, err := g.Resolve(to)
	if err != nil {
		return push, err
	}
	push.Tips = []history.Tip{{Ref: cmp.Or(env["PRE_COMMIT_REMOTE_BRANCH"], to), ID: tip}}
	from, remote, url := env["PRE_COMMIT_FROM_REF"], env["PRE_COMMIT_REMOTE_NAME"], env["PRE_COMMIT_REMOTE_URL"]
	switch {
	case remote != "":
		push.Known = knownThere(g.Dir, url, nil)
	case from == "":
		push.Known = g.AllRemoteTips()
	}
	// For a remote with a name, the first commit may be a guess of the framework, by refs that are another place's.
	// For a place without one it is what git said of the other side.
	if from != "" && (remote == "" || remote == url) {
		var id oid.ID
		if id, err = g.Resolve(from); err != nil {
			return push, err
		}
		push.Known = append(push.Known, id)
	}
	return push, nil
}
