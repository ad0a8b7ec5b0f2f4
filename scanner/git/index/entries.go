package index

import (
	"bytes"
	"encoding/binary"
	"math"

	"skleak/scanner/git/mapped"
)

// An entry, before its path:
//
//	 0  ctime, mtime: seconds and nanoseconds of each
//	16  device, inode
//	24  mode, 28 uid, 32 gid, 36 size
//	40  object id
//	    flags, 16 bits: assume-valid, extended, stage (2 bits), length of the path (12 bits)
//	    more flags, 16 bits, if extended: reserved, skip-worktree, intent-to-add, 13 unused bits
const (
	headerSize = 12
	modeAt     = 24
	sizeAt     = 36
	idAt       = 40

	flagAssumeValid = 0x8000
	flagExtended    = 0x4000
	stageShift      = 12
	lengthMask      = 0x0fff // as the length: 4095 or more

	flagSkipWorktree = 0x4000
	flagIntentToAdd  = 0x2000
)

// pathsFactor and pathsFloor bound the length of all paths together. In version 4 each entry can
// repeat the path before it for nothing, so a file of 1 MB could ask for 100 GB of paths.
const (
	pathsFactor = 8
	pathsFloor  = 64 << 20
)

// entryReader finds the entries of one file, and holds each against what it must be.
type entryReader struct {
	data    []byte // up to the checksum
	at      int
	version int

	found  Entries // so far; of version 4, laid out with whole paths
	last   before
	noPath int  // the first entry without a path; −1 if all have one
	sparse bool // an entry stands for a folder
	mixed  bool // the entries are not in order
}

// entries reads as many entries as the file declares. file is all of it.
func (r *entryReader) entries(declared uint32, file []byte) error {
	least := idAt + r.found.format.Size() + 2 + 1 // without a path and with its NUL
	room := len(r.data) - r.at
	if uint64(declared) > uint64(room/least) {
		return corrupt(8, "%d entries do not fit into %d bytes", declared, room)
	}
	r.noPath = -1
	r.found.data, r.found.starts = file, mapped.Make[uint32](int(declared))[:0]
	if r.version == 4 {
		r.found.data = make([]byte, 0, 2*len(file)) // what paths have in common is a half, about
	}
	for left := int(declared); left > 0; left -= r.skim(left) {
		if err := r.entry(); err != nil {
			return err
		}
		left--
	}
	return nil
}

// entry reads one entry.
func (r *entryReader) entry() error {
	start, flagsAt := r.at, idAt+r.found.format.Size()
	raw := r.data[start:]
	if len(raw) < flagsAt+2 {
		return corrupt(start, "the entry is cut off")
	}
	mode := binary.BigEndian.Uint32(raw[modeAt:])
	switch mode & ModeType {
	case ModeFile, ModeSymlink, ModeSubmodule:
	case ModeFolder:
		r.sparse = true
	default:
		return corrupt(start+modeAt, "the mode %o is none of a file, link, submodule or folder", mode)
	}
	flags := binary.BigEndian.Uint16(raw[flagsAt:])
	r.at += flagsAt + 2
	if flags&flagExtended != 0 {
		if err := r.extendedFlags(); err != nil {
			return err
		}
	}
	at := r.at
	path, err := r.path(start, int(flags&lengthMask))
	if err != nil {
		return err
	}
	if !r.follows(path, at, stageOf(flags), mode&ModeType == ModeFolder) {
		return corrupt(at, "the path leads out of the working tree, or nowhere")
	}
	return nil
}

// path reads the path of the entry that begins at start, and notes that entry. Some have none, in a split index.
func (r *entryReader) path(start, length int) ([]byte, error) {
	if r.version == 4 {
		return r.compressedPath(start, length)
	}
	return r.paddedPath(start, length)
}

func (r *entryReader) extendedFlags() error {
	if r.version < 3 {
		return corrupt(r.at-2, "version 2 has no extended flags")
	}
	if len(r.data)-r.at < 2 {
		return corrupt(r.at, "the entry is cut off")
	}
	flags := binary.BigEndian.Uint16(r.data[r.at:])
	if flags&^(flagSkipWorktree|flagIntentToAdd) != 0 {
		return corrupt(r.at, "unknown flags %04x", flags)
	}
	r.at += 2
	return nil
}

// paddedPath reads the path of versions 2 and 3. The entry from its start is padded with 1 to 8 NULs to
// a multiple of 8 bytes.
func (r *entryReader) paddedPath(start, length int) ([]byte, error) {
	raw := r.data[r.at:]
	end := bytes.IndexByte(raw, 0)
	if end < 0 {
		return nil, corrupt(r.at, "the path has no end")
	}
	if min(end, lengthMask) != length {
		return nil, corrupt(r.at, "the path has %d bytes, but its length is given as %d", end, length)
	}
	next := start + (r.at+end-start+8)&^7
	if next > len(r.data) {
		return nil, corrupt(r.at, "the entry is cut off")
	}
	r.found.starts = append(r.found.starts, uint32(start))
	r.at = next
	return raw[:end], nil
}

// compressedPath reads the path of version 4: how many bytes to take from the end of the path before,
// and what to put there instead.
func (r *entryReader) compressedPath(entry, length int) ([]byte, error) {
	start, last := r.at, r.last.path
	strip, ok := r.varint()
	if !ok || strip > len(last) {
		return nil, corrupt(start, "the path before has %d bytes, and more are taken away", len(last))
	}
	raw := r.data[r.at:]
	end := bytes.IndexByte(raw, 0)
	if end < 0 {
		return nil, corrupt(start, "the path has no end")
	}
	kept := last[:len(last)-strip]
	whole := len(kept) + end
	if min(whole, lengthMask) != length {
		return nil, corrupt(start, "the path has %d bytes, but its length is given as %d", whole, length)
	}
	if from := uint64(len(r.found.data)); from+uint64(whole) > mostPaths(len(r.data)) {
		return nil, corrupt(start, "the paths grow to more than %d bytes", from)
	}
	r.found.add(r.data[entry:], kept, raw[:end])
	r.at += end + 1
	return r.found.data[len(r.found.data)-1-whole:][:whole], nil
}

// mostPaths is how long all that is laid out for a file of version 4 may get. Where an entry starts has 32 bits.
func mostPaths(size int) uint64 {
	return min(pathsFloor+pathsFactor*uint64(size), math.MaxUint32-pathsFloor)
}

// varint reads a number as packs write offsets: 7 bits a byte, the most significant first, and one
// added for each further byte. No path is as long as 2²⁸.
func (r *entryReader) varint() (n int, ok bool) {
	for i := range 4 {
		if r.at == len(r.data) {
			return 0, false
		}
		c := r.data[r.at]
		r.at++
		if i > 0 {
			n++
		}
		n = n<<7 | int(c&0x7f)
		if c < 0x80 {
			return n, true
		}
	}
	return 0, false
}
