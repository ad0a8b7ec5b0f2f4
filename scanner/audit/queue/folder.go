package queue

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"skleak/scanner/cause"
	"skleak/scanner/filelock"
	"skleak/scanner/wholefile"
)

// folder is where a queue of our own server lies:
//
//	lock       held by the process that uses it
//	version    of what lies here; written last, so that a folder without it is one whose making was cut off
//	jetstream  the server's
//	listen     CA and keys for workers on other machines
//	count      how many jobs there are at least
type folder struct {
	path  string
	fresh bool // nothing is in it yet
	lock  *os.File
}

const (
	lockName    = "lock"
	versionName = "version"
	storeName   = "jetstream"
	listenName  = "listen"

	versionPrefix = "skleak audit queue "
)

// InUseError says that another process uses a queue.
type InUseError struct{ Place string }

func (e InUseError) Error() string { return e.Place + " is in use by another skleak-audit" }

// VersionError says that a queue was made by another version, which stores it in another way.
type VersionError struct {
	Place string
	Found int
}

func (e VersionError) Error() string {
	return fmt.Sprintf("%s is of version %d, and this skleak-audit reads version %d", e.Place, e.Found, stateVersion)
}

// DamagedError says that a queue cannot be read, or lacks jobs. Nothing is begun anew in its place. The NATS server
// may have cut off what it found damaged.
type DamagedError struct {
	Place string
	Err   error
}

func (e DamagedError) Error() string { return fmt.Sprintf("%s is damaged: %v", e.Place, e.Err) }
func (e DamagedError) Unwrap() error { return e.Err }

// ForeignError says that a folder holds something else than a queue.
type ForeignError struct{ Place, Name string }

func (e ForeignError) Error() string {
	return fmt.Sprintf("%s is not the state of an audit: there is %q in it", e.Place, e.Name)
}

// openFolder locks a folder and makes sure that it is one that we may use.
func openFolder(path string) (*folder, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("making %s: %w", path, cause.Of(err))
	}
	d := &folder{path: path}
	version, err := os.ReadFile(filepath.Join(path, versionName))
	if errors.Is(err, fs.ErrNotExist) {
		d.fresh, err = true, d.check()
	}
	if err != nil {
		return nil, err
	}
	if err := d.take(); err != nil {
		return nil, err
	}
	if err := d.accept(version); err != nil {
		d.close()
		return nil, err
	}
	return d, nil
}

// check makes sure that a folder without a version holds nothing but what a Start that was cut off leaves.
func (d *folder) check() error {
	entries, err := os.ReadDir(d.path)
	if err != nil {
		return fmt.Errorf("reading %s: %w", d.path, cause.Of(err))
	}
	for _, e := range entries {
		switch e.Name() {
		case lockName, storeName, listenName, tallyName:
		default:
			if !strings.HasPrefix(e.Name(), asWritten.Beside) {
				return ForeignError{d.path, e.Name()}
			}
		}
	}
	return nil
}

func (d *folder) take() error {
	f, err := os.OpenFile(filepath.Join(d.path, lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("locking %s: %w", d.path, cause.Of(err))
	}
	locked, err := filelock.Try(f)
	if err == nil && !locked {
		err = InUseError{d.path}
	}
	if err != nil {
		f.Close()
		return err
	}
	d.lock = f
	_ = wholefile.Clean(d.path, asWritten) // what is left takes room, and nothing else
	return nil
}

// accept looks at the version, and empties a folder whose making was cut off.
func (d *folder) accept(version []byte) error {
	if err := os.Chmod(d.path, 0o700); err != nil {
		return fmt.Errorf("making %s private: %w", d.path, cause.Of(err))
	}
	if d.fresh {
		// Another process may have made it between our first look and our lock.
		if _, err := os.Stat(filepath.Join(d.path, versionName)); err == nil {
			return InUseError{d.path}
		}
		if err := os.Remove(filepath.Join(d.path, tallyName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("emptying %s: %w", d.path, cause.Of(err))
		}
		return os.RemoveAll(filepath.Join(d.path, storeName))
	}
	number, isOurs := strings.CutPrefix(string(version), versionPrefix)
	found, err := strconv.Atoi(strings.TrimSuffix(number, "\n"))
	switch {
	case !isOurs || err != nil:
		return DamagedError{d.path, fmt.Errorf("its file %q does not say a version", versionName)}
	case found != stateVersion:
		return VersionError{d.path, found}
	}
	return nil
}

// complete notes that the queue is there.
func (d *folder) complete() error {
	if !d.fresh {
		return nil
	}
	text := versionPrefix + strconv.Itoa(stateVersion) + "\n"
	return writeNew(filepath.Join(d.path, versionName), []byte(text))
}

// asWritten is how files of the queue are written.
var asWritten = wholefile.Way{Beside: ".new-", Sync: true}

// writeNew writes a file for nobody else, whole or not at all.
func writeNew(path string, content []byte) error {
	err := wholefile.Replace(path, content, asWritten)
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, cause.Of(err))
	}
	return nil
}

func (d *folder) close() { d.lock.Close() }

// StoppedError says that a queue stores nothing any more: the disk is full, or cannot be written. What was stored
// before is there, and Start goes on with it once there is room.
type StoppedError struct{ Place string }

func (e StoppedError) Error() string {
	return "nothing more can be stored in " + e.Place + ": the disk is full, or cannot be written"
}

// Is makes workers end.
func (e StoppedError) Is(target error) bool { return target == errShut }

// stopped is err, or a StoppedError if err or an earlier one says that the disk is full, or if the server has given
// up. There is no way back but Close and Start: a server without room loses its way.
func (q *Queue) stopped(err error) error {
	if err != nil && isFull(err) {
		q.full.Store(true)
	}
	if q.full.Load() || !q.stores() {
		return StoppedError{q.place}
	}
	return err
}

// isFull is true for what the system says of a full disk, also where only its text came through the server.
func isFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || strings.Contains(err.Error(), "no space left on device")
}
