package gitdir

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"skleak/scanner/history/oid"
)

// Refs in the reftable format lie in the folder reftable: tables.list names the tables, the oldest first,
// and what a later one says of a ref counts. A table is
//
//	header: REFT, version (1 byte), block size (3 bytes), two update indexes (8 bytes each),
//	        in version 2 the name of the hash (4 bytes)
//	blocks of refs, then of indexes, object ids and logs, which are not needed to read all refs
//	footer: the header again, positions of the parts, CRC-32
//
// and a block of refs is
//
//	'r', length (3 bytes, without padding; the header counts as part of the first block)
//	records: how much of the name before to keep, rest of the name, change of the update index, value
//	restart points (3 bytes each), their number (2 bytes)
//
// Blocks are padded with NULs to the block size, unless the next one follows at once.

const (
	tablesLimit  = 1 << 30 // bytes of all tables together; a ref takes about 30
	tablesCount  = 10_000  // git joins them long before
	refNamesRoom = 64 << 20
	snapshots    = 3 // how often to begin again when git replaces the tables under our hands

	footerRest = 44 // of the footer, after the header in it
)

// readReftables reads the refs of all worktrees.
func (d *Dir) readReftables(noted *problems) []Ref {
	r := &looseReader{d: d, noted: noted}
	own := "" // what stands before names that each worktree has for itself
	if d.linked() {
		own = "main-worktree/"
		r.stack(d.Git, "")
	}
	r.stack(d.Common, own)
	for dir, prefix := range r.worktrees() {
		r.stack(dir, prefix)
	}
	return r.refs
}

// stack reads the tables of one worktree, and the two refs that stay files beside them.
func (r *looseReader) stack(dir, prefix string) {
	for _, name := range []string{"FETCH_HEAD", "MERGE_HEAD"} {
		if path := filepath.Join(dir, name); isFile(path) {
			r.lines(path, prefix+name)
		}
	}
	place := prefix + "reftable"
	var refs []Ref
	var err error
	for range snapshots {
		refs, err = r.d.bounds.readStack(filepath.Join(dir, "reftable"), r.d.Format)
		if !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	if err != nil {
		r.noted.add(place, "%w", err)
	}
	for _, ref := range refs {
		if perWorktree(ref.Name) {
			ref.Name = prefix + ref.Name
		}
		r.refs = append(r.refs, ref)
	}
}

// readStack reads the tables in a folder and joins them. With an error, it returns what it could read.
func (b bounds) readStack(dir string, f oid.Format) ([]Ref, error) {
	list, err := b.readFile(filepath.Join(dir, "tables.list"), looseLimit*16)
	if err != nil {
		return nil, err
	}
	names := strings.Fields(string(list))
	if len(names) > tablesCount {
		return nil, fmt.Errorf("tables.list names %d tables; more than %d are not read", len(names), tablesCount)
	}
	var refs []Ref
	var failed error
	room := int64(tablesLimit)
	for _, name := range names {
		if filepath.Base(name) != name || !filepath.IsLocal(name) {
			return nil, errors.New("tables.list names a file in another folder")
		}
		data, err := b.readFile(filepath.Join(dir, name), room)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		if err == nil {
			room -= int64(len(data))
			t := table{data: data, format: f}
			err = t.read()
			refs = append(refs, t.refs...)
		}
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("table %s: %w", name, cause(err)))
		}
	}
	return joinTables(refs), failed
}

// joinTables keeps the last of each name, and drops what that one deletes.
func joinTables(refs []Ref) []Ref {
	slices.SortStableFunc(refs, func(a, b Ref) int { return strings.Compare(a.Name, b.Name) })
	kept := refs[:0]
	for i, ref := range refs {
		if i+1 < len(refs) && refs[i+1].Name == ref.Name {
			continue
		}
		if deleted := ref.ID.IsZero() && ref.Symbolic == ""; !deleted {
			kept = append(kept, ref)
		}
	}
	return kept
}

// table reads one table.
type table struct {
	data   []byte
	format oid.Format
	refs   []Ref
	names  arena
	named  int // bytes in names
}

var errTableCutOff = errors.New("is cut off or damaged at its end")

