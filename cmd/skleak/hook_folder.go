package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// hookFolder is a folder with hooks of git.
type hookFolder struct {
	*world
	dir     string
	program string // the path of skleak
	global  bool   // the folder is for all repositories, whose own hooks git then passes over
}

const (
	hookMark   = "# installed by skleak" // ends the second and last line of each hook of ours
	keptSuffix = ".before-skleak"        // of the hook that was there before
)

// install writes a hook, and returns what it did. A hook that is there and is not ours is kept beside it.
func (h *hookFolder) install(name string) (did string, err error) {
	path, kept := filepath.Join(h.dir, name), filepath.Join(h.dir, name+keptSuffix)
	there, ours, err := readHook(path)
	if err != nil {
		return "", err
	}
	did = "installed"
	if there != "" && !ours {
		if existsAt(kept) {
			return "", fmt.Errorf("%s is in the way: it was kept when skleak was installed before, and now there is another %s; put the two together first", kept, name)
		}
		if err := os.Rename(path, kept); err != nil {
			return "", fmt.Errorf("keeping the %s hook that is there: %w", name, err)
		}
		did = "installed; the hook that was there is kept as " + filepath.Base(kept) + " and run first"
		if !isExecutable(kept) {
			did = "installed; the file that was there is kept as " + filepath.Base(kept) + " and not run: it is not executable"
		}
	}
	script := h.script(name, existsAt(kept) && isExecutable(kept))
	if script == there && isExecutable(path) {
		return "is installed already", nil
	}
	if ours {
		did = "brought up to date"
	}
	return did, writeHook(path, script)
}

// uninstall takes a hook of ours away and puts back what was there before, and returns what it did.
func (h *hookFolder) uninstall(name string) (did string, err error) {
	path, kept := filepath.Join(h.dir, name), filepath.Join(h.dir, name+keptSuffix)
	there, ours, err := readHook(path)
	switch {
	case err != nil:
		return "", err
	case there == "":
		return "is not there", nil
	case !ours:
		return "left alone: it is not the one that skleak installed, or was changed since", nil
	case existsAt(kept):
		if err := os.Rename(kept, path); err != nil {
			return "", fmt.Errorf("putting back the %s hook from before: %w", name, err)
		}
		return "removed; the hook from before is back", nil
	}
	if err := os.Remove(path); err != nil {
		return "", fmt.Errorf("removing the %s hook: %w", name, err)
	}
	return "removed", nil
}

// script is the text of a hook. It runs what was there before first: that may still change what is committed. A push is told on
// standard input, which both have to read.
func (h *hookFolder) script(name string, chained bool) string {
	ours := h.command(name)
	define, before := "", ""
	if chained {
		before = `"$(dirname "$0")/` + name + keptSuffix + `" "$@"`
	}
	if h.global {
		define, before = repositoryHook(name), `own "$@"`
	}
	line := "exec " + ours + ` "$@"`
	switch {
	case name == "pre-commit" && before == "":
		line = "exec " + ours // arguments would be files to check
	case name == "pre-commit":
		line = define + before + " && exec " + ours
	case before != "":
		line = define + `in=$(cat) && printf "${in:+%s\n}" "$in" | ` + before + ` && printf "${in:+%s\n}" "$in" | ` + ours + ` "$@"`
	}
	return hookText(line)
}

// command is what runs a hook of ours.
func (h *hookFolder) command(name string) string { return shellQuoted(h.program) + " hook " + name }

func hookText(line string) string { return "#!/bin/sh\n" + line + " " + hookMark + "\n" }

// hookLimit bounds what is read of a hook that is there.
const hookLimit = 1 << 20

// readHook reads a hook; there is "" if there is none, and ours tells whether it is one of ours.
func readHook(path string) (there string, ours bool, err error) {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", false, nil
	case err != nil:
		return "", false, fmt.Errorf("looking at the hook that is there: %w", err)
	case info.IsDir():
		return "", false, fmt.Errorf("%s is a folder where a hook belongs; move it away first", path)
	case !info.Mode().IsRegular() || info.Size() > hookLimit:
		return "another", false, nil // a link, as some tools make it: not ours, and no need to know more
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return "", false, fmt.Errorf("looking at the hook that is there: %w", err)
	}
	text := string(data)
	ours = strings.Count(text, "\n") == 2 && strings.HasSuffix(text, " "+hookMark+"\n")
	if text == "" {
		text = "\n" // an empty file is a hook, too
	}
	return text, ours, nil
}

// writeHook writes a hook whole or not at all: git may be about to run it.
func writeHook(path, text string) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".skleak-*")
	if err != nil {
		return fmt.Errorf("writing the hook: %w", err)
	}
	_, err = f.WriteString(text)
	err = errors.Join(err, f.Close(), os.Chmod(f.Name(), 0o755))
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
		return fmt.Errorf("writing the hook: %w", err)
	}
	return nil
}

func existsAt(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// isExecutable tells whether git would run a hook. On Windows there is no such mark, and git runs all.
func isExecutable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && (runtime.GOOS == "windows" || info.Mode()&0o111 != 0)
}
