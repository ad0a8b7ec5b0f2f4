//go:build unix

package odb

import (
	"io"
	"io/fs"
	"syscall"
)

// rawFile is one by its number alone. An os.File costs more system calls: asking for the type of the file before it
// is opened, offering it to the poller, which refuses it, and reading on at its end.
type rawFile struct {
	fd     int
	length int64
}

// openRegular opens a regular file that is no link. A FIFO is opened without waiting for a writer, and then refused.
func openRegular(path string) (regular, error) {
	var fd int
	err := repeated(func() (err error) {
		fd, err = syscall.Open(path, syscall.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
		return err
	})
	if err == syscall.ELOOP || err == syscall.EMLINK { // the latter on BSD systems
		return nil, errLink
	}
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	f := &rawFile{fd: fd}
	var stat syscall.Stat_t
	if err := repeated(func() error { return syscall.Fstat(fd, &stat) }); err != nil {
		f.Close()
		return nil, &fs.PathError{Op: "stat", Path: path, Err: err}
	}
	if uint32(stat.Mode)&syscall.S_IFMT != syscall.S_IFREG {
		f.Close()
		return nil, errNotRegular
	}
	f.length = stat.Size
	return f, nil
}

func (f *rawFile) size() int64  { return f.length }
func (f *rawFile) Close() error { return syscall.Close(f.fd) }

func (f *rawFile) Read(p []byte) (n int, err error) {
	if len(p) == 0 {
		return 0, nil
	}
	err = repeated(func() (err error) {
		n, err = syscall.Read(f.fd, p)
		return err
	})
	switch {
	case err != nil:
		return 0, err
	case n == 0:
		return 0, io.EOF
	}
	return n, nil
}

// repeated calls again what a signal interrupted.
func repeated(call func() error) error {
	for {
		if err := call(); err != syscall.EINTR {
			return err
		}
	}
}
