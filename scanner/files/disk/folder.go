// Package disk opens folders and files so that no name in them leads elsewhere, and lists what is in them with little
// work for each. It follows no link but in the path that it is given, and opens nothing but folders and regular files.
package disk

import (
	"errors"
	"io/fs"
	"os"
	"strings"
)

// Folder is an open folder. What lies in it is opened by its name, from there and not by a path: so no
// path gets too long for the system, and no folder on the way can be swapped for a link that leads
// elsewhere. A link is never followed.
//
// There are two of them, held to the same tests: descriptors, where the system is a unix, and plain,
// which leaves it all to os.Root.
type Folder interface {
	// List puts what comes next in the folder into l, a bufferful at a time. l has been told to start
	// before the first. Beside an error, l has what came before it.
	List(l *Listing) error

	Folder(name string) (Folder, error)
	File(name string) (File, State, error) // fails with ErrSpecial if it is no regular file
	Link(name string) (target string, err error)
	Kind(name string) (fs.FileMode, error) // the type bits alone

	// Same is true if both names stand for one and the same thing.
	Same(a, b string) bool

	// Identity is what Parent recognises a folder by. It is not known everywhere.
	Identity() (id Identity, known bool)

	// Parent opens the folder that this one lies in, if that is still the one with the given identity.
	Parent(id Identity) (Folder, error)

	Close()
}

// File is an open regular file.
type File interface {
	// ReadAt reads some bytes from an offset on. At the end of the file it returns 0 and no error.
	ReadAt(b []byte, at int64) (int, error)

	// Data finds the next part that is stored, from an offset on, in a file that ends at end. Before it lies a hole,
	// which reads as zeros. Where there is no more, it begins and ends at end; where the system does not say, it is all
	// of the rest.
	Data(at, end int64) (from, to int64)

	// MadeUp is true for files that are not stored at all: their size says nothing, and they may never end.
	MadeUp() bool

	State() (State, error)
	Close()
}

// State is what changes when somebody writes to a file.
type State struct {
	Size, Modified int64
}

// Identity tells one folder from all others that are there at the same time.
type Identity struct{ device, inode uint64 }

// Listing is a part of what a folder holds, in no order.
type Listing struct {
	Text    []byte // holds all names, with bytes between them that belong to none
	Entries []Entry
	Last    bool // the folder holds no more

	buf    []byte   // kept from one listing to the next
	reader *os.File // of the folder at hand, where one is needed
}

// Entry is something in a folder. Kind has the type bits alone.
type Entry struct {
	Name string
	Kind fs.FileMode
}

// listingBuffer is how many bytes of names are taken from a folder at a time: most folders are listed at
// once, and one of a million entries takes no more memory than they.
const listingBuffer = 32 << 10

// Start gets the listing ready for another folder.
func (l *Listing) Start() {
	if l.reader != nil {
		_ = l.reader.Close()
		l.reader = nil
	}
	l.reset()
}

// reset makes the listing empty. Its buffers are kept.
func (l *Listing) reset() {
	if l.buf == nil {
		l.buf = make([]byte, listingBuffer)
	}
	clear(l.Entries) // or they would keep the names of a large folder
	l.Text, l.Entries, l.Last = l.buf[:0], l.Entries[:0], false
}

// add puts in an entry whose name is not in the text yet.
func (l *Listing) add(name string, kind fs.FileMode) {
	l.Text = append(append(l.Text, name...), 0)
	l.Entries = append(l.Entries, Entry{name, kind})
}

// Folds is true if an entry differs from the name in nothing but the case of letters.
func (l *Listing) Folds(name string) bool {
	for i := range l.Entries {
		if len(l.Entries[i].Name) == len(name) && strings.EqualFold(l.Entries[i].Name, name) {
			return true
		}
	}
	return false
}

// Has is true if an entry of that name is in the listing.
func (l *Listing) Has(name string) bool {
	for i := range l.Entries {
		if l.Entries[i].Name == name {
			return true
		}
	}
	return false
}

var (
	// ErrSpecial says that something is no regular file.
	ErrSpecial = errors.New("not a regular file")

	// ErrSwapped says that a name stood for two things, one after the other.
	ErrSwapped = errors.New("another file took its place while it was being opened")
)
