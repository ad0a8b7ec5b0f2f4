package index

import (
	"bytes"
	"encoding/binary"
	"strings"

	"skleak/scanner/git/oid"
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

// entryReader reads the entries of one file.
type entryReader struct {
	data    []byte // up to the checksum
	at      int
	version int
	format  oid.Format
	paths   strings.Builder // all paths in one: half a million small strings are slow to make
	last    string          // the path read last
}

// entries reads as many entries as the file declares.
func (r *entryReader) entries(declared uint32) ([]Entry, error) {
	least := idAt + r.format.Size() + 2 + 1 // without a path and with its NUL
	room := len(r.data) - r.at
	if uint64(declared) > uint64(room/least) {
		return nil, corrupt(8, "%d entries do not fit into %d bytes", declared, room)
	}
	count := int(declared)
	r.paths.Grow(room - count*least) // what is left for paths, padding and extensions
	entries := make([]Entry, count)
	for i := range entries {
		if err := r.entry(&entries[i]); err != nil {
			return nil, err
		}
	}
	return entries, nil
}

// entry reads one entry, and its path into r.paths.
func (r *entryReader) entry(e *Entry) error {
	start, flagsAt := r.at, idAt+r.format.Size()
	raw := r.data[start:]
	if len(raw) < flagsAt+2 {
		return corrupt(start, "the entry is cut off")
	}
	e.Mode = binary.BigEndian.Uint32(raw[modeAt:])
	e.Size = binary.BigEndian.Uint32(raw[sizeAt:])
	e.ID = oid.FromBytes(raw[idAt:flagsAt])
	flags := binary.BigEndian.Uint16(raw[flagsAt:])
	e.AssumeValid = flags&flagAssumeValid != 0
	e.Stage = uint8(flags >> stageShift & 3)
	switch e.Mode & ModeType {
	case ModeFile, ModeSymlink, ModeSubmodule, ModeFolder:
	default:
		return corrupt(start+modeAt, "the mode %o is none of a file, link, submodule or folder", e.Mode)
	}
	r.at += flagsAt + 2
	if flags&flagExtended != 0 {
		if err := r.extendedFlags(e); err != nil {
			return err
		}
	}
	return r.path(e, start, int(flags&lengthMask))
}

// path reads the path of the entry that begins at start. Some have none, in a split index.
func (r *entryReader) path(e *Entry, start, length int) (err error) {
	from, at := r.paths.Len(), r.at
	if r.version == 4 {
		err = r.compressedPath(length)
	} else {
		err = r.paddedPath(start, length)
	}
	if err != nil {
		return err
	}
	path := r.paths.String()[from:]
	e.Path = path
	if e.Mode&ModeType == ModeFolder {
		path = strings.TrimSuffix(path, "/")
	}
	if path != "" && !isLocal(path) {
		return corrupt(at, "the path leads out of the working tree, or nowhere")
	}
	return nil
}

func (r *entryReader) extendedFlags(e *Entry) error {
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
	e.SkipWorktree = flags&flagSkipWorktree != 0
	e.IntentToAdd = flags&flagIntentToAdd != 0
	r.at += 2
	return nil
}

// paddedPath reads the path of versions 2 and 3. The entry from its start is padded with 1 to 8 NULs to
// a multiple of 8 bytes.
func (r *entryReader) paddedPath(start, length int) error {
	raw := r.data[r.at:]
	end := bytes.IndexByte(raw, 0)
	if end < 0 {
		return corrupt(r.at, "the path has no end")
	}
	if min(end, lengthMask) != length {
		return corrupt(r.at, "the path has %d bytes, but its length is given as %d", end, length)
	}
	next := start + (r.at+end-start+8)&^7
	if next > len(r.data) {
		return corrupt(r.at, "the entry is cut off")
	}
	r.paths.Write(raw[:end])
	r.at = next
	return nil
}

// compressedPath reads the path of version 4: how many bytes to take from the end of the path before,
// and what to put there instead.
func (r *entryReader) compressedPath(length int) error {
	start := r.at
	strip, ok := r.varint()
	if !ok || strip > len(r.last) {
		return corrupt(start, "the path before has %d bytes, and more are taken away", len(r.last))
	}
	raw := r.data[r.at:]
	end := bytes.IndexByte(raw, 0)
	if end < 0 {
		return corrupt(start, "the path has no end")
	}
	kept := r.last[:len(r.last)-strip]
	whole := len(kept) + end
	if min(whole, lengthMask) != length {
		return corrupt(start, "the path has %d bytes, but its length is given as %d", whole, length)
	}
	from := r.paths.Len()
	if from+whole > pathsFloor+pathsFactor*len(r.data) {
		return corrupt(start, "the paths grow to more than %d bytes", from)
	}
	r.paths.WriteString(kept)
	r.paths.Write(raw[:end])
	r.last = r.paths.String()[from:]
	r.at += end + 1
	return nil
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

// isLocal is true for a path, not empty, whose parts all go down. The parts are looked at only where one of them
// can be bad: most paths have neither a double slash nor a leading dot anywhere.
func isLocal(path string) bool {
	if path[0] == '/' || path[len(path)-1] == '/' {
		return false
	}
	if path[0] != '.' && !strings.Contains(path, "/.") && !strings.Contains(path, "//") {
		return true
	}
	for part := range strings.SplitSeq(path, "/") {
		if part == "" || part == "." || part == ".." {
			return false
		}
	}
	return true
}
