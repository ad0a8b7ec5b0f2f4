//go:build unix

package files

import (
	"errors"

	"golang.org/x/sys/unix"
)

// errSpecial says that something is no regular file.
var errSpecial = errors.New("not a regular file")

// file is an open file. It is no os.File: those are offered to the runtime's poller, which refuses
// regular files, and carry a cleanup. To open, look at, read and close a file of 4 kB took 6.6 µs of
// processor time that way, and 4.0 µs this way.
type file struct{ fd int }

// state is what changes when somebody writes to a file.
type state struct {
	size, modified int64
}

// openFile opens a regular file. What its folder said of it may be out of date, so it is not
// followed if it is a link by now, and opening it does not wait if it is a FIFO.
func openFile(path string) (*file, state, error) {
	fd, err := retry(func() (int, error) {
		return unix.Open(path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_NOFOLLOW|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	})
	if err != nil {
		return nil, state{}, err
	}
	f := &file{fd}
	s, err := f.state()
	if err != nil {
		f.close()
		return nil, state{}, err
	}
	return f, s, nil
}

// state looks at the open file. It fails with errSpecial if that is not a regular one.
func (f *file) state() (state, error) {
	var s unix.Stat_t
	if err := unix.Fstat(f.fd, &s); err != nil {
		return state{}, err
	}
	if s.Mode&unix.S_IFMT != unix.S_IFREG {
		return state{}, errSpecial
	}
	return state{s.Size, unix.TimespecToNsec(s.Mtim)}, nil
}

func (f *file) read(b []byte) (int, error) {
	return retry(func() (int, error) { return unix.Read(f.fd, b) })
}

func (f *file) rewind() error {
	_, err := unix.Seek(f.fd, 0, unix.SEEK_SET)
	return err
}

func (f *file) close() { _ = unix.Close(f.fd) } // nothing was written that could be lost

// retry repeats a call that a signal has broken off. Go's runtime sends itself signals all the time.
func retry(call func() (int, error)) (int, error) {
	for {
		n, err := call()
		if err != unix.EINTR {
			return n, err
		}
	}
}
