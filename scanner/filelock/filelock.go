// Package filelock keeps two processes from doing the same thing to one file at once.
//
// A lock belongs to an open file, and ends with it: when it is closed, and when its process ends in
// whatever way, so none is ever left behind. It binds only those who ask for it.
package filelock

import (
	"errors"
	"os"
)

// ErrUnsupported says that the system, or the file system, has no locks.
var ErrUnsupported = errors.New("files cannot be locked here")

// Try locks f if nobody else has it locked, and says whether it did. Two openings of one file are two
// parties, also within a process.
func Try(f *os.File) (locked bool, err error) {
	raw, err := f.SyscallConn()
	if err != nil {
		return false, err
	}
	controlErr := raw.Control(func(fd uintptr) { locked, err = try(fd) })
	return locked, errors.Join(controlErr, err)
}
