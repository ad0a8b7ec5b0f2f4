package index

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"

	"skleak/scanner/git/oid"
)

// Entries are entries of an index, sorted by path, then stage. They stay where they lie, and each is read when it is
// asked for: few are, and to make all of 40,000 takes three times as long as to find where they begin.
//
// What is read is not trusted to be what was checked: a file that is written to meanwhile gives other entries, but no
// panic. One that is cut makes reading fault; see Index.
type Entries struct {
	data   []byte   // a file, or what was laid out like one of version 3
	starts []uint32 // of the entries in data
	format oid.Format
}

// Entry is a file of the index, or a side of one in conflict.
type Entry struct {
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

// Len is how many entries there are.
func (e Entries) Len() int { return len(e.starts) }

// Slice returns the entries from one on and before another.
func (e Entries) Slice(from, to int) Entries {
	e.starts = e.starts[from:to]
	return e
}

// raw are the bytes of an entry, and what follows it.
func (e Entries) raw(i int) []byte { return e.data[e.starts[i]:] }

// At reads an entry.
func (e Entries) At(i int) Entry {
	raw := e.raw(i)
	flagsAt := idAt + e.format.Size()
	flags, more := flagsOf(raw[flagsAt:])
	return Entry{
		ID:           oid.FromBytes(raw[idAt:flagsAt]),
		Mode:         binary.BigEndian.Uint32(raw[modeAt:]),
		Size:         binary.BigEndian.Uint32(raw[sizeAt:]),
		Stage:        stageOf(flags),
		IntentToAdd:  more&flagIntentToAdd != 0,
		SkipWorktree: more&flagSkipWorktree != 0,
		AssumeValid:  flags&flagAssumeValid != 0,
	}
}

// flagsOf reads both fields of flags, of which there may be but one.
func flagsOf(raw []byte) (flags, more uint16) {
	flags = binary.BigEndian.Uint16(raw)
	if flags&flagExtended != 0 {
		more = binary.BigEndian.Uint16(raw[2:])
	}
	return flags, more
}

func stageOf(flags uint16) uint8 { return uint8(flags >> stageShift & 3) }

// Path is the path of an entry; it is not to be kept. It has forward slashes and stays below the root of the working
// tree, as far as slashes go: what else a system takes for a way out, such as a backslash, is for those to check who
// open it. It ends in a slash for a whole folder of a sparse index.
func (e Entries) Path(i int) []byte {
	path, _ := e.pathAndStage(e.starts[i])
	return path
}

// pathAndStage are what entries are sorted by.
func (e Entries) pathAndStage(start uint32) (path []byte, stage uint8) {
	raw := e.data[int(start)+idAt+e.format.Size():]
	flags, _ := flagsOf(raw)
	at := 2
	if flags&flagExtended != 0 {
		at = 4
	}
	raw = raw[min(at, len(raw)):]
	length := min(int(flags&lengthMask), len(raw))
	if length == lengthMask {
		length += max(0, bytes.IndexByte(raw[length:], 0))
	}
	return raw[:length], stageOf(flags)
}

// compare orders two entries by where they start.
func (e Entries) compare(a, b uint32) int {
	pathA, stageA := e.pathAndStage(a)
	pathB, stageB := e.pathAndStage(b)
	if d := bytes.Compare(pathA, pathB); d != 0 {
		return d
	}
	return cmp.Compare(stageA, stageB)
}

// sort puts entries in order. Git writes them so and does not check it on reading, so neither is it an error here if
// they are not.
func (e Entries) sort() { slices.SortStableFunc(e.starts, e.compare) }

// add lays out an entry behind those that are there: what stands before its path from head, and a path of two parts,
// with a NUL behind.
func (e *Entries) add(head, path, rest []byte) {
	flagsAt := idAt + e.format.Size()
	flags, more := flagsOf(head[flagsAt:])
	flags = flags&^lengthMask | uint16(min(len(path)+len(rest), lengthMask))
	e.starts = append(e.starts, uint32(len(e.data)))
	e.data = append(e.data, head[:flagsAt]...)
	e.data = binary.BigEndian.AppendUint16(e.data, flags)
	if flags&flagExtended != 0 {
		e.data = binary.BigEndian.AppendUint16(e.data, more)
	}
	e.data = append(append(append(e.data, path...), rest...), 0)
}