// read reads all refs of the table. With an error, those before it are there.
func (t *table) read() error {
	header, err := t.header()
	if err != nil {
		return err
	}
	footer := len(t.data) - header - footerRest
	if footer < header || !bytes.Equal(t.data[footer:footer+header], t.data[:header]) {
		return errTableCutOff
	}
	sum := len(t.data) - 4
	if crc32.ChecksumIEEE(t.data[footer:sum]) != binary.BigEndian.Uint32(t.data[sum:]) {
		return errTableCutOff
	}
	blockSize := uint24(t.data[5:])
	for at, body := 0, header; at+body < footer; body = 0 {
		switch t.data[at+body] {
		case 'r':
		case 'i', 'o', 'g':
			return nil
		default:
			return fmt.Errorf("has no block at byte %d", at+body)
		}
		end, err := t.block(at, at+body, footer)
		if err != nil {
			return err
		}
		// As git has it: a NUL after a block is padding up to the block size.
		if padded := end < footer && t.data[end] == 0 && end-at < blockSize; padded {
			end = at + blockSize
		}
		at = end
	}
	return nil
}

// header checks the header and returns its size.
func (t *table) header() (int, error) {
	if len(t.data) < 28 || string(t.data[:4]) != "REFT" {
		return 0, errors.New("is no reftable")
	}
	format, size := oid.SHA1, 24
	switch version := t.data[4]; version {
	case 1:
	case 2:
		size = 28
		switch string(t.data[24:28]) {
		case "sha1":
		case "s256":
			format = oid.SHA256
		default:
			return 0, errors.New("has ids of an unknown format")
		}
	default:
		return 0, fmt.Errorf("has version %d; 1 and 2 are known", version)
	}
	if format != t.format {
		return 0, errors.New("has ids of another format than the repository")
	}
	return size, nil
}

func uint24(b []byte) int { return int(b[0])<<16 | int(b[1])<<8 | int(b[2]) }

// block reads the block of refs that counts from byte at and has its type at byte start. It returns where
// the block ends.
func (t *table) block(at, start, limit int) (end int, err error) {
	if limit-start < 4 {
		return 0, fmt.Errorf("has a block cut off at byte %d", start)
	}
	end = at + uint24(t.data[start+1:])
	if end > limit || end-start < 6 {
		return 0, fmt.Errorf("has a block of a wrong length at byte %d", start)
	}
	records := end - 2 - 3*int(binary.BigEndian.Uint16(t.data[end-2:]))
	if records < start+4 {
		return 0, fmt.Errorf("has a block with too many restart points at byte %d", start)
	}
	r := recordReader{data: t.data[:records], at: start + 4}
	for name := ""; r.at < records; {
		begin := r.at
		ref, ok := t.record(&r, name)
		if !ok {
			return 0, fmt.Errorf("has a broken record at byte %d", begin)
		}
		name = ref.Name
		t.refs = append(t.refs, ref)
		if len(t.refs) >= packedRefsLimit {
			return 0, fmt.Errorf("has %d refs or more; the rest was not read", packedRefsLimit)
		}
	}
	return end, nil
}

// record reads one ref. Deleted ones have neither an id nor a target. The length of all names together
// is bounded, since each can repeat the one before it for nothing.
func (t *table) record(r *recordReader, before string) (ref Ref, ok bool) {
	keep := r.number()
	suffix := r.number()
	rest := r.bytes(suffix >> 3)
	r.number() // by how much the update index is above the least one
	length := keep + len(rest)
	if r.failed || keep > len(before) || length > refPathLimit || t.named+length > refNamesRoom+8*len(t.data) {
		return ref, false
	}
	t.named += length
	ref.Name = t.names.string(append([]byte(before[:keep]), rest...))
	size := t.format.Size()
	switch suffix & 7 {
	case 0:
	case 1:
		ref.ID = oid.FromBytes(r.bytes(size))
	case 2:
		ref.ID = oid.FromBytes(r.bytes(size))
		r.bytes(size) // what the annotated tag leads to in the end
	case 3:
		ref.Symbolic = string(r.bytes(r.number()))
	default:
		return ref, false
	}
	return ref, !r.failed
}

// recordReader reads the parts of records. After reading past its end it has failed.
type recordReader struct {
	data   []byte
	at     int
	failed bool
}

func (r *recordReader) bytes(n int) []byte {
	if r.failed || n > len(r.data)-r.at {
		r.failed = true
		return nil
	}
	r.at += n
	return r.data[r.at-n : r.at]
}

// number reads a number as packs write offsets: 7 bits a byte, the most significant first, and one
// added for each further byte. Longer ones than 8 bytes do not occur, and would not fit.
func (r *recordReader) number() (n int) {
	for i := range 8 {
		b := r.bytes(1)
		if b == nil {
			return 0
		}
		if i > 0 {
			n++
		}
		n = n<<7 | int(b[0]&0x7f)
		if b[0] < 0x80 {
			return n
		}
	}
	r.failed = true
	return 0
}
