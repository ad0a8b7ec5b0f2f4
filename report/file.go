package report

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// WriteFile writes r to the file at path, whole or not at all: it is written beside it as
// ".skleak-…", synced, and renamed, with mode 0600. A process that is killed in between leaves
// only that file. Missing directories are not made.
//
// What is no regular file (a device, a pipe, /dev/stdout and its like) is opened and written to as
// it is. A symbolic link to a file is refused, since whoever can plant one could have the report
// written over any file of the user's. "-" is a file name here: standard output is the caller's.
func WriteFile(path string, r *Report, f Format, o Options) error {
	inPlace, err := writtenInPlace(path)
	if err == nil {
		if inPlace {
			err = writeInPlace(path, r, f, o)
		} else {
			err = replaceFile(path, privateMode, func(file *os.File) error { return writeBuffered(file, r, f, o) })
		}
	}
	if err != nil {
		return fmt.Errorf("writing the report to %s: %w", visible(path), err)
	}
	return nil
}

// writtenInPlace tells what must be written to as it is from what is replaced.
func writtenInPlace(path string) (bool, error) {
	if isDescriptor(path) {
		return true, nil
	}
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil // a missing directory is noticed when the file beside it is made
	}
	if err != nil {
		return false, err
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		info, err = os.Stat(path)
		if err != nil || info.Mode().IsRegular() {
			return false, errors.New("it is a symbolic link: name the file it points to")
		}
	}
	if info.IsDir() {
		return false, errors.New("it is a directory: name a file in it")
	}
	return !info.Mode().IsRegular(), nil
}

// isDescriptor is true for the names of open files. Standard output can be a regular file, and a
// link to it, and still must be neither replaced nor refused.
func isDescriptor(path string) bool {
	path = filepath.ToSlash(filepath.Clean(path))
	return path == "/dev/stdout" || path == "/dev/stderr" || strings.HasPrefix(path, "/dev/fd/") ||
		strings.HasPrefix(path, "/proc/self/fd/")
}

// writeInPlace appends where the file has a size: /dev/stdout opened anew starts at the beginning
// of the file the shell opened, and must not write over what is there.
func writeInPlace(path string, r *Report, f Format, o Options) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err == nil && info.Mode().IsRegular() && !isDescriptor(path) {
		err = errors.New("it became a regular file while it was opened")
	}
	if err == nil {
		err = writeBuffered(file, r, f, o)
	}
	return errors.Join(err, file.Close())
}

// privateMode is for what tells where keys lie, which is the owner's to share.
const privateMode fs.FileMode = 0o600

// replaceFile has write fill a new file in the same directory, since only within one file system
// can it take the old one's place in one step.
func replaceFile(path string, mode fs.FileMode, write func(*os.File) error) (err error) {
	dir := filepath.Dir(path)
	file, err := os.CreateTemp(dir, ".skleak-*") // mode 0600
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no directory %s: make it first", visible(dir))
	}
	if err != nil {
		return fmt.Errorf("making a file beside it, to be renamed when it is whole: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(file.Name()))
		}
	}()
	err = write(file)
	if err == nil && mode != privateMode {
		err = file.Chmod(mode)
	}
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	if err = os.Rename(file.Name(), path); err != nil {
		return err
	}
	syncDirectory(dir)
	return nil
}

// syncDirectory makes the rename survive a crash, where the system can do that: Windows cannot sync
// a directory, some file systems refuse to, and a directory may be writable but not readable. The
// report is whole either way, so a failure is none of the report's.
func syncDirectory(dir string) {
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync()
		_ = d.Close()
	}
}

func writeBuffered(file *os.File, r *Report, f Format, o Options) error {
	buffered := bufio.NewWriter(file)
	if err := Write(buffered, r, f, o); err != nil {
		return err
	}
	return buffered.Flush()
}
