package install

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"skleak/scanner/git/gitdir"
)

// passedOn are the other hooks that a repository may have. Where core.hooksPath names a folder for all repositories,
// git looks nowhere else, so each of them needs a hook there that runs the repository's own. push-to-checkout is not
// among them: that it is there at all changes what git does.
var passedOn = []string{
	"applypatch-msg", "commit-msg", "post-applypatch", "post-checkout", "post-commit", "post-index-change", "post-merge",
	"post-receive", "post-rewrite", "post-update", "pre-applypatch", "pre-auto-gc", "pre-merge-commit", "pre-rebase",
	"pre-receive",
	"prepare-commit-msg", "proc-receive", "reference-transaction", "sendemail-validate", "update",
}

// repositoryHook defines a shell function that runs a repository's own hook of that name, if there is one that git
// would run.
func repositoryHook(name string) string {
	return `own() { own=$(git rev-parse --git-common-dir)/hooks/` + name + `; [ ! -x "$own" ] || "$own" "$@"; }; `
}

// noRepository makes git look for no repository, and read no configuration but the system's and the user's: a
// repository has no say in what holds for all.
var noRepository = []string{"GIT_DIR=" + os.DevNull}

// installGlobally installs for all repositories of the user. A core.hooksPath that the user has is respected: then
// the hooks are chained there as in a repository. Else a folder of ours becomes it.
func installGlobally(ctx context.Context, request Request, result *Result) error {
	own, err := ownFolder()
	if err != nil {
		return err
	}
	dir, _, err := setting(ctx, noRepository, "--type=path", "core.hooksPath")
	if err != nil {
		return err
	}
	isOwn := dir == "" || realPath(dir) == realPath(own)
	if isOwn {
		dir = own
	} else if !filepath.IsAbs(dir) {
		return fmt.Errorf("core.hooksPath of your git configuration is %s, which is another folder in each repository; "+
			"install the hooks in each of them", dir)
	}
	to := folder{dir: dir, program: request.Program, global: isOwn}
	if err := to.change(request, result); err != nil {
		return err
	}
	if !isOwn {
		result.note("core.hooksPath of your git configuration names that folder already, and stays")
	} else if err := to.settleGlobal(ctx); err != nil {
		return err
	}
	if w, err := findHooks(ctx); err == nil && w.dir != realPath(dir) && !request.Uninstall {
		result.note("in this repository core.hooksPath is %s, which hides the hooks just installed; \"skleak hook "+
			"install\" adds them there", w.dir)
	}
	return nil
}

// ownFolder is where hooks for all repositories lie.
func ownFolder() (string, error) {
	home := gitdir.ConfigHome()
	if home == "" {
		return "", errors.New("there is no home folder to keep hooks in; set HOME")
	}
	return filepath.Join(home, "skleak", "hooks"), nil
}

// settleGlobal makes git look in our folder while a hook of ours is there, and the hooks that pass on are there as
// long.
func (f folder) settleGlobal(ctx context.Context) error {
	checks := []string{PreCommit, PrePush}
	inUse := false
	for _, name := range checks {
		there, err := readHook(filepath.Join(f.dir, name))
		if err != nil {
			return err
		}
		inUse = inUse || strings.Contains(there.text, f.command(name))
	}
	for _, name := range slices.Concat(checks, passedOn) {
		path := filepath.Join(f.dir, name)
		there, err := readHook(path)
		switch {
		case err != nil:
		case inUse && there.text == "":
			err = writeHook(path, hookText(repositoryHook(name)+`own "$@"`), 0o755)
		case !inUse && there.ours:
			err = os.Remove(path)
		}
		if err != nil {
			return err
		}
	}
	return f.nameInConfiguration(ctx, inUse)
}

// nameInConfiguration makes core.hooksPath of the user's configuration the folder, or takes it away. Git changes its
// configuration itself: it knows where that is and how to write it.
func (f folder) nameInConfiguration(ctx context.Context, inUse bool) error {
	change := []string{"config", "--global", "core.hooksPath", f.dir}
	now, _, err := setting(ctx, noRepository, "--type=path", "core.hooksPath")
	if !inUse {
		change = []string{"config", "--global", "--unset", "core.hooksPath"}
	}
	if err != nil || !inUse && now == "" {
		return err
	}
	_, err = ask(ctx, noRepository, change...)
	return err
}
