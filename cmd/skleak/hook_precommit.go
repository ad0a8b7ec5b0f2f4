package main

import (
	"context"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"skleak/scanner/files"
	"skleak/scanner/history"
)

func preCommitCommand(w *world) *cobra.Command {
	f := &flags{noProgress: true, follow: true}
	c := &cobra.Command{
		Use:   "pre-commit [FILE...]",
		Short: "Check what is staged: the keys that a commit would add",
		Long: `Pre-commit reads the staged content of each file that the commit changes, and blocks if there is a key in it
that was not in that file before (in a merge: on neither side). What stands in the working tree alone does not matter.

With FILEs, only they are checked; one that is not staged is read whole, from the working tree.`,
		Example: `  skleak hook pre-commit
  git ls-files -z | xargs -0 skleak hook pre-commit`,
		RunE: checkHook(w, f, w.planPreCommit),
	}
	f.addReport(c)
	return c
}

var preCommitHook = &hook{
	stopped: "commit stopped",
	leaks: []string{
		`remove it: take the key out of the file, "git add" the file and commit again`,
		"allow it: " + allowIt,
		`"git commit --no-verify" skips this check; the key then stays in the history, also if a later commit removes it, and has to be revoked`,
	},
	unread: []string{
		`repair it: "git fsck" says more; then commit again`,
		`"git commit --no-verify" skips this check; look at what is named above yourself first`,
	},
}

// planPreCommit checks that there is a repository and that the files can be in it.
func (w *world) planPreCommit(args []string) (plan, error) {
	g, err := w.openGate()
	if err != nil {
		return plan{}, err
	}
	names, err := namesBelow(g.Worktree(), args)
	if err != nil {
		return plan{}, err
	}
	ahead(g.ReadAhead)
	work := func(ctx context.Context, s *scanning) error {
		defer g.Close()
		return s.scanStaged(ctx, g, names)
	}
	return plan{targets: []string{"what is staged"}, trees: []string{g.Worktree()}, work: work, hook: preCommitHook}, nil
}

// scanStaged checks what is staged, and the named files that are not from the working tree.
func (s *scanning) scanStaged(ctx context.Context, g *history.Gate, names []string) error {
	ignore := s.settings.ignoreBelow(g.Worktree(), "")
	rest, err := g.Staged(ctx, names, s.bounded(history.Options{
		Rules: s.rules, Coverage: &s.coverage, Jobs: s.jobs, Ignore: ignore, Progress: s.stages.next("files"),
	}), s.gate)
	if err != nil || len(rest) == 0 {
		return err
	}
	return files.List(ctx, g.Worktree(), rest, files.Options{
		Rules: s.rules, Coverage: &s.coverage, Jobs: s.jobs, Ignore: ignore, Progress: s.stages.next("files"),
	}, s.gate)
}

// namesBelow turns arguments into paths relative to the root of the working tree, with forward slashes, each once. Without
// arguments it returns nil.
func namesBelow(worktree string, args []string) (names []string, err error) {
	if len(args) == 0 {
		return nil, nil
	}
	here, ok := relative(worktree, ".")
	for _, arg := range args {
		name := path.Join(filepath.ToSlash(here), filepath.ToSlash(arg))
		if filepath.IsAbs(arg) {
			// Only the folder may be reached through links: the file itself may be one.
			var dir string
			dir, ok = relative(worktree, filepath.Dir(arg))
			name = path.Join(filepath.ToSlash(dir), filepath.Base(arg))
		}
		if !ok || worktree == "" || name == "." || name == ".." || strings.HasPrefix(name, "../") {
			return nil, fmt.Errorf("%s lies outside of the working tree; to scan it: \"skleak dir %s\"", arg, arg)
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}
