package install

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// where is what git says of a repository's hooks. All paths are absolute, with links followed.
type where struct {
	dir        string // where git looks for hooks; it need not exist
	configured bool   // by core.hooksPath
	ofUser     bool   // the user's own configuration alone says so
	worktree   string // "" in a bare repository
	common     string // the git directory that all worktrees share
	git        string
}

// findHooks asks git about the repository of the current folder. Reading core.hooksPath ourselves was given up:
// includes, conditions, and links before a ".." let git look elsewhere than where we wrote.
func findHooks(ctx context.Context) (w where, err error) {
	git, err := ask(ctx, nil, "rev-parse", "--absolute-git-dir")
	switch {
	case err != nil && strings.Contains(err.Error(), "not a git repository"):
		return w, errors.New("hooks belong to a git repository, and this is none; for all of yours: " +
			`"skleak hook install --global"`)
	case err != nil:
		return w, err
	}
	w.git = realPath(git)
	if top, err := ask(ctx, nil, "rev-parse", "--show-toplevel"); err == nil { // a bare repository has none
		w.worktree = realPath(top)
	}
	base := w.worktree
	if base == "" {
		base = w.git
	}
	if w.common, err = askPath(ctx, base, "--git-common-dir"); err != nil {
		return w, err
	}
	value, configured, err := setting(ctx, nil, "--type=path", "core.hooksPath")
	if err != nil {
		return w, err
	}
	if configured && value == "" {
		return w, errors.New("core.hooksPath is empty: git runs no hooks at all here; change that first")
	}
	if w.dir, err = askPath(ctx, base, "--git-path", "hooks"); err != nil {
		return w, err
	}
	// Git before 2.26 cannot tell: then it is the repository's.
	scope, _, _ := setting(ctx, nil, "--show-scope", "core.hooksPath")
	scope, _, _ = strings.Cut(scope, "\t")
	w.configured = configured
	w.ofUser = filepath.IsAbs(value) && (scope == "system" || scope == "global" || scope == "command")
	return w, nil
}

// outside is where the repository, by its configuration or by a link, says that its hooks lie outside of it, else "".
func (w where) outside() string {
	for _, root := range []string{w.worktree, w.git, w.common} {
		if root != "" && isBelow(root, w.dir) {
			return ""
		}
	}
	if w.ofUser {
		return ""
	}
	return w.dir
}

// inWorktree is true for hooks that can be committed.
func (w where) inWorktree() bool {
	return w.worktree != "" && isBelow(w.worktree, w.dir) && !isBelow(w.git, w.dir) && !isBelow(w.common, w.dir)
}

// askPath asks "git rev-parse" for a path. Git before 2.31 has no --path-format, repeats it, and answers with a path
// relative to the current folder or, for core.hooksPath, to base.
func askPath(ctx context.Context, base string, args ...string) (string, error) {
	const format = "--path-format=absolute"
	path, err := ask(ctx, nil, append([]string{"rev-parse", format}, args...)...)
	if err != nil {
		return "", err
	}
	if old, ok := strings.CutPrefix(path, format+"\n"); ok {
		path = old
	}
	if !filepath.IsAbs(path) {
		path = base + string(filepath.Separator) + path // not joined: that would drop a link before a ".."
	}
	return realPath(path), nil
}

// setting asks git for a setting, as it holds in the current folder.
func setting(ctx context.Context, env []string, args ...string) (value string, ok bool, err error) {
	value, err = ask(ctx, env, append([]string{"config", "--get"}, args...)...)
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.ExitCode() == 1 {
		return "", false, nil // there is no such setting
	}
	return value, err == nil, err
}

// ask runs git for an answer. Neither rev-parse nor config starts a program that a repository's configuration names,
// and what git starts in other commands is off.
func ask(ctx context.Context, env []string, args ...string) (string, error) {
	off := []string{"--no-pager", "-c", "core.fsmonitor=false", "-c", "core.pager=cat"}
	c := exec.CommandContext(ctx, "git", append(off, args...)...)
	c.Env = append(append(os.Environ(), "LC_ALL=C", "GIT_OPTIONAL_LOCKS=0"), env...)
	var said strings.Builder
	c.Stderr = &said
	out, err := c.Output()
	if errors.Is(err, exec.ErrNotFound) {
		return "", errors.New("git is not in PATH; installing hooks asks git where it looks for them")
	}
	if err != nil {
		return "", fmt.Errorf("git %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(said.String()))
	}
	return strings.TrimSuffix(strings.TrimSuffix(string(out), "\n"), "\r"), nil
}

// realPath follows the links in a path as far as it exists.
func realPath(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	trimmed := strings.TrimRight(path, string(filepath.Separator))
	above, name := filepath.Split(trimmed)
	if above == "" || above == path || name == ".." {
		return filepath.Clean(path)
	}
	return filepath.Join(realPath(above), name)
}

func isBelow(root, path string) bool {
	rel, err := filepath.Rel(root, path)
	return err == nil && filepath.IsLocal(rel)
}
