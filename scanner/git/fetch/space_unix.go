//go:build darwin || dragonfly || freebsd || linux

package fetch

import (
	"golang.org/x/sys/unix"
)

// Errors of a write for which there is no room.
const (
	errDiskFull = unix.ENOSPC
	errQuota    = unix.EDQUOT
)

func freeBytes(dir string) (bytes uint64, ok bool) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil || s.Bsize <= 0 {
		return 0, false
	}
	if blocks := int64(s.Bavail); blocks > 0 { // less than none is free for others than root
		return uint64(blocks) * uint64(s.Bsize), true
	}
	return 0, s.Blocks > 0 // a file system that counts nothing says 0 of everything
}
