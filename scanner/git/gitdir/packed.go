package gitdir

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"strings"

	"skleak/scanner/git/oid"
)

// packed-refs has a line `ID NAME` for each ref, mostly sorted by name. A line `^ID` under it is what
// an annotated tag leads to. Lines with # are comments.
//
// It is read as a stream: one of 5 million refs has 300 MB and more.

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
	f, err := openFile(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return parsePacked(f, d.Format, noted, ref)
}

// parsePacked is eachPacked for the text of a packed-refs.
func parsePacked(text io.Reader, f oid.Format, noted *problems, ref func(name []byte, id oid.ID) bool) error {
	lines := lineReader{r: bufio.NewReaderSize(text, packedLineLimit)}
	inRef := false
	for {
		line, err := lines.next()
		if err != nil {
			return ignoreEOF(err)
		}
		switch {
		case line == nil:
			noted.add("packed-refs", "line %d is too long", lines.number)
			inRef = false
		case len(line) == 0 || line[0] == '#':
		case line[0] == '^':
			if _, rest, ok := cutID(line[1:], f); !ok || len(rest) > 0 || !inRef {
				noted.add("packed-refs", "line %d is broken", lines.number)
			}
		default:
			id, rest, ok := cutID(line, f)
			inRef = ok && len(rest) > 1 && isSpace(rest[0]) && !id.IsZero()
			if !inRef {
				noted.add("packed-refs", "line %d is broken", lines.number)
				continue
			}
			if !ref(rest[1:], id) {
				return nil
			}
		}
	}
}

// lineReader reads lines in the buffer of its reader.
type lineReader struct {
	r      *bufio.Reader
	number int // of the line read last, from 1
}

// next returns the next line, valid until the one after it, or nil for one that is longer than the buffer. At
// the end it returns io.EOF.
func (l *lineReader) next() ([]byte, error) {
	l.number++
	line, err := l.r.ReadSlice('\n')
	if err == io.EOF && len(line) > 0 {
		return line, nil // the last line has no end; the next call says EOF
	}
	if !errors.Is(err, bufio.ErrBufferFull) {
		return bytes.TrimRight(line, "\r\n"), err
	}
	for errors.Is(err, bufio.ErrBufferFull) {
		_, err = l.r.ReadSlice('\n')
	}
	return nil, ignoreEOF(err)
}

func ignoreEOF(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
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
