package gitdir

import (
	"path/filepath"
)

// HooksDir returns the folder in which git looks for this repository's hooks, which need not exist: core.hooksPath, relative to
// where git runs hooks, else the hooks folder beside the objects. configured is true for the former. Where the repository alone,
// by its configuration or by a link, says that they lie elsewhere, it is an *OutsideError.
func (d *Dir) HooksDir() (dir string, configured bool, err error) {
	path, ok := d.setting("core.hookspath")
	if !ok || path == "" {
		dir, err = d.bounds.admit(filepath.Join(d.Common, "hooks"))
		return dir, false, err
	}
	base := d.Worktree
	if base == "" {
		base = d.Git
	}
	if dir, err = within(base, expandHome(path)); err == nil && d.OwnHooksDir() != "" {
		dir, err = d.bounds.admit(dir)
	}
	return dir, true, err
}

// UserHooksDir returns the user's own core.hooksPath, which holds for every repository that has none of its own; "" if there is
// none. A relative one means another folder in each repository, and is returned as it is.
func UserHooksDir() string { return expandHome(userSettings().last("core.hookspath")) }

// OwnHooksDir is the core.hooksPath in the repository's own configuration, "" if there is none. It hides the user's.
func (d *Dir) OwnHooksDir() string { return d.config.last("core.hookspath") }

// ConfigHome is the folder in which the user's configuration of git and of other programs lies, "" if there is none.
func ConfigHome() string { return configHome() }
