package gitdir

import (
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"strings"
)

// includeDepth is how far include.path is followed in the user's own files, as in git.
const includeDepth = 10

// ExcludesFile returns the file with the user's own ignore patterns: core.excludesFile of the
// worktree, the repository, the user or the system, in this order, else git/ignore in the user's
// configuration folder. It need not exist. "" means none, also where the repository's setting leads out of what is
// scanned: then more is scanned, not less.
func (d *Dir) ExcludesFile() string {
	path, ok := d.setting("core.excludesfile")
	if !ok {
		if dir := ConfigHome(); dir != "" {
			return filepath.Join(dir, "git", "ignore")
		}
		return ""
	}
	base := d.Worktree
	if base == "" {
		base = d.Git
	}
	full, err := within(base, expandHome(path))
	if err != nil {
		return ""
	}
	if _, own := d.config.lookup("core.excludesfile"); own {
		return d.inside(full)
	}
	return full
}

// InfoExclude is the file with the ignore patterns of this repository alone. It need not exist. "" means none: it
// leads out of what is scanned.
func (d *Dir) InfoExclude() string { return d.inside(filepath.Join(d.Common, "info", "exclude")) }

// inside returns where path leads, links resolved, and "" if that is not to be read.
func (d *Dir) inside(path string) string {
	real, err := d.bounds.admit(path)
	if err != nil {
		return ""
	}
	return real
}

// IgnoreCase is core.ignoreCase: names that differ in case only are the same file.
func (d *Dir) IgnoreCase() bool { return d.flag("core.ignorecase") }

// PrecomposeUnicode is core.precomposeUnicode, which git sets on macOS: names on the disk may be decomposed, those
// in the index are not.
func (d *Dir) PrecomposeUnicode() bool { return d.flag("core.precomposeunicode") }

func (d *Dir) flag(key string) bool {
	text, ok := d.setting(key)
	if !ok {
		return false
	}
	value, _ := settings{{key, text}}.bool(key)
	return value
}

// setting looks a key up in all configuration that holds for this worktree.
func (d *Dir) setting(key string) (string, bool) {
	if value, ok := d.config.lookup(key); ok {
		return value, true
	}
	return userSettings().lookup(key)
}

// userSettings reads the system's and the user's configuration files. The variables that name other
// files are honoured, as in git: they belong to the user, not to the repository.
func userSettings() (all settings) {
	for _, path := range userConfigFiles() {
		all = append(all, readUserConfig(path, 0)...)
	}
	return all
}

func userConfigFiles() (paths []string) {
	system, ok := os.LookupEnv("GIT_CONFIG_SYSTEM")
	if !ok {
		system = systemConfig()
	}
	if off, _ := (settings{{"", os.Getenv("GIT_CONFIG_NOSYSTEM")}}).bool(""); !off {
		paths = append(paths, system)
	}
	if global, ok := os.LookupEnv("GIT_CONFIG_GLOBAL"); ok {
		return append(paths, global)
	}
	if dir := ConfigHome(); dir != "" {
		paths = append(paths, filepath.Join(dir, "git", "config"))
	}
	if dir := home(); dir != "" {
		paths = append(paths, filepath.Join(dir, ".gitconfig"))
	}
	return paths
}

// systemConfig is where git looks by default. A git built for another place (Homebrew, Xcode) has
// another one, which only that git can tell.
func systemConfig() string {
	if runtime.GOOS == "windows" {
		return filepath.Join(os.Getenv("ProgramFiles"), "Git", "etc", "gitconfig")
	}
	return "/etc/gitconfig"
}

// readUserConfig reads one file and those that it includes. What cannot be read is left out: only
// ignore patterns hang on it, and without them more is scanned, not less. includeIf is not understood.
func readUserConfig(path string, depth int) (all settings) {
	data, err := readFile(path, configLimit)
	if err != nil {
		return nil
	}
	parsed, _ := parseConfig(data)
	for _, one := range parsed {
		all = append(all, one)
		if one.key != "include.path" || depth == includeDepth {
			continue
		}
		if included, err := within(filepath.Dir(path), expandHome(one.value)); err == nil {
			all = append(all, readUserConfig(included, depth+1)...)
		}
	}
	return all
}

// home is the user's home folder: git asks HOME first on Windows too.
func home() string {
	if dir := os.Getenv("HOME"); dir != "" {
		return dir
	}
	dir, _ := os.UserHomeDir()
	return dir
}

// ConfigHome is where git and other programs keep the user's configuration on every system; os.UserConfigDir would
// name other folders on macOS and Windows.
func ConfigHome() string {
	if dir := os.Getenv("XDG_CONFIG_HOME"); dir != "" {
		return dir
	}
	if dir := home(); dir != "" {
		return filepath.Join(dir, ".config")
	}
	return ""
}

// expandHome replaces a leading ~ or ~name by that user's home folder.
func expandHome(path string) string {
	rest, ok := strings.CutPrefix(path, "~")
	if !ok {
		return path
	}
	name, rest, _ := strings.Cut(rest, "/")
	dir := home()
	if name != "" {
		other, err := user.Lookup(name)
		if err != nil {
			return path
		}
		dir = other.HomeDir
	}
	return filepath.Join(dir, rest)
}
