package gitdir

import (
	"bytes"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"

	"skleak/scanner/git/mapped"
	"skleak/scanner/git/oid"
)

// packed-refs has a line `ID NAME` for each ref, mostly sorted by name. A line `^ID` under it is what
// an annotated tag leads to. Lines with # are comments.
//
// The file is mapped, not read: one of 5 million refs has 300 MB and more.

const (
	packedLineLimit = 64 << 10   // a ref's name is shorter than any file system's limit on paths
	packedRefsLimit = 20_000_000 // refs; with a name of 40 bytes each, they take 3 GB
)

// eachPacked calls ref for each line of packed-refs, until that returns false. The name is valid during the call only.
func (d *Dir) eachPacked(noted *problems, ref func(name []byte, id oid.ID) bool) error {
	path, err := d.bounds.resolve(filepath.Join(d.Common, "packed-refs"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	text, unmap, err := mapped.File(path)
	if err != nil {
		return err
	}
	err = mapped.Guard(func() error { parsePacked(text, d.Format, noted, ref); return nil })
	return errors.Join(err, unmap())
}

// parsePacked is eachPacked for the text of a packed-refs.
func parsePacked(text []byte, f oid.Format, noted *problems, ref func(name []byte, id oid.ID) bool) {
	inRef, number := false, 0
	for line := range bytes.Lines(text) {
		number++
		line = bytes.TrimRight(line, "\r\n")
		switch {
		case len(line) > packedLineLimit:
			noted.add("packed-refs", "line %d is too long", number)
			inRef = false
		case len(line) == 0 || line[0] == '#':
		case line[0] == '^':
			if _, rest, ok := cutID(line[1:], f); !ok || len(rest) > 0 || !inRef {
				noted.add("packed-refs", "line %d is broken", number)
			}
		default:
			id, rest, ok := cutID(line, f)
			inRef = ok && len(rest) > 1 && isSpace(rest[0]) && !id.IsZero()
			if !inRef {
				noted.add("packed-refs", "line %d is broken", number)
				continue
			}
			if !ref(rest[1:], id) {
				return
			}
		}
	}
}

// arena keeps many short strings in few allocations: millions of names would take half as much memory
// again if each were rounded up to the allocator's sizes.
type arena struct {
	block strings.Builder
}

const arenaBlock = 64 << 10

func (a *arena) string(b []byte) string {
	if a.block.Cap()-a.block.Len() < len(b) {
		a.block.Reset() // the strings made before keep the old block
		a.block.Grow(max(arenaBlock, len(b)))
	}
	start := a.block.Len()
	a.block.Write(b)
	return a.block.String()[start:]
}
