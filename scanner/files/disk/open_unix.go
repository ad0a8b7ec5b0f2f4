//go:build unix

package disk

import (
	"errors"
	"io/fs"
	"math"

	"golang.org/x/sys/unix"
)

// descriptor is an open folder or file. It is no os.File: those are offered to the runtime's poller,
// which refuses regular files, and carry a cleanup. To open, look at, read and close a file of 4 kB took
// 6.6 µs of processor time that way, and 4.0 µs this way.
type descriptor int

// OpenFolder opens the folder at a path, following links.
func OpenFolder(path string) (Folder, error) {
	return openAt(unix.AT_FDCWD, path, unix.O_DIRECTORY)
}

// OpenFile opens the regular file at a path, and follows no link in its last part.
func OpenFile(path string) (File, State, error) { return descriptor(unix.AT_FDCWD).File(path) }

// openAt opens what a path leads to that starts in the folder d.
func openAt(d descriptor, path string, flags int) (descriptor, error) {
	fd, err := retry(func() (int, error) {
		return unix.Openat(int(d), path, unix.O_RDONLY|unix.O_NOCTTY|unix.O_CLOEXEC|flags, 0)
	})
	return descriptor(fd), err
}

func (d descriptor) Folder(name string) (Folder, error) {
	return openAt(d, name, unix.O_DIRECTORY|unix.O_NOFOLLOW)
}

// File opens a regular file. What its folder said of it may be out of date, so it is not followed if it
// is a link by now, and opening it does not wait if it is a FIFO.
func (d descriptor) File(name string) (File, State, error) {
	f, err := openAt(d, name, unix.O_NONBLOCK|unix.O_NOFOLLOW)
	if err == unix.ENXIO { // a socket, or a device that is not there
		err = ErrSpecial
	}
	if err != nil {
		return nil, State{}, err
	}
	s, err := f.State()
	if err != nil {
		f.Close()
		return nil, State{}, err
	}
	return f, s, nil
}

// State looks at an open file. It fails with ErrSpecial if that is not a regular one.
func (d descriptor) State() (State, error) {
	s, err := d.stat()
	if err != nil {
		return State{}, err
	}
	if s.Mode&unix.S_IFMT != unix.S_IFREG {
		return State{}, ErrSpecial
	}
	return State{s.Size, unix.TimespecToNsec(s.Mtim)}, nil
}

func (d descriptor) stat() (s unix.Stat_t, err error) {
	_, err = retry(func() (int, error) { return 0, unix.Fstat(int(d), &s) })
	return s, err
}

func (d descriptor) ReadAt(b []byte, at int64) (int, error) {
	n, err := retry(func() (int, error) { return unix.Pread(int(d), b, at) })
	return max(n, 0), err // one that fails returns -1, which must not be added to a length
}

// Link reads what a Link says. Its length is not known before: some file systems say 0.
func (d descriptor) Link(name string) (string, error) {
	for size := 256; ; size *= 2 {
		buf := make([]byte, size)
		n, err := retry(func() (int, error) { return unix.Readlinkat(int(d), name, buf) })
		if err != nil {
			return "", err
		}
		if n < size {
			return string(buf[:n]), nil
		}
	}
}

func (d descriptor) look(name string) (s unix.Stat_t, err error) {
	_, err = retry(func() (int, error) {
		return 0, unix.Fstatat(int(d), name, &s, unix.AT_SYMLINK_NOFOLLOW)
	})
	return s, err
}

func (d descriptor) Kind(name string) (fs.FileMode, error) {
	s, err := d.look(name)
	if err != nil {
		return 0, err
	}
	return kindOf(uint32(s.Mode)), nil
}

func kindOf(mode uint32) fs.FileMode {
	switch mode & unix.S_IFMT {
	case unix.S_IFREG:
		return 0
	case unix.S_IFDIR:
		return fs.ModeDir
	case unix.S_IFLNK:
		return fs.ModeSymlink
	}
	return fs.ModeIrregular // whatever it is, it is not opened
}

func identityOf(s *unix.Stat_t) Identity { return Identity{uint64(s.Dev), uint64(s.Ino)} }

func (d descriptor) Same(a, b string) bool {
	one, err := d.look(a)
	if err != nil {
		return false
	}
	other, err := d.look(b)
	return err == nil && identityOf(&one) == identityOf(&other)
}

func (d descriptor) Identity() (Identity, bool) {
	s, err := d.stat()
	return identityOf(&s), err == nil
}

func (d descriptor) Parent(id Identity) (Folder, error) {
	up, err := d.Folder("..")
	if err != nil {
		return nil, err
	}
	if found, known := up.Identity(); !known || found != id {
		up.Close()
		return nil, ErrSwapped
	}
	return up, nil
}

func (d descriptor) Close() { _ = unix.Close(int(d)) } // nothing was written that could be lost

// TooManyOpen is true for an error that says that too many files are open.
func TooManyOpen(err error) bool { return errors.Is(err, unix.EMFILE) || errors.Is(err, unix.ENFILE) }

// MostJobs is how many workers can each have a folder and a file open, and open one more folder on the way
// to the next, with room for what the rest of the program needs.
func MostJobs() int {
	const others, each = 16, 4
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return math.MaxInt
	}
	return (int(min(uint64(limit.Cur), math.MaxInt32)) - others) / each
}

// retry repeats a call that a signal has broken off. Go's runtime sends itself signals all the time.
func retry(call func() (int, error)) (int, error) {
	for {
		n, err := call()
		if err != unix.EINTR {
			return n, err
		}
	}
}
