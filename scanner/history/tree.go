package history

import (
	"bytes"
	"errors"

	"skleak/scanner/git/oid"
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

// seekID moves on to the next entry whose id may be in f, and is false where there is none. Of the others it reads as little as it can:
// they are nearly all.
func (r *treeReader) seekID(f *idFilter) bool {
	for at := r.at; ; {
		end := bytes.IndexByte(r.content[at:], 0)
		id := at + end + 1
		if end < 0 || len(r.content)-id < r.hash {
			return false
		}
		if f.mayHave(r.content[id:]) {
			r.at = at
			return true
		}
		at = id + r.hash
	}
}

func (e treeEntry) isTree() bool {
	mode := e.significant()
	return len(mode) == 5 && mode[0] == '4'
}

// isGitlink is true for a submodule: its id names a commit of another repository.
func (e treeEntry) isGitlink() bool {
	mode := e.significant()
	return len(mode) == 6 && mode[1] == '6'
}

// significant is the mode without leading zeros, which some tools write and git reads.
func (e treeEntry) significant() []byte {
	mode := e.mode
	for len(mode) > 0 && mode[0] == '0' {
		mode = mode[1:]
	}
	return mode
}

// seek moves forward to the entry in which from lies, or to one before it, without reading what is between.
//
// It looks backwards for a mode with a NUL an id's length before it. A file name can look like that; reading on
// from within a name finds the same NUL and the same id, and only the name comes out short, so names are never
// taken from here. An id can look like that too: one of an object that is there, only by breaking seven
// bytes of the hash; one of an object that is not there makes the scan incomplete by itself.
func (r *treeReader) seek(from int) {
	for i := min(from+6, len(r.content)-1); i-6 > r.at; i-- {
		if r.content[i] != ' ' {
			continue
		}
		start := i - 6
		if r.content[i-1] == '0' && string(r.content[i-5:i]) == "40000" {
			start = i - 5
		}
		if nul := start - 1 - r.hash; start <= from && nul > r.at && r.content[nul] == 0 && isMode(r.content[start:i]) {
			r.at = start
			return
		}
	}
}

// isMode knows the modes that git writes.
func isMode(mode []byte) bool {
	switch string(mode) {
	case "100644", "100755", "120000", "160000", "40000", "100664":
		return true
	}
	return false
}

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
