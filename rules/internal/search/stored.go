package search

import (
	_ "embed"
	"encoding/binary"

	"skleak/rules/internal/form"
)

// Choosing the windows of some nine thousand literals takes a hundred milliseconds and more, so it was done
// beforehand, and what was chosen is stored. A test holds it against what choosing gives, and writes it.
//
// windows.bin holds numbers, as uvarints. First the sizes: how many windows, lists, entries and leads there
// are. Then the lists of entries, each of which is that of one window
// or more:
//
//	number of entries, and for each: form, phase, flags (1 loose, 2 broken), rule, number of leads, leads
//
// Then the windows in rising order, read as big-endian numbers: the difference to the one before, and the
// number of its list. Thus it takes 26 KB, and has nothing in it that looks like a key.
//
//go:generate go test -run TestStoredWindows -update
//go:embed windows.bin
var windowsFile string

const (
	storedLoose = 1 << iota
	storedBroken
)

// stored are the windows of the built-in rules.
type stored struct {
	texts   [][windowLong]byte
	entries [][]Entry // of each window; several windows may share one list
}

func storedWindows() stored {
	r := storedReader{text: windowsFile}
	windows, lists := r.number(), make([][]Entry, r.number())
	entries, leads := make([]Entry, r.number()), make([]int16, r.number())
	for i := range lists {
		n := r.number()
		lists[i], entries = entries[:n:n], entries[n:]
		for k := range lists[i] {
			leads = r.entry(&lists[i][k], leads)
		}
	}
	s := stored{texts: make([][windowLong]byte, windows), entries: make([][]Entry, windows)}
	text := uint64(0)
	for i := range windows {
		text += uint64(r.number())
		binary.BigEndian.PutUint64(s.texts[i][:], text)
		s.entries[i] = lists[r.number()]
	}
	return s
}

// A storedReader reads windows.bin.
type storedReader struct {
	text string
	at   int
}

// Entry reads e, puts its leads into the start of leads and returns the rest of that.
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
	value, shift := uint64(0), 0
	for at := r.at; at < len(r.text); at++ {
		c := r.text[at]
		value |= uint64(c&0x7f) << (shift & 63)
		if shift += 7; c < 0x80 {
			r.at = at + 1
			return int(value)
		}
	}
	panic("internal error: windows.bin ends early")
}
