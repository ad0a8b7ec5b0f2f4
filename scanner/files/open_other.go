//go:build !unix

package files

import (
	"errors"
	"io"
	"os"
)

// errSpecial says that something is no regular file.
var errSpecial = errors.New("not a regular file")

// file is an open file.
type file struct{ *os.File }

// state is what changes when somebody writes to a file.
type state struct {
	size, modified int64
}

// openFile opens a regular file. There is no flag here against following links, so what was opened
// is compared with what stands there.
func openFile(path string) (*file, state, error) {
	named, err := os.Lstat(path)
	if err != nil {
		return nil, state{}, err
	}
	if !named.Mode().IsRegular() {
		return nil, state{}, errSpecial
	}
	opened, err := os.Open(path)
	if err != nil {
		return nil, state{}, err
	}
	f := &file{opened}
	info, err := opened.Stat()
	if err == nil && !os.SameFile(named, info) {
		err = errors.New("another file took its place while it was being opened")
	}
	if err != nil {
		f.close()
		return nil, state{}, err
	}
	return f, state{info.Size(), info.ModTime().UnixNano()}, nil
}

func (f *file) state() (state, error) {
	info, err := f.Stat()
	if err != nil {
		return state{}, err
	}
	return state{info.Size(), info.ModTime().UnixNano()}, nil
}

func (f *file) read(b []byte) (int, error) {
	n, err := f.Read(b)
	if err == io.EOF {
		err = nil
	}
	return n, err
}

func (f *file) rewind() error {
	_, err := f.Seek(0, io.SeekStart)
	return err
}

func (f *file) close() { _ = f.Close() } // nothing was written that could be lost
