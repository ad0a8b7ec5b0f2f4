package disk

import (
	"errors"
	"io"
	"io/fs"
	"os"
)

// plain is a folder as the standard library opens it.
type plain struct{ root *os.Root }

// OpenPlain opens the folder at a path, following links.
func OpenPlain(path string) (Folder, error) {
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	return plain{root}, nil
}

// plainListing is how many entries are listed at a time.
const plainListing = 512

func (p plain) List(l *Listing) (err error) {
	l.reset()
	if l.reader == nil {
		if l.reader, err = p.root.Open("."); err != nil {
			return err
		}
	}
	found, err := l.reader.ReadDir(plainListing)
	if err == io.EOF {
		l.Last, err = true, nil
	}
	for _, d := range found {
		l.add(d.Name(), d.Type())
	}
	return err
}

func (p plain) Folder(name string) (Folder, error) {
	named, err := p.root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !named.IsDir() {
		return nil, ErrSwapped
	}
	root, err := p.root.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	if info, err := root.Stat("."); err != nil || !os.SameFile(named, info) {
		_ = root.Close()
		return nil, ErrSwapped
	}
	return plain{root}, nil
}

// File opens a regular file. There is no flag here against following links, so what was opened is
// compared with what stands there.
func (p plain) File(name string) (File, State, error) {
	return openChecked(name, p.root.Lstat, p.root.Open)
}

func openChecked(name string, look func(string) (os.FileInfo, error), open func(string) (*os.File, error)) (File,
	State, error) {
	named, err := look(name)
	if err != nil {
		return nil, State{}, err
	}
	if named.Mode()&fs.ModeSymlink != 0 {
		return nil, State{}, ErrSwapped
	}
	if !named.Mode().IsRegular() {
		return nil, State{}, ErrSpecial
	}
	opened, err := open(name)
	if err != nil {
		return nil, State{}, err
	}
	info, err := opened.Stat()
	if err == nil && !os.SameFile(named, info) {
		err = ErrSwapped
	}
	if err != nil {
		_ = opened.Close()
		return nil, State{}, err
	}
	return plainFile{opened}, stateOf(info), nil
}

func (p plain) Link(name string) (string, error) { return p.root.Readlink(name) }

func (p plain) Kind(name string) (fs.FileMode, error) {
	info, err := p.root.Lstat(name)
	if err != nil {
		return 0, err
	}
	return info.Mode().Type(), nil
}

func (p plain) Same(a, b string) bool {
	one, err := p.root.Lstat(a)
	if err != nil {
		return false
	}
	other, err := p.root.Lstat(b)
	return err == nil && os.SameFile(one, other)
}

func (p plain) Identity() (Identity, bool) { return Identity{}, false }

// Parent cannot be had: an os.Root lets nothing out.
func (p plain) Parent(Identity) (Folder, error) { return nil, errors.ErrUnsupported }

func (p plain) Close() { _ = p.root.Close() } // nothing was written that could be lost

// plainFile is a file as the standard library opens it.
type plainFile struct{ file *os.File }

func stateOf(info os.FileInfo) State { return State{info.Size(), info.ModTime().UnixNano()} }

func (f plainFile) State() (State, error) {
	info, err := f.file.Stat()
	if err != nil {
		return State{}, err
	}
	return stateOf(info), nil
}

func (f plainFile) ReadAt(b []byte, at int64) (int, error) {
	n, err := f.file.ReadAt(b, at)
	if err == io.EOF {
		err = nil
	}
	return n, err
}

func (f plainFile) Data(at, end int64) (from, to int64) { return at, end }

func (f plainFile) MadeUp() bool { return false }

func (f plainFile) Close() { _ = f.file.Close() }
