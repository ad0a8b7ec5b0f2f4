// Package index reads git's index: the list of what the next commit will hold.
//
// An index is a header, entries sorted by path, extensions, and a checksum over all of that:
//
//	DIRC  version  number of entries
//	entry:     62 or 74 bytes of metadata, object id and flags (2 more if extended), the path, padding
//	extension: signature  size  data
//	SHA-1 or SHA-256, or zeros where git was told to skip it
//
// All numbers are big-endian and of 32 bits, unless said otherwise. In version 4, a path is written as what
// differs from the path before it, and there is no padding. The `link` extension makes the file the
// changes to another one, the shared index.
//
// go-git has a reader too; it knows neither SHA-256 nor the shared index.
//
// The index of a repository may be hostile: every number is held against the bytes that are there
// before anything is allocated by it, and what cannot be read is an error that says where.
package index

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"skleak/scanner/git/mapped"
	"skleak/scanner/git/oid"
)

// Index is the content of an index. Its entries lie in the map of a file, so that reading them may fault until it is
// closed, and must not happen afterwards: whoever does so calls mapped.Guard.
type Index struct {
	Version   int        // 2, 3 or 4; 0 if there is no index
	Entries   Entries    // sorted by path, then stage
	CacheTree *CacheTree // of the root folder; nil if git has noted none
	Sparse    bool       // some entries may stand for whole folders

	files openFiles
}

// Close gives back the files that the entries lie in.
func (x *Index) Close() error {
	x.Entries.data = nil // a panic is better than memory of others
	return x.files.close()
}

// sizeLimit bounds an index file. One entry takes about 100 bytes; the largest indexes known have a
// few million.
const sizeLimit = 1 << 30

// Read reads the index in a worktree's git directory, and its shared index where it has one. Where
// there is no index, it is empty.
func Read(gitDir string, f oid.Format) (*Index, error) {
	return ReadFile(filepath.Join(gitDir, "index"), gitDir, f)
}

// ReadFile is Read for an index that lies elsewhere, as the one of a partial commit does. Its shared index is that of
// the git directory all the same.
func ReadFile(path, gitDir string, f oid.Format) (*Index, error) {
	var files openFiles
	x, err := readFile(path, gitDir, f, &files)
	if errors.Is(err, fs.ErrNotExist) && len(files) == 0 {
		// On Windows, what lies below a file does not exist either.
		if _, err = os.Stat(filepath.Dir(path)); err == nil {
			return &Index{}, nil
		}
	}
	if err != nil {
		_ = files.close() // they were only read
		return nil, fmt.Errorf("reading index: %w", err)
	}
	x.files = files
	return x, nil
}

// readFile reads an index that files has open from then on.
func readFile(path, gitDir string, f oid.Format, files *openFiles) (x *Index, err error) {
	err = mapped.Guard(func() error {
		data, err := files.open(path)
		if err != nil {
			return err
		}
		x, err = Parse(data, f, func(id string) ([]byte, error) {
			return files.open(filepath.Join(gitDir, "sharedindex."+id))
		})
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		return nil
	})
	return x, err
}

// openFiles are maps of files, each with what gives it back. To read the index of 40,000 files into memory takes longer
// than to parse it, where the first touch of a page is dear.
//
// That goes for entries too: an Entry made of each, and its path, took as much memory as the file, and half of the time.
type openFiles []func() error

func (o *openFiles) close() (err error) {
	for _, unmap := range *o {
		err = errors.Join(err, unmap())
	}
	*o = nil
	return err
}

// open maps a regular file; anything else could block for ever or have no end. Git never makes a symbolic link of an
// index, and one could lead out of the repository.
func (o *openFiles) open(path string) ([]byte, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no regular file", path)
	}
	data, unmap, err := mapped.File(path)
	if err != nil {
		return nil, err
	}
	*o = append(*o, unmap)
	if len(data) > sizeLimit {
		return nil, fmt.Errorf("%s is larger than %d bytes", path, sizeLimit)
	}
	if runtime.GOOS == "windows" { // where git could not write another index as long as this one is mapped
		(*o)[len(*o)-1] = func() error { return nil }
		return bytes.Clone(data), unmap()
	}
	return data, nil
}

// Parse reads an index. readShared returns the shared index with that id in hex; it is called once at
// most, and if it is nil, an index that needs it is an error. What is wrong with the data itself is a
// *FormatError.
func Parse(data []byte, f oid.Format, readShared func(id string) ([]byte, error)) (*Index, error) {
	p, err := parse(data, f)
	if err != nil {
		return nil, err
	}
	switch {
	case p.link != nil && !p.link.base.IsZero():
		if err := p.unsplit(f, readShared); err != nil {
			return nil, err
		}
	case p.mixed:
		p.entries.sort()
	}
	// Where there is a shared index, some entries get their paths from it; by now all have one.
	if p.noPath >= 0 {
		return nil, corrupt(headerSize, "entry %d has no path", p.noPath)
	}
	x := &Index{Version: p.version, Entries: p.entries, Sparse: p.sparse}
	if p.tree.size > 0 {
		x.CacheTree, err = parseCacheTree(data[p.tree.start:p.tree.start+p.tree.size], p.tree.start, f, x.Entries.Len())
	}
	return x, err
}

// FormatError says what is wrong with an index, and where.
type FormatError struct {
	Offset int // in bytes from the start of the file
	Detail string
}

func (e *FormatError) Error() string {
	return fmt.Sprintf("corrupt at byte %d: %s", e.Offset, e.Detail)
}

func corrupt(offset int, format string, args ...any) error {
	return &FormatError{offset, fmt.Sprintf(format, args...)}
}
