package filelock

import (
	"errors"

	"golang.org/x/sys/windows"
)

// try locks one byte far behind the end of any file: on Windows a lock keeps others from reading and
// writing what is locked, and only the lock itself is wanted.
func try(fd uintptr) (bool, error) {
	far := windows.Overlapped{OffsetHigh: 1 << 30}
	err := windows.LockFileEx(windows.Handle(fd), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0,
		1, 0, &far)
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) || errors.Is(err, windows.ERROR_IO_PENDING) {
		return false, nil
	}
	return err == nil, err
}
