//go:build unix

package outfile

import (
	"io/fs"
	"os"
	"syscall"
)

// isStrangers is true for what belongs neither to us nor to root.
func isStrangers(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && stat.Uid != 0 && int64(stat.Uid) != int64(os.Geteuid())
}
