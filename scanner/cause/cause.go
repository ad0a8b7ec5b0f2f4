// Package cause tells why something of the file system failed.
package cause

import (
	"errors"
	"io/fs"
	"os"
)

// Of is an error of the file system without the path that package os puts into it: whoever tells of it names the
// place already, and reports hold no paths of the machine.
func Of(err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err
	}
	if call, ok := errors.AsType[*os.SyscallError](err); ok {
		return call.Err
	}
	return err
}
