package object

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"errors"

	"skleak/scanner/git/oid"
)

// A tree object is a list of entries: the mode in octal, a blank, the name, NUL, and the raw id.

// Mode says what an entry of a tree is. Git reads a mode of any length, keeps its lowest 32 bits, and looks at the
// four of them that tell the kind: "240000" and "040000" are folders, too, and what is no known kind is a submodule
// to it. The bits for permissions are not kept: whoever may run a file does not change what is in it.
type Mode uint32

const (
	File      Mode = 0o100000
	Link      Mode = 0o120000
	Folder    Mode = 0o040000
	Submodule Mode = 0o160000 // its id names a commit of another repository
)

// ModeOf takes the number of a mode as git takes it.
func ModeOf(number uint32) Mode {
	const kind = 0o170000
	switch m := Mode(number & kind); m {
	case File, Link, Folder:
		return m
	}
	return Submodule
}

// IsBlob is true for what has content of its own: files and symbolic links.
func (m Mode) IsBlob() bool { return m == File || m == Link }

// Entry is one entry of a tree. Name and ID are parts of the tree's content.
type Entry struct {
	Mode Mode
	Name []byte
	ID   []byte
}

// TreeReader walks the entries of a tree.
type TreeReader struct {
	Content []byte
	Hash    int // bytes of an id
	At      int // where the next entry begins
}

// NewTreeReader begins at the first entry of a tree.
func NewTreeReader(content []byte, f oid.Format) TreeReader {
	return TreeReader{Content: content, Hash: f.Size()}
}

var (
	errCutOff = errors.New("the tree is malformed: an entry is cut off")
	errMode   = errors.New("the tree is malformed: an entry has no mode")
	errName   = errors.New("the tree is malformed: an entry has no name")
)

// Next returns the next entry; ok is false at the end. Git takes the same trees, and stops at the same entry of the
// others.
func (r *TreeReader) Next() (e Entry, ok bool, err error) {
	rest := r.Content[r.At:]
	if len(rest) == 0 {
		return e, false, nil
	}
	number, at := uint32(0), 0
	for ; at < len(rest) && rest[at] >= '0' && rest[at] <= '7'; at++ {
		number = number<<3 + uint32(rest[at]-'0') // what does not fit is lost, as with git
	}
	if at == 0 || at == len(rest) || rest[at] != ' ' {
		return e, false, errMode
	}
	name := rest[at+1:]
	end := bytes.IndexByte(name, 0)
	if end < 0 || len(name)-end-1 < r.Hash {
		return e, false, errCutOff
	}
	if end == 0 {
		return e, false, errName
	}
	next := end + 1 + r.Hash
	r.At += at + 1 + next
	return Entry{ModeOf(number), name[:end], name[end+1 : next]}, true, nil
}

// Seek moves forward to the entry in which from lies, or to one before it, without reading what is between.
//
// Seek looks backwards for a mode with a NUL an id's length before it. A file name can look like that; reading on
// from within a name finds the same NUL and the same id, and only the name comes out short, so names are never
// taken from here. An id can look like that too: one of an object that is there, only by breaking seven
// bytes of the hash; one of an object that is not there makes the scan incomplete by itself.
func (r *TreeReader) Seek(from int) {
	for i := min(from+6, len(r.Content)-1); i-6 > r.At; i-- {
		if r.Content[i] != ' ' {
			continue
		}
		start := i - 6
		if r.Content[i-1] == '0' && string(r.Content[i-5:i]) == "40000" {
			start = i - 5
		}
		if nul := start - 1 - r.Hash; start <= from && nul > r.At && r.Content[nul] == 0 && isUsualMode(r.Content[start:i]) {
			r.At = start
			return
		}
	}
}

// SeekID moves forward to the next entry whose id may be in f, and is false where there is none. Of the others
// it reads as little as it can: they are nearly all.
func (r *TreeReader) SeekID(f *oid.Filter) bool {
	for at := r.At; ; {
		end := bytes.IndexByte(r.Content[at:], 0)
		id := at + end + 1
		if end < 0 || len(r.Content)-id < r.Hash {
			return false
		}
		if f.MayHave(r.Content[id:]) {
			r.At = at
			return true
		}
		at = id + r.Hash
	}
}

// isUsualMode knows the modes that git writes.
func isUsualMode(mode []byte) bool {
	switch string(mode) {
	case "100644", "100755", "120000", "160000", "40000", "100664":
		return true
	}
	return false
}

// EachEntry calls f for all entries of a tree, up to the first that is malformed.
func EachEntry(content []byte, f oid.Format, call func(Entry)) error {
	r := NewTreeReader(content, f)
	for {
		e, ok, err := r.Next()
		if !ok {
			return err
		}
		call(e)
	}
}

// CompareNames orders names as trees do: a folder's as if it ended in a slash.
func CompareNames[A, B ~string | ~[]byte](a A, aFolder bool, b B, bFolder bool) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return int(a[i]) - int(b[i])
		}
	}
	return cmp.Or(
		int(nameByte(a, n, aFolder))-int(nameByte(b, n, bFolder)),
		len(a)-len(b), // a name with a slash in it, which git does not make
	)
}

func nameByte[T ~string | ~[]byte](name T, i int, folder bool) byte {
	switch {
	case i < len(name):
		return name[i]
	case folder:
		return '/'
	}
	return 0
}

// IsEmptyTree knows the one object that git takes for granted, stored or not. id has the length of its format.
func IsEmptyTree(id []byte) bool {
	switch hex.EncodeToString(id) {
	case "4b825dc642cb6eb9a060e54bf8d69288fbee4904", "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321":
		return true
	}
	return false
}
