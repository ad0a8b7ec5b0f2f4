package mapped

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// ready asks for the pages of memory that was just made, in one call.
func ready(memory unsafe.Pointer, bytes int) {
	page := unix.Getpagesize()
	from := int(-uintptr(memory) & uintptr(page-1))
	if length := (bytes - from) &^ (page - 1); length > 0 {
		// Before Linux 5.14 it is refused, and each page comes when it is first written to.
		_ = unix.Madvise(unsafe.Slice((*byte)(unsafe.Add(memory, from)), length), unix.MADV_POPULATE_WRITE)
	}
}
