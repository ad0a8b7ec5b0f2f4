package object

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math/bits"

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
	if r.At == len(r.Content) {
		return e, false, nil
	}
	mode, name, id, next, err := r.parts()
	if err != nil {
		return e, false, err
	}
	r.At = next
	return Entry{mode, r.Content[name : id-1], r.Content[id:next]}, true, nil
}

// parts tells of the next entry, of which there must be something, where its name and its id begin, and the entry behind it.
func (r *TreeReader) parts() (mode Mode, name, id, next int, err error) {
	rest := r.Content[r.At:]
	number, at := uint32(0), 0
	for ; at < len(rest) && rest[at] >= '0' && rest[at] <= '7'; at++ {
		number = number<<3 + uint32(rest[at]-'0') // what does not fit is lost, as with git
	}
	if at == 0 || at == len(rest) || rest[at] != ' ' {
		return 0, 0, 0, 0, errMode
	}
	named := rest[at+1:]
	end := bytes.IndexByte(named, 0)
	if end < 0 || len(named)-end-1 < r.Hash {
		return 0, 0, 0, 0, errCutOff
	}
	if end == 0 {
		return 0, 0, 0, 0, errName
	}
	name = r.At + at + 1
	id = name + end + 1
	return ModeOf(number), name, id, id + r.Hash, nil
}

// Seek moves forward to the entry in which from lies, or to one before it, without reading what is between: a NUL
// that has no other within an id's length before it is no part of an id, and so ends a name.
func (r *TreeReader) Seek(from int) {
	for nul := lastNUL(r.Content, r.At, from-r.Hash); nul >= 0; {
		before := lastNUL(r.Content, r.At, nul)
		if before < 0 || nul-before > r.Hash {
			r.At = nul + 1 + r.Hash
			return
		}
		nul = before
	}
}

// Begins tells whether an entry is sure to begin at a place of a tree; see Seek. Where one does, Begins is false for
// one in thirty all the same.
func Begins(tree []byte, at int, f oid.Format) bool {
	nul := at - 1 - f.Size()
	return at == 0 || nul >= 0 && tree[nul] == 0 && lastNUL(tree, max(nul-f.Size(), 0), nul) < 0
}

// lastNUL finds the last NUL of tree[from:to]; -1 if there is none.
func lastNUL(tree []byte, from, to int) int {
	const sevens = 0x7f7f7f7f7f7f7f7f
	for ; to-from >= 8; to -= 8 {
		eight := binary.LittleEndian.Uint64(tree[to-8:])
		if nuls := ^((eight&sevens + sevens) | eight | sevens); nuls != 0 { // the top bit of each byte that is 0
			return to - 1 - bits.LeadingZeros64(nuls)/8
		}
	}
	for to--; to >= from; to-- {
		if tree[to] == 0 {
			return to
		}
	}
	return -1
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
