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
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"skleak/scanner/git/mapped"
	"skleak/scanner/git/oid"
)

// Index is the content of an index.
type Index struct {
	Version   int        // 2, 3 or 4; 0 if there is no index
	Entries   []Entry    // sorted by path, then stage
	CacheTree *CacheTree // of the root folder; nil if git has noted none
	Sparse    bool       // some entries may stand for whole folders
}

// Entry is a file of the index, or a side of one in conflict.
type Entry struct {
	// Path has forward slashes and stays below the root of the working tree, as far as slashes go:
	// what else a system takes for a way out, such as a backslash, is for those to check who open it. It ends in a
	// slash for a whole folder of a sparse index.
	Path         string
	ID           oid.ID // the blob, or the commit of a submodule, or the tree of a folder
	Mode         uint32 // as in a tree: 0100644, 0100755, 0120000, 0160000 or 040000
	Size         uint32 // of the file in the working tree when it was added, modulo 2³²
	Stage        uint8  // 0, or in a conflict 1 for the base, 2 for ours, 3 for theirs
	IntentToAdd  bool   // added as a name only; ID is the empty blob
	SkipWorktree bool   // left out of a sparse checkout
	AssumeValid  bool   // git was told not to look for changes
}

const (
	// ModeType is the part of Entry.Mode that tells files, links and submodules apart.
	ModeType = 0o170000

	ModeFile      = 0o100000
	ModeSymlink   = 0o120000
	ModeSubmodule = 0o160000
	ModeFolder    = 0o040000 // in a sparse index
)

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
	defer files.close()
	x, err := readFile(path, gitDir, f, &files)
	if errors.Is(err, fs.ErrNotExist) && len(files) == 0 {
		// On Windows, what lies below a file does not exist either.
		if _, err = os.Stat(filepath.Dir(path)); err == nil {
			return &Index{}, nil
		}
	}
	if err != nil {
		return nil, fmt.Errorf("reading index: %w", err)
	}
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
type openFiles []func() error

func (o *openFiles) close() {
	for _, unmap := range *o {
		_ = unmap() // it was only read
	}
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
	x := &Index{Version: p.version, Entries: p.entries, Sparse: p.sparse}
	if p.link != nil && !p.link.base.IsZero() {
		if err := x.unsplit(p.link, f, readShared); err != nil {
			return nil, err
		}
	}
	// Where there is a shared index, some entries get their paths from it; by now all have one.
	if i := slices.IndexFunc(x.Entries, func(e Entry) bool { return e.Path == "" }); i >= 0 {
		return nil, corrupt(headerSize, "entry %d has no path", i)
	}
	// Git writes them in order and does not check it on reading, so neither is it an error here.
	if !slices.IsSortedFunc(x.Entries, compareEntries) {
		slices.SortStableFunc(x.Entries, compareEntries)
	}
	if p.tree.size > 0 {
		x.CacheTree, err = parseCacheTree(data[p.tree.start:p.tree.start+p.tree.size], p.tree.start, f, len(x.Entries))
	}
	return x, err
}

func compareEntries(a, b Entry) int {
	if d := strings.Compare(a.Path, b.Path); d != 0 {
		return d
	}
	return cmp.Compare(a.Stage, b.Stage)
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
