package odb

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// errNotRegular: what stands in the place of an object cannot be one.
var errNotRegular = errors.New("not a regular file")

// regular is an open regular file that is read once, from its beginning.
type regular interface {
	io.ReadCloser
	// size is how long the file was when it was opened.
	size() int64
}

// osFile is one by way of the os package: the plain way, and the only one where there is no other.
type osFile struct {
	*os.File
	length int64
}

func (f *osFile) size() int64 { return f.length }

// openPlainly opens a regular file that is no link. Asking comes before opening: a FIFO would be opened only once
// somebody writes to it.
func openPlainly(path string) (regular, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		return nil, errLink
	}
	if !info.Mode().IsRegular() {
		return nil, errNotRegular
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	return &osFile{f, info.Size()}, nil
}

// openUnlisted is openRegular for a file whose folder nobody has listed: that must be no link either.
func openUnlisted(path string) (regular, error) {
	if isLink(filepath.Dir(path)) {
		return nil, errLink
	}
	return openRegular(path)
}

// readUpTo reads a file to its end, into buf as far as it reaches, but no more than limit bytes.
func readUpTo(f regular, buf []byte, limit int) ([]byte, error) {
	want := int(min(f.size(), int64(limit)))
	if cap(buf) < want+1 {
		buf = make([]byte, 0, want+want/4+1)
	}
	buf = buf[:0]
	for len(buf) < limit {
		if len(buf) == cap(buf) { // it has grown since it was opened
			buf = append(buf, 0)[:len(buf)]
		}
		n, err := f.Read(buf[len(buf):min(cap(buf), limit)])
		buf = buf[:len(buf)+n]
		// A read that finds less than it has room for, at the size that the file had, has come to its end: asking again,
		// only to hear that, is one system call of five.
		if err == io.EOF || err == nil && len(buf) == want && len(buf) < min(cap(buf), limit) {
			return buf, nil
		}
		if err != nil {
			return nil, err
		}
	}
	return buf, nil
}
