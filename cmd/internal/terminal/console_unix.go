//go:build unix

package terminal

import (
	"os"

	"golang.org/x/sys/unix"
)

// obeysANSI is true: what is a terminal obeys escape sequences, unless TERM says dumb.
func obeysANSI(*os.File) bool { return true }

func columns(f *os.File) (int, error) {
	size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return 0, err
	}
	return int(size.Col), nil
}
