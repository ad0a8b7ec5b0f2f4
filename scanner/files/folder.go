package files

import (
	"errors"
	"io/fs"
	"os"
	"strings"
)

// folder is an open folder. What lies in it is opened by its name, from there and not by a path: so no
// path gets too long for the system, and no folder on the way can be swapped for a link that leads
// elsewhere. A link is never followed.
//
// There are two of them, held to the same tests: descriptors, where the system is a unix, and plain,
// which leaves it all to os.Root.
type folder interface {
	// list puts what comes next in the folder into l, a bufferful at a time. l has been told to start
	// before the first. Beside an error, l has what came before it.
	list(l *listing) error

	folder(name string) (folder, error)
	file(name string) (file, state, error) // fails with errSpecial if it is no regular file
	link(name string) (target string, err error)
	kind(name string) (fs.FileMode, error) // the type bits alone

	// same is true if both names stand for one and the same thing.
	same(a, b string) bool

	// identity is what parent recognises a folder by. It is not known everywhere.
	identity() (id identity, known bool)

	// parent opens the folder that this one lies in, if that is still the one with the given identity.
	parent(id identity) (folder, error)

	close()
}

// file is an open regular file.
type file interface {
	// readAt reads some bytes from an offset on. At the end of the file it returns 0 and no error.
	readAt(b []byte, at int64) (int, error)

	// data finds the next part that is stored, from an offset on, in a file that ends at end. Before it lies a hole,
	// which reads as zeros. Where there is no more, it begins and ends at end; where the system does not say, it is all
	// of the rest.
	data(at, end int64) (from, to int64)

	// madeUp is true for files that are not stored at all: their size says nothing, and they may never end.
	madeUp() bool

	state() (state, error)
	close()
}

// state is what changes when somebody writes to a file.
type state struct {
	size, modified int64
}

// identity tells one folder from all others that are there at the same time.
type identity struct{ device, inode uint64 }

// listing is a part of what a folder holds, in no order.
type listing struct {
	text    []byte // holds all names, with bytes between them that belong to none
	entries []entry
	last    bool // the folder holds no more

	buf    []byte   // kept from one listing to the next
	reader *os.File // of the folder at hand, where one is needed
}

// entry is something in a folder. kind has the type bits alone.
type entry struct {
	name string
	kind fs.FileMode
}

// listingBuffer is how many bytes of names are taken from a folder at a time: most folders are listed at
// once, and one of a million entries takes no more memory than they.
const listingBuffer = 32 << 10

// start gets the listing ready for another folder.
func (l *listing) start() {
	if l.reader != nil {
		_ = l.reader.Close()
		l.reader = nil
	}
	l.reset()
}

// reset makes the listing empty. Its buffers are kept.
func (l *listing) reset() {
	if l.buf == nil {
		l.buf = make([]byte, listingBuffer)
	}
	clear(l.entries) // or they would keep the names of a large folder
	l.text, l.entries, l.last = l.buf[:0], l.entries[:0], false
}

// add puts in an entry whose name is not in the text yet.
func (l *listing) add(name string, kind fs.FileMode) {
	l.text = append(append(l.text, name...), 0)
	l.entries = append(l.entries, entry{name, kind})
}

// folds is true if an entry differs from the name in nothing but the case of letters.
func (l *listing) folds(name string) bool {
	for i := range l.entries {
		if len(l.entries[i].name) == len(name) && strings.EqualFold(l.entries[i].name, name) {
			return true
		}
	}
	return false
}

// has is true if an entry of that name is in the listing.
func (l *listing) has(name string) bool {
	for i := range l.entries {
		if l.entries[i].name == name {
			return true
		}
	}
	return false
}

var (
	// errSpecial says that something is no regular file.
	errSpecial = errors.New("not a regular file")

	// errSwapped says that a name stood for two things, one after the other.
	errSwapped = errors.New("another took its place while it was being opened")
)
