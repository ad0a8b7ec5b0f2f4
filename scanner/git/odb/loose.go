package odb

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"skleak/scanner/cause"
	"skleak/scanner/git/inflate"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
)

// LooseDir is the list of the loose objects in one objects folder. It takes the length of an id for each.
type LooseDir struct {
	path   string
	format oid.Format
	ids    []byte   // sorted, one behind the other
	fanout [257]int // how many ids begin with a byte below this one

	now  *Lazy // where to look for an object whose file is gone; nil: nowhere
	late bool  // there are no files: see AddLate
}

// listLoose lists the 256 folders in which loose objects lie, those that are there: of a push in quarantine or a fresh
// clone, few are.
func listLoose(dir string, f oid.Format) (*LooseDir, []Problem) {
	l := &LooseDir{path: dir, format: f}
	var problems []Problem
	mayBeThere := foldersIn(dir)
	for first := range 256 {
		l.fanout[first] = l.Len()
		name := fmt.Sprintf("%02x", first)
		if !mayBeThere(name) {
			continue
		}
		files, err := listFolder(filepath.Join(dir, name))
		if err != nil {
			problems = append(problems, Problem{Place: name, Detail: cause.Of(err).Error()})
		}
		for _, file := range files {
			if raw, ok := looseID(name, file.Name(), f); ok {
				l.ids = append(l.ids, raw...)
			}
		}
	}
	l.fanout[256] = l.Len()
	return l, problems
}

// foldersIn returns what tells whether there may be a folder of a name in a folder. Some file systems take capitals for
// small letters, and what cannot be listed may hold anything.
func foldersIn(dir string) func(name string) bool {
	files, err := os.ReadDir(dir)
	if err != nil {
		return func(string) bool { return true }
	}
	names := make(map[string]bool, len(files))
	for _, file := range files {
		names[strings.ToLower(file.Name())] = true
	}
	return func(name string) bool { return names[name] }
}

// looseID is the id of the object that lies under a name in a folder. It is not ok for anything else, such as a
// temporary file, or a name with capitals, which git does not find.
func looseID(folder, name string, f oid.Format) (id []byte, ok bool) {
	id, err := hex.DecodeString(folder + name)
	return id, err == nil && len(folder) == 2 && len(id) == f.Size() && hex.EncodeToString(id) == folder+name
}

// Holds is true for the files in a folder of an objects folder that Open reads.
func Holds(folder, name string, f oid.Format) bool {
	_, loose := looseID(folder, name, f)
	return loose || folder == "pack" && isPackFile(name)
}

// Len is the number of objects.
func (l *LooseDir) Len() int { return len(l.ids) / l.format.Size() }

func (l *LooseDir) id(i int) []byte { return l.ids[i*l.format.Size() : (i+1)*l.format.Size()] }

// ID returns the id at a position.
func (l *LooseDir) ID(i int) oid.ID { return oid.FromBytes(l.id(i)) }

// Folder returns the positions of the objects whose id begins with a byte.
func (l *LooseDir) Folder(first byte) (from, to int) {
	return l.fanout[first], l.fanout[int(first)+1]
}

func (l *LooseDir) find(id []byte) (position int, ok bool) {
	from, to := l.Folder(id[0])
	return pack.FindID(l.ids, id, from, to)
}

func (l *LooseDir) file(i int) string { return looseFile(l.path, hex.EncodeToString(l.id(i))) }

// looseFile is where an objects folder keeps a loose object, by its id in hex.
func looseFile(dir, name string) string { return filepath.Join(dir, name[:2], name[2:]) }

// LooseReader reads loose objects into memory that it reuses. One goroutine at a time.
type LooseReader struct {
	Memory int64 // bounds the bytes of what Read returns; 0: pack.DefaultMemory

	inflate inflate.Decoder
	packed  []byte
	content []byte
	now     *LazyReader
}

const (
	looseHeader = 32       // "commit", a blank, twenty digits, NUL
	looseLarge  = 16 << 20 // above this, Visit streams

	// Up to smallPacked bytes are inflated at once, into room for smallContent: reading the header first builds the tables
	// of the first block twice.
	smallPacked  = 16 << 10
	smallContent = 64 << 10
)

// Read returns a loose object, in memory of its own.
func (r *LooseReader) Read(l *LooseDir, position int) (kind pack.Kind, data []byte, err error) {
	return held(r.Memory, func(whole wholeFunc, large largeFunc) error { return r.Visit(l, position, whole, large) })
}

// wholeFunc takes an object whose content is valid during the call only, largeFunc one that is read as it goes by.
type (
	wholeFunc = func(pack.Kind, []byte)
	largeFunc = func(pack.Kind, uint64, io.Reader) error
)

// held returns the object that visit passes on, in memory of its own.
func held(memory int64, visit func(whole wholeFunc, large largeFunc) error) (kind pack.Kind, data []byte, err error) {
	err = visit(
		func(k pack.Kind, content []byte) { kind, data = k, slices.Clone(content) },
		func(k pack.Kind, size uint64, content io.Reader) (err error) {
			kind = k
			data, err = pack.ReadBounded(content, size, memory)
			return err
		})
	return kind, data, err
}

// ErrBehind says that a loose object was read whole, and that other bytes follow it in its file. Git shows such a blob,
// and refuses to go on from such a tree or commit.
var ErrBehind = errors.New("bytes follow its zlib stream")

