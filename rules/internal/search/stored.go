package search

import (
	_ "embed"
	"encoding/binary"
	"sync"

	"skleak/rules/internal/form"
)

// Choosing the windows of some nine thousand literals takes a hundred milliseconds and more, and putting them into
// tables a third of one, which is a twentieth of a commit hook. So both were done beforehand, and the tables are stored.
// A test holds them against what choosing gives, and writes them. They are read where they lie in the program: of a table
// in which nothing is looked up, nothing is read.
//
// windows.bin holds numbers, the lowest byte first:
//
//	filter, windows  as an Index has them, four bytes a word, and eight
//	starts           of each bucket, the number of its first window; one more for the end; two bytes each
//	hashes           of each window, the product that its filter and its bucket are taken from; eight bytes each
//	lists            of each window, the number of its list of entries; two bytes each
//
// and then the lists of entries, as uvarints. Each is that of one window or more:
//
//	number of lists, of all entries, of all leads
//	number of entries, and for each: form, phase, flags (1 loose, 2 broken), rule, number of leads, leads
//
// The windows rise by their hashes, and a bucket is those whose highest bits are alike. A hash tells the window, since
// what it was multiplied by is odd; but nothing in the file looks like a key. It takes 98 KB.
//
//go:generate go test -run TestStoredWindows -update
//go:embed windows.bin
var windowsFile []byte

const (
	bucketBits = 12

	windowsAtByte = 4 * filterWords
	startsAtByte  = windowsAtByte + 8*windowWords
	hashesAtByte  = startsAtByte + 2*(1<<bucketBits+1)

	storedLoose  = 1
	storedBroken = 2
)

// stored are the windows of the built-in rules. They have the numbers from 0 on.
type stored struct {
	count                 int
	starts, hashes, lists []byte
}

func storedWindows() stored {
	starts := windowsFile[startsAtByte:hashesAtByte]
	count := int(binary.LittleEndian.Uint16(starts[2<<bucketBits:]))
	lists := hashesAtByte + 8*count
	return stored{count, starts, windowsFile[hashesAtByte:lists], windowsFile[lists : lists+2*count]}
}

// find returns the number of a window, or -1.
func (s *stored) find(window uint64) int {
	hash := window * windowHash
	bucket := s.starts[hash>>(64-bucketBits)*2:]
	end := int(binary.LittleEndian.Uint16(bucket[2:]))
	for n := int(binary.LittleEndian.Uint16(bucket)); n < end; n++ {
		if binary.LittleEndian.Uint64(s.hashes[8*n:]) == hash {
			return n
		}
	}
	return -1
}

// window returns the bytes of a window, as find takes them.
func (s *stored) window(n int) uint64 {
	return binary.LittleEndian.Uint64(s.hashes[8*n:]) * windowUnhash
}

// entries returns what to try at a window.
func (s *stored) entries(n int) []Entry {
	return storedLists()[binary.LittleEndian.Uint16(s.lists[2*n:])]
}

// readFilters sets the filters of an Index whose stride is strideLong.
func (s *Index) readFilters() {
	for i := 0; i < len(s.filter); i += 2 { // two words at a time, since this is done at each start
		two := binary.LittleEndian.Uint64(windowsFile[4*i:])
		s.filter[i], s.filter[i+1] = uint32(two), uint32(two>>32)
	}
	for i := range s.windows {
		s.windows[i] = binary.LittleEndian.Uint64(windowsFile[windowsAtByte+8*i:])
	}
}

// storedLists reads the lists when a window is found for the first time: most commits have none.
var storedLists = sync.OnceValue(func() [][]Entry {
	s := storedWindows()
	r := storedReader{text: windowsFile[hashesAtByte+10*s.count:]}
	lists, entries, leads := make([][]Entry, r.number()), make([]Entry, r.number()), make([]int16, r.number())
	for i := range lists {
		n := r.number()
		lists[i], entries = entries[:n:n], entries[n:]
		for k := range lists[i] {
			leads = r.entry(&lists[i][k], leads)
		}
	}
	return lists
})

// A storedReader reads the lists of windows.bin.
type storedReader struct {
	text []byte
	at   int
}

// entry reads e, puts its leads into the start of leads and returns the rest of that.
func (r *storedReader) entry(e *Entry, leads []int16) []int16 {
	e.Form, e.Phase = form.ID(r.number()), int8(r.number())
	flags := r.number()
	e.Loose, e.Broken = flags&storedLoose != 0, flags&storedBroken != 0
	e.Rule = int16(r.number())
	n := r.number()
	e.Leads = leads[:n:n]
	for i := range n {
		e.Leads[i] = int16(r.number())
	}
	return leads[n:]
}

// number reads a number. The file is part of the program: it is whole, or the program is broken.
func (r *storedReader) number() int {
	value, size := binary.Uvarint(r.text[r.at:])
	if size <= 0 {
		panic("internal error: windows.bin ends early")
	}
	r.at += size
	return int(value)
}
