// Package outfile puts reports where the user wants them: into files, whole or not at all, and into pipes and devices.
package outfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"skleak/scanner/cause"
)

// Write has write fill the file at path, whole or not at all: it is written beside it as
// ".skleak-…", synced, and renamed, with mode 0600. A process that is killed in between leaves
// only that file, which the next run for the same path removes. Missing folders are not made.
//
// What is no regular file (a device, a pipe, /dev/stdout and its like) is opened and written to as
// it is, unless it is a pipe of another user's, who would get to read the report. A symbolic link to a
// file is refused, since whoever can plant one could have the report written over any file of the
// user's; one to a pipe or a device is followed. A file of another user's is replaced where the folder
// allows that, never written into. "-" is a file name here: standard output is the caller's.
func Write(path string, write func(io.Writer) error) error {
	inPlace, err := IsWrittenInPlace(path)
	switch {
	case err != nil:
		return err
	case inPlace:
		return writeInPlace(path, write)
	}
	return Replace(path, privateMode, func(file *os.File) error { return write(file) })
}

// IsWrittenInPlace tells what must be written to as it is from what is replaced.
func IsWrittenInPlace(path string) (bool, error) {
	if isDescriptor(path) {
		return true, nil
	}
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil // a missing directory is noticed when the file beside it is made
	}
	if err != nil {
		return false, cause.Of(err)
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		info, err = os.Stat(path)
		if err != nil || info.Mode().IsRegular() {
			return false, errors.New("a symbolic link; name the file it points to")
		}
	}
	if info.IsDir() {
		return false, errors.New("a folder; name a file in it")
	}
	return !info.Mode().IsRegular(), checkPipe(info)
}

// checkPipe refuses a named pipe that somebody else has put there to read from.
func checkPipe(info fs.FileInfo) error {
	if info.Mode()&fs.ModeNamedPipe != 0 && isStrangers(info) {
		return errors.New("a pipe of another user, who would read the report; name a file, or use standard output")
	}
	return nil
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
func writeInPlace(path string, write func(io.Writer) error) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err == nil && !isDescriptor(path) {
		if err = checkPipe(info); info.Mode().IsRegular() {
			err = errors.New("became a regular file while being opened")
		}
	}
	if err == nil {
		err = write(file)
	}
	return errors.Join(err, file.Close())
}

// privateMode is for what tells where keys lie, which is the owner's to share.
const privateMode fs.FileMode = 0o600

// Replace has write fill a new file in the same directory, since only within one file system
// can it take the old one's place in one step. The directory is opened once: one that is swapped for
// another, or for a link, in the meantime changes nothing.
func Replace(path string, mode fs.FileMode, write func(*os.File) error) error {
	dir, err := openDirectory(path)
	if err != nil {
		return err
	}
	defer dir.Close()
	base := filepath.Base(path)
	removeLeftBehind(dir, base)
	file, name, err := newTemporary(dir, base)
	if err != nil {
		return fmt.Errorf("making a file beside it, to be renamed when it is whole: %w", err)
	}
	err = write(file)
	if err == nil && mode != privateMode {
		err = file.Chmod(mode)
	}
	if err == nil {
		err = file.Sync() // which tells what a file system had put off, as closing would
	}
	if err == nil && renameWhileOpen {
		err = dir.Rename(name, base)
	}
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	if err == nil && !renameWhileOpen {
		err = dir.Rename(name, base)
	}
	if err != nil {
		_ = dir.Remove(name) // it may have been renamed already; if not, the next run tries again
		return err
	}
	syncDirectory(dir)
	return nil
}

// openDirectory opens the directory that path lies in. A link to a directory is followed: whoever
// names a report names it, and who can change it could as well change what lies behind it.
func openDirectory(path string) (*os.Root, error) {
	name := filepath.Dir(path)
	dir, err := os.OpenRoot(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no folder %s; make it first", name)
	}
	return dir, cause.Of(err)
}

// syncDirectory makes the rename survive a crash, where the system can do that: Windows cannot sync
// a directory, and some file systems refuse to. The report is whole either way, so a failure is none
// of the report's.
func syncDirectory(dir *os.Root) {
	if d, err := dir.Open("."); err == nil {
		_ = d.Sync()
		_ = d.Close()
	}
}

// Check says why no report could be written to path as things are: an hour's scan must not end
// with a folder that is not there. A file has to be possible beside it, and trying is the only question that
// every system answers truly.
func Check(path string) error {
	inPlace, err := IsWrittenInPlace(path)
	if err != nil || inPlace { // opening a pipe could block
		return err
	}
	dir, err := openDirectory(path)
	if err != nil {
		return err
	}
	defer dir.Close()
	removeLeftBehind(dir, filepath.Base(path))
	trial, name, err := newTemporary(dir, filepath.Base(path))
	if err != nil {
		return cause.Of(err)
	}
	return errors.Join(trial.Close(), dir.Remove(name))
}
