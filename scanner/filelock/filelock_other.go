//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd || windows)

package filelock

func try(uintptr) (bool, error) { return false, ErrUnsupported }