// Visit reads a loose object and passes it to whole, or to large where it is too large to be held. The
// content is valid during the call only. Its bytes are vouched for by the stream's Adler-32. With ErrBehind, whole has
// had the object.
func (r *LooseReader) Visit(l *LooseDir, position int, whole wholeFunc, large largeFunc) error {
	if l.late {
		return r.visitNow(l, position, whole, large)
	}
	f, err := openRegular(l.file(position))
	if errors.Is(err, fs.ErrNotExist) {
		return r.visitNow(l, position, whole, large)
	}
	if err != nil {
		return cause.Of(err)
	}
	defer f.Close()
	return r.visit(f, whole, large)
}

// visit is Visit for an open file.
func (r *LooseReader) visit(f regular, whole wholeFunc, large largeFunc) (err error) {
	r.packed, err = readUpTo(f, r.packed, looseLarge+1)
	if err != nil {
		return cause.Of(err)
	}
	if len(r.packed) > looseLarge {
		return streamLoose(io.MultiReader(bytes.NewReader(r.packed), f), large)
	}
	if kind, content, ok := r.inflateSmall(); ok {
		whole(kind, content)
		return nil
	}
	return r.visitSized(whole, large)
}

// inflateSmall inflates what is packed without knowing its size, if that is small. Whatever is wrong, it leaves to
// visitSized, the plain way, to say.
func (r *LooseReader) inflateSmall() (kind pack.Kind, content []byte, ok bool) {
	if len(r.packed) > smallPacked {
		return 0, nil, false
	}
	if cap(r.content) < smallContent {
		r.content = make([]byte, smallContent)
	}
	content = r.content[:smallContent]
	n, taken, err := r.inflate.Within(content, r.packed)
	if err != nil || taken != len(r.packed) {
		return 0, nil, false
	}
	content = content[:n]
	kind, size, header, err := parseLooseHeader(content[:min(n, looseHeader)])
	if err != nil || size != uint64(n-header) {
		return 0, nil, false
	}
	return kind, content[header:], true
}

// visitSized reads the header first, and by it the size.
func (r *LooseReader) visitSized(whole wholeFunc, large largeFunc) error {
	kind, size, header, err := r.header(r.packed)
	if err != nil {
		return err
	}
	if size > looseLarge {
		return streamLoose(bytes.NewReader(r.packed), large)
	}
	if size > uint64(len(r.packed)+8)*1032 {
		return fmt.Errorf("the object declares %d bytes, more than its %d packed bytes can hold", size, len(r.packed))
	}
	if cap(r.content) < header+int(size) {
		r.content = make([]byte, header+int(size))
	}
	content := r.content[:header+int(size)]
	n, err := r.inflate.Zlib(content, r.packed, true)
	if err != nil {
		return err
	}
	whole(kind, content[header:])
	if n != len(r.packed) {
		return fmt.Errorf("%d %w", len(r.packed)-n, ErrBehind)
	}
	return nil
}

// Kind reads the head of a loose object only.
func (r *LooseReader) Kind(l *LooseDir, position int) (pack.Kind, error) {
	f, err := openRegular(l.file(position))
	if err != nil {
		return 0, cause.Of(err)
	}
	defer f.Close()
	var head [4 * looseHeader]byte
	n, err := io.ReadFull(f, head[:])
	if err != nil && err != io.ErrUnexpectedEOF {
		return 0, err
	}
	kind, _, _, err := r.header(head[:n])
	return kind, err
}

// header reads "kind size NUL" at the head of a loose object.
func (r *LooseReader) header(packed []byte) (kind pack.Kind, size uint64, length int, err error) {
	var head [looseHeader]byte
	n, err := r.inflate.Prefix(head[:], packed)
	if err != nil {
		return 0, 0, 0, err
	}
	return parseLooseHeader(head[:n])
}

func parseLooseHeader(head []byte) (kind pack.Kind, size uint64, length int, err error) {
	head, _, ok := bytes.Cut(head, []byte{0})
	name, digits, blank := bytes.Cut(head, []byte{' '})
	kind, known := pack.ParseKind(string(name))
	size, err = strconv.ParseUint(string(digits), 10, 62)
	if !ok || !blank || !known || err != nil {
		return 0, 0, 0, fmt.Errorf("the header %.40q is not that of a loose object", head)
	}
	return kind, size, len(head) + 1, nil
}

// streamLoose passes a large loose object on piece by piece.
func streamLoose(packed io.Reader, large largeFunc) error {
	stream, err := inflate.NewReader(packed)
	if err != nil {
		return err
	}
	defer stream.Close()
	head, err := readHeader(stream)
	if err != nil {
		return err
	}
	kind, size, _, err := parseLooseHeader(head)
	if err != nil {
		return err
	}
	exact := pack.ExactReader(stream, size)
	if err := large(kind, size, exact); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, exact)
	return err
}

// readHeader reads up to and with the first NUL, byte by byte so that nothing of the content is lost.
func readHeader(r io.Reader) ([]byte, error) {
	var head []byte
	for len(head) < looseHeader {
		var b [1]byte
		if _, err := io.ReadFull(r, b[:]); err != nil {
			return nil, err
		}
		head = append(head, b[0])
		if b[0] == 0 {
			break
		}
	}
	return head, nil
}
