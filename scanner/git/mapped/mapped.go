// Package mapped reads whole files through a map of them, and makes an error of a fault. It also
// has the system hand out large pieces of memory at once.
package mapped

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
)

// mostRead bounds the file that readFile takes: what is mapped takes no memory, and this does.
const mostRead = 1 << 30

// openRegular opens a regular file for reading.
func openRegular(path string, flags int) (f *os.File, size int64, err error) {
	if f, err = os.OpenFile(path, os.O_RDONLY|flags, 0); err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("not a regular file")
	}
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	return f, info.Size(), nil
}

// readFile is the plain way to a file's bytes, for systems and file systems that cannot map. It takes no more than
// limit bytes: rather than exhaust a machine, a pack is named as unreadable.
func readFile(f *os.File, limit int64) (data []byte, unmap func() error, err error) {
	data, err = io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		return nil, nil, fmt.Errorf("the file cannot be mapped here, and is too large to be read as a whole (over %d "+
			"MB): try a local file system", limit>>20)
	}
	return data, func() error { return nil }, err
}

// ErrFault: a mapped file could not be read any more.
var ErrFault = errors.New("the file shrank or its disk failed while it was read")

// CatchFault is deferred around code that reads a map. A file that somebody cut, or a disk that
// fails, makes such a read fault; with panics on faults switched on for the goroutine, that becomes an
// error. Every other panic goes on.
func CatchFault(err *error) {
	switch r := recover().(type) {
	case nil:
	case interface {
		runtime.Error
		Addr() uintptr
	}:
		*err = fmt.Errorf("%w: %w", ErrFault, error(r))
	default:
		panic(r)
	}
}

// PanicOnFault switches panics on faults on for this goroutine; call the result to restore.
func PanicOnFault() (restore func()) {
	old := debug.SetPanicOnFault(true)
	return func() { debug.SetPanicOnFault(old) }
}

// Guard calls f, which reads packs or their idx, and returns ErrFault where one of them faults.
func Guard(f func() error) (err error) {
	defer PanicOnFault()()
	defer CatchFault(&err)
	return f()
}
