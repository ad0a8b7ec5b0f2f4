//go:build unix && !linux

package disk

import (
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// listed is how many entries are listed at a time.
const listed = 512

// List takes the names alone from the standard library and looks at each: what it would tell of their
// types, it may have looked up by a path that leads elsewhere.
func (d descriptor) List(l *Listing) error {
	l.reset()
	if l.reader == nil {
		again, err := openAt(d, ".", unix.O_DIRECTORY)
		if err != nil {
			return err
		}
		l.reader = os.NewFile(uintptr(again), ".")
	}
	names, err := l.reader.Readdirnames(listed)
	if err == io.EOF {
		l.Last, err = true, nil
	}
	for _, name := range names {
		kind, failed := d.Kind(name)
		if failed == unix.ENOENT {
			continue // it is gone
		} else if failed != nil {
			kind = 0 // opening it fails too, and names it
		}
		l.add(name, kind)
	}
	return err
}
