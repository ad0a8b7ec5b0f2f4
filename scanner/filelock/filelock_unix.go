//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package filelock

import (
	"errors"

	"golang.org/x/sys/unix"
)

// try uses flock and not POSIX record locks, which a process loses when it closes any other opening of
// the file, and which do not part two openings of its own.
func try(fd uintptr) (bool, error) {
	for {
		err := unix.Flock(int(fd), unix.LOCK_EX|unix.LOCK_NB)
		switch {
		case err == nil:
			return true, nil
		case errors.Is(err, unix.EWOULDBLOCK):
			return false, nil
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.ENOTSUP), errors.Is(err, unix.ENOSYS), errors.Is(err, unix.ENOLCK), errors.Is(err,
			unix.EINVAL):
			return false, ErrUnsupported
		}
		return false, err
	}
}
