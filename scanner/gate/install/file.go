package install

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"skleak/scanner/wholefile"
)

// hookLimit bounds what is read of a hook that is there.
const hookLimit = 1 << 20

// hookFile is a hook that is there.
type hookFile struct {
	text string // "" if there is none
	ours bool
}

// readHook reads a hook. A hook of ours has two lines, and the second ends with our mark.
func readHook(path string) (hookFile, error) {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return hookFile{}, nil
	case err != nil:
		return hookFile{}, fmt.Errorf("looking at the hook that is there: %w", err)
	case info.IsDir():
		return hookFile{}, fmt.Errorf("%s is a folder where a hook belongs; move it away first", path)
	case !info.Mode().IsRegular() || info.Size() > hookLimit:
		return hookFile{text: "another"}, nil // a link, as some tools make it: not ours, and no need to know more
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return hookFile{}, fmt.Errorf("looking at the hook that is there: %w", err)
	}
	text := string(data)
	if text == "" {
		text = "\n" // an empty file is a hook, too
	}
	return hookFile{text, strings.Count(text, "\n") == 2 && strings.HasSuffix(text, " "+mark+"\n")}, nil
}

// writeHook writes a hook whole or not at all: git may be about to run it.
func writeHook(path, text string, mode fs.FileMode) error {
	if err := wholefile.Replace(path, []byte(text), wholefile.Way{Beside: ".skleak-", Mode: mode}); err != nil {
		return fmt.Errorf("writing the hook: %w", err)
	}
	return nil
}

// moveHook moves a hook between a folder and the one for kept hooks in it, in place of what is there.
func moveHook(from, to string) error {
	target, isLink := linkFrom(from, to)
	if !isLink {
		return os.Rename(from, to)
	}
	beside := to + ".skleak-new" // since a link cannot be made in the place of something
	_ = os.Remove(beside)
	if err := os.Symlink(target, beside); err != nil {
		return err
	}
	if err := os.Rename(beside, to); err != nil {
		return errors.Join(err, os.Remove(beside))
	}
	return os.Remove(from)
}

// doubleHook gives a hook a second name, where the file system has such, and moves it elsewhere.
func doubleHook(from, to string) error {
	if target, isLink := linkFrom(from, to); isLink {
		return os.Symlink(target, to)
	}
	if err := os.Link(from, to); err == nil {
		return nil
	}
	return os.Rename(from, to)
}

// linkFrom tells whether a hook is a link, and what it has to be elsewhere to lead to the same file: a relative one is
// another between a folder and the one for kept hooks in it.
func linkFrom(from, to string) (target string, isLink bool) {
	target, err := os.Readlink(from)
	if err != nil || filepath.IsAbs(target) || filepath.Dir(from) == filepath.Dir(to) {
		return target, err == nil
	}
	up := ".." + string(filepath.Separator)
	if filepath.Base(filepath.Dir(to)) == keptFolder {
		return up + target, true
	}
	return strings.TrimPrefix(target, up), true
}

// isDouble is true for what doubleHook has made: each of the two can do without the other.
func isDouble(from, to string) bool {
	one, err := os.Lstat(from)
	other, otherErr := os.Lstat(to)
	if err != nil || otherErr != nil || os.SameFile(one, other) {
		return err == nil && otherErr == nil
	}
	target, isLink := linkFrom(from, to)
	there, err := os.Readlink(to)
	return isLink && err == nil && there == target
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
