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

// moveHook moves a hook between a folder and the one for kept hooks in it. A relative link is made anew, so that it
// leads to the same file from there.
func moveHook(from, to string) error {
	target, err := os.Readlink(from)
	if err != nil || filepath.IsAbs(target) || filepath.Dir(from) == filepath.Dir(to) {
		return os.Rename(from, to)
	}
	up := ".." + string(filepath.Separator)
	if filepath.Base(filepath.Dir(to)) == keptFolder {
		target = up + target
	} else {
		target = strings.TrimPrefix(target, up)
	}
	if err := os.Remove(to); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Symlink(target, to); err != nil {
		return err
	}
	return os.Remove(from)
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
