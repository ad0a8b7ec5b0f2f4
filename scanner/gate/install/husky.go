package install

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Husky owns the folder that core.hooksPath names, .husky/_, and writes it anew at each "npm install". The hooks in
// it run the team's scripts of the same names in .husky, by "sh -e", and those stay. So the place for a hook of ours
// is a line in such a script. (Before version 9, git ran the scripts in .husky itself.)

// huskyScripts returns the folder of the team's scripts, if dir is where git looks for hooks and belongs to husky.
func huskyScripts(dir string) (scripts string, ok bool) {
	above := filepath.Dir(dir)
	switch {
	case filepath.Base(dir) == "_" && (existsAt(filepath.Join(dir, "h")) || existsAt(filepath.Join(dir, "husky.sh")) ||
		filepath.Base(above) == ".husky"):
		return above, true
	case existsAt(filepath.Join(dir, "_", "husky.sh")):
		return dir, true
	}
	return "", false
}

// changeHusky installs or takes away what was asked for in the team's scripts.
func changeHusky(hooks folder, scripts string, request Request, result *Result) error {
	if hooks.dir != scripts { // former versions took husky's own hooks for the place
		for _, name := range request.Hooks {
			if _, err := hooks.uninstall(name); err != nil {
				return err
			}
		}
	}
	to := huskyFolder{folder{dir: scripts, program: hooks.program, shared: true}}
	change := to.install
	if request.Uninstall {
		change = to.uninstall
	}
	if err := eachHook(request.Hooks, scripts, result, change); err != nil || request.Uninstall {
		return err
	}
	result.note("husky runs the scripts in %s: commit the line of skleak's, and it holds for everybody who has skleak "+
		"in PATH; till then \"git stash\" and the like take it away", scripts)
	if !existsAt(filepath.Join(hooks.dir, PreCommit)) {
		result.note("there are no hooks in %s, where git looks for them, until husky makes them: run \"npx husky\"",
			hooks.dir)
	}
	return nil
}

type huskyFolder struct{ folder }

const shebang = "#!/bin/sh\n"

func (h huskyFolder) install(name string) (did string, err error) {
	path := filepath.Join(h.dir, name)
	text, mode, err := readScript(path)
	if err != nil {
		return "", err
	}
	rest, had := withoutLine(text)
	did = "a line of skleak's runs the check after the rest"
	switch {
	case mode == 0:
		rest, mode, did = shebang, 0o755, "installed"
	case had:
		did = "brought up to date"
	}
	first := ""
	if strings.HasPrefix(rest, "#!") {
		var found bool
		if first, rest, found = strings.Cut(rest, "\n"); !found {
			rest = ""
		}
		first += "\n"
	}
	if script := first + h.line(name) + rest; script != text {
		return did, writeHook(path, script, mode)
	}
	return "is installed already", nil
}

func (h huskyFolder) uninstall(name string) (did string, err error) {
	path := filepath.Join(h.dir, name)
	text, mode, err := readScript(path)
	if err != nil {
		return "", err
	}
	rest, had := withoutLine(text)
	switch {
	case !had:
		return "has no line of skleak's", nil
	case rest != shebang:
		return "the line of skleak's is removed", writeHook(path, rest, mode)
	}
	if err := os.Remove(path); err != nil {
		return "", fmt.Errorf("removing the %s script: %w", name, err)
	}
	return "removed", nil
}

// line stands first in a script of the team's, runs that script a second time for what follows it, and then ours. So
// it is reached also where the script ends with exit or exec, and each of the two has the whole standard input. The
// variable names the script that is running, as a mark for the second time.
func (h huskyFolder) line(name string) string {
	return `[ "${SKLEAK_IN-}" = "$PWD/$0" ] || { SKLEAK_IN=$PWD/$0; export SKLEAK_IN; ` +
		h.chain(name, `sh -e "$0" "$@"`) + `; exit; } ` + mark + "\n"
}

// withoutLine is a script without the line of ours, and whether it had one.
func withoutLine(text string) (rest string, had bool) {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if strings.HasSuffix(strings.TrimRight(line, "\r\n"), " "+mark) {
			had = true
			continue
		}
		b.WriteString(line)
	}
	return b.String(), had
}

// readScript reads a script of the team's; its mode is 0 if there is none.
func readScript(path string) (text string, mode os.FileMode, err error) {
	info, err := os.Lstat(path)
	switch {
	case os.IsNotExist(err):
		return "", 0, nil
	case err != nil:
		return "", 0, fmt.Errorf("looking at the script that is there: %w", err)
	case !info.Mode().IsRegular() || info.Size() > hookLimit:
		return "", 0, fmt.Errorf("%s is no plain file of a script's size; put \"skleak hook %s\" into what it runs", path,
			filepath.Base(path))
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return "", 0, fmt.Errorf("looking at the script that is there: %w", err)
	}
	return string(data), info.Mode().Perm(), nil
}
