package index

import (
	"bytes"
	"strconv"
	"strings"

	"skleak/scanner/git/oid"
)

// CacheTree is a folder of the index. Where nothing below it has changed since its tree object was
// made, git notes that object here.
type CacheTree struct {
	Name     string // of the folder in its parent; "" for the root
	ID       oid.ID // of the tree object; zero if something below has changed
	Entries  int    // how many entries of the index lie below it; −1 if something below has changed
	Subtrees []*CacheTree
}

// folderDepth is how deep folders may lie in one another. No system opens deeper ones, and the
// reader goes down by recursion.
const folderDepth = 4096

// treeReader reads the TREE extension: folders from the root down, each as
//
//	name NUL entries SP subtrees LF, and the object id unless entries is −1
type treeReader struct {
	data    []byte
	start   int // of data in the file
	at      int // in data
	format  oid.Format
	entries int // of the whole index
}

func parseCacheTree(data []byte, start int, f oid.Format, entries int) (*CacheTree, error) {
	r := treeReader{data, start, 0, f, entries}
	root, err := r.folder(0)
	if err != nil {
		return nil, err
	}
	if r.at != len(data) {
		return nil, r.corrupt("the cache tree goes on after its root is complete")
	}
	return root, nil
}

func (r *treeReader) corrupt(format string, args ...any) error {
	return corrupt(r.start+r.at, format, args...)
}

// folder reads a folder and those below it.
func (r *treeReader) folder(depth int) (*CacheTree, error) {
	if depth > folderDepth {
		return nil, r.corrupt("folders of the cache tree are nested more than %d deep", folderDepth)
	}
	t, subtrees, err := r.line()
	if err != nil {
		return nil, err
	}
	if root := depth == 0; root != (t.Name == "") || strings.Contains(t.Name, "/") {
		return nil, r.corrupt("this is no name for a folder of the cache tree")
	}
	if t.Entries >= 0 {
		size := r.format.Size()
		if len(r.data)-r.at < size {
			return nil, r.corrupt("the cache tree is cut off in an object id")
		}
		t.ID = oid.FromBytes(r.data[r.at : r.at+size])
		r.at += size
	}
	for range subtrees {
		sub, err := r.folder(depth + 1)
		if err != nil {
			return nil, err
		}
		t.Subtrees = append(t.Subtrees, sub)
	}
	return t, nil
}

// line reads a folder up to its object id.
func (r *treeReader) line() (t *CacheTree, subtrees int, err error) {
	name, rest, ok := bytes.Cut(r.data[r.at:], []byte{0})
	if !ok {
		return nil, 0, r.corrupt("the cache tree is cut off in a name")
	}
	numbers, _, ok := bytes.Cut(rest[:min(len(rest), maxNumbers)], []byte{'\n'})
	if !ok {
		return nil, 0, r.corrupt("the cache tree is cut off in the numbers of a folder")
	}
	first, second, _ := bytes.Cut(numbers, []byte{' '})
	entries, err1 := strconv.Atoi(string(first))
	subtrees, err2 := strconv.Atoi(string(second))
	switch {
	case err1 != nil || err2 != nil || subtrees < 0:
		return nil, 0, r.corrupt("the numbers of a folder in the cache tree cannot be read")
	case entries > r.entries:
		return nil, 0, r.corrupt("a folder of the cache tree has %d entries, the whole index has %d", entries, r.entries)
	case subtrees > len(rest)/minFolder:
		return nil, 0, r.corrupt("a folder of the cache tree has %d subtrees, more than there is room for", subtrees)
	}
	r.at += len(name) + 1 + len(numbers) + 1
	return &CacheTree{Name: string(name), Entries: max(entries, -1)}, subtrees, nil
}

const (
	maxNumbers = 64 // bytes that the two numbers of a folder can take
	minFolder  = 6  // bytes of the shortest folder: a NUL, `-1 0` and a line feed
)
