//go:build !(darwin || dragonfly || freebsd || linux || windows)

package fetch

import "syscall"

// Errors of a write for which there is no room.
const (
	errDiskFull = syscall.ENOSPC
	errQuota    = syscall.ENOSPC
)

func freeBytes(string) (bytes uint64, ok bool) { return 0, false }
