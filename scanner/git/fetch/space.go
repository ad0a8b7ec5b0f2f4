package fetch

import (
	"errors"
	"fmt"
)

// freeFunc tells how many bytes this user may still write where a folder lies; ok is false where that is not known.
type freeFunc func(dir string) (bytes uint64, ok bool)

// spareBytes are left free, since a disk that is full harms others.
const spareBytes = 64 << 20

// checkRoom is an error where the disk has no room for some more bytes.
func (r Request) checkRoom(bytes int64) error {
	free := r.free
	if free == nil {
		free = freeBytes
	}
	// The idx and what is written besides take some tenths of a pack.
	if left, ok := free(r.Dir); ok && left < uint64(bytes)+uint64(bytes)/4+spareBytes {
		return &Error{DiskFull, fmt.Sprintf("the disk has %d MB free where the repository is to be kept, which is not "+
			"enough: make room, or name another folder", left>>20)}
	}
	return nil
}

// full names the error of a write for which the disk has no room.
func full(err error) error {
	if errors.Is(err, errDiskFull) || errors.Is(err, errQuota) {
		return errFull
	}
	return err
}

var errFull = &Error{DiskFull, "the disk is full where the repository is to be kept: make room, or name another folder"}
