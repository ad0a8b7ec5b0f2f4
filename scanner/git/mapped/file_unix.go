//go:build unix

package mapped

import (
	"fmt"
	"syscall"
)

// File maps a whole file for reading. Mapped bytes belong to the page cache, not to this
// process: a pack of any size costs no memory of ours, and 50 scans of it share one copy.
// A file that is cut while it is mapped makes a later read fault; see CatchFault.
func File(path string) (data []byte, unmap func() error, err error) {
	// Without waiting: a FIFO in the place of a pack would be opened once somebody writes to it.
	f, size, err := openRegular(path, syscall.O_NONBLOCK)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	if size == 0 {
		return nil, func() error { return nil }, nil
	}
	if int64(int(size)) != size {
		return nil, nil, fmt.Errorf("%d bytes are more than this system can address", size)
	}
	data, err = syscall.Mmap(int(f.Fd()), 0, int(size), syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return readFile(f, mostRead)
	}
	return data, func() error { return syscall.Munmap(data) }, nil
}
