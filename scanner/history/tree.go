package history

import (
	"bytes"
	"errors"

	"skleak/scanner/history/oid"
)

// A tree object is a list of entries: the mode in octal, a blank, the name, NUL, and the raw id.

// treeReader walks the entries of a tree.
type treeReader struct {
	content []byte
	hash    int // bytes of an id
	at      int // where the next entry begins
}

// treeEntry is one entry. Its fields are parts of the tree's content.
type treeEntry struct {
	mode []byte
	name []byte
	id   []byte
}

var errTree = errors.New("it is no well-formed tree: an entry is cut off")

// next returns the next entry; ok is false at the end.
func (r *treeReader) next() (e treeEntry, ok bool, err error) {
	rest := r.content[r.at:]
	if len(rest) == 0 {
		return e, false, nil
	}
	end := bytes.IndexByte(rest, 0)
	if end < 0 || len(rest)-end-1 < r.hash {
		return e, false, errTree
	}
	blank := bytes.IndexByte(rest[:min(end, 8)], ' ')
	if blank <= 0 {
		return e, false, errTree
	}
	next := end + 1 + r.hash
	r.at += next
	return treeEntry{rest[:blank], rest[blank+1 : end], rest[end+1 : next]}, true, nil
}

func (e treeEntry) isTree() bool { return e.mode[0] == '4' }

// isGitlink is true for a submodule: its id names a commit of another repository.
func (e treeEntry) isGitlink() bool { return len(e.mode) == 6 && e.mode[1] == '6' }

// eachEntry calls f for all entries of a tree.
func eachEntry(content []byte, f oid.Format, call func(treeEntry)) error {
	r := treeReader{content: content, hash: f.Size()}
	for {
		e, ok, err := r.next()
		if !ok {
			return err
		}
		call(e)
	}
}
