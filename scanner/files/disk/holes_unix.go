//go:build linux || darwin || freebsd

package disk

import "golang.org/x/sys/unix"

func (d descriptor) Data(at, end int64) (from, to int64) {
	from, err := unix.Seek(int(d), at, unix.SEEK_DATA)
	if err == unix.ENXIO {
		return end, end
	}
	if err != nil || from < at {
		return at, end // the file system does not say
	}
	if to, err = unix.Seek(int(d), from, unix.SEEK_HOLE); err != nil || to <= from {
		to = end
	}
	return min(from, end), min(to, end)
}
