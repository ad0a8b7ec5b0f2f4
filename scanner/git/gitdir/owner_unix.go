//go:build unix

package gitdir

import (
	"os"
	"syscall"
)

// isForeign is true if the folder above, in which below lies, belongs neither to the user who runs this, nor to the
// system's own, nor to the owner of below.
func isForeign(above, below string) bool {
	owner, ok := ownerOf(above)
	mine, _ := ownerOf(below)
	const system = 0
	return !ok || owner != system && owner != mine && int(owner) != os.Geteuid()
}

func ownerOf(path string) (uid uint32, ok bool) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, false
	}
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return s.Uid, true
}
