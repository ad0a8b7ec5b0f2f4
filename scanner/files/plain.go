package files

import (
	"errors"
	"io"
	"io/fs"
	"os"
)

// plain is a folder as the standard library opens it.
type plain struct{ root *os.Root }

// openPlain opens the folder at a path, following links.
func openPlain(path string) (folder, error) {
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	return plain{root}, nil
}

// plainListing is how many entries are listed at a time.
const plainListing = 512

func (p plain) list(l *listing) (err error) {
	l.reset()
	if l.reader == nil {
		if l.reader, err = p.root.Open("."); err != nil {
			return err
		}
	}
	found, err := l.reader.ReadDir(plainListing)
	if err == io.EOF {
		l.last, err = true, nil
	}
	for _, d := range found {
		l.add(d.Name(), d.Type())
	}
	return err
}

func (p plain) folder(name string) (folder, error) {
	named, err := p.root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !named.IsDir() {
		return nil, errSwapped
	}
	root, err := p.root.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	if info, err := root.Stat("."); err != nil || !os.SameFile(named, info) {
		_ = root.Close()
		return nil, errSwapped
	}
	return plain{root}, nil
}

// file opens a regular file. There is no flag here against following links, so what was opened is
// compared with what stands there.
func (p plain) file(name string) (file, state, error) {
	return openChecked(name, p.root.Lstat, p.root.Open)
}

func openChecked(name string, look func(string) (os.FileInfo, error), open func(string) (*os.File, error)) (file, state, error) {
	named, err := look(name)
	if err != nil {
		return nil, state{}, err
	}
	if named.Mode()&fs.ModeSymlink != 0 {
		return nil, state{}, errSwapped
	}
	if !named.Mode().IsRegular() {
		return nil, state{}, errSpecial
	}
	opened, err := open(name)
	if err != nil {
		return nil, state{}, err
	}
	info, err := opened.Stat()
	if err == nil && !os.SameFile(named, info) {
		err = errSwapped
	}
	if err != nil {
		_ = opened.Close()
		return nil, state{}, err
	}
	return plainFile{opened}, stateOf(info), nil
}

func (p plain) link(name string) (string, error) { return p.root.Readlink(name) }

func (p plain) kind(name string) (fs.FileMode, error) {
	info, err := p.root.Lstat(name)
	if err != nil {
		return 0, err
	}
	return info.Mode().Type(), nil
}

func (p plain) same(a, b string) bool {
	one, err := p.root.Lstat(a)
	if err != nil {
		return false
	}
	other, err := p.root.Lstat(b)
	return err == nil && os.SameFile(one, other)
}

func (p plain) identity() (identity, bool) { return identity{}, false }

// parent cannot be had: an os.Root lets nothing out.
func (p plain) parent(identity) (folder, error) { return nil, errors.ErrUnsupported }

func (p plain) close() { _ = p.root.Close() } // nothing was written that could be lost

// plainFile is a file as the standard library opens it.
type plainFile struct{ *os.File }

func stateOf(info os.FileInfo) state { return state{info.Size(), info.ModTime().UnixNano()} }

func (f plainFile) state() (state, error) {
	info, err := f.Stat()
	if err != nil {
		return state{}, err
	}
	return stateOf(info), nil
}

func (f plainFile) readAt(b []byte, at int64) (int, error) {
	n, err := f.ReadAt(b, at)
	if err == io.EOF {
		err = nil
	}
	return n, err
}

func (f plainFile) data(at, end int64) (from, to int64) { return at, end }

func (f plainFile) madeUp() bool { return false }

func (f plainFile) close() { _ = f.Close() }
