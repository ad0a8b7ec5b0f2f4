//go:build unix

package process

import "golang.org/x/sys/unix"

// KeepMemoryPrivate keeps the keys in memory out of core dumps, also where GOTRACEBACK=crash asks for
// one. Only the soft limit is lowered: a command that revokes keys inherits it, and may raise it again.
// That a system refuses is no reason to scan nothing.
func KeepMemoryPrivate() {
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_CORE, &limit) == nil {
		limit.Cur = 0
		_ = unix.Setrlimit(unix.RLIMIT_CORE, &limit)
	}
	hideMemory()
}
