// Package sevenzip reads 7z archives.
//
// A 7z archive is a header of 32 bytes, packed streams, and a list at the end that is mostly packed itself. The list
// tells of blocks (the format calls them folders): each is unpacked from one or more streams by a chain of coders, and
// holds one or more files in a row. It is read by our own code: what libraries there are take the numbers in it for
// sizes of what they allocate, and four bytes end the process. The layout is that of 7zFormat.txt of the LZMA SDK.
package sevenzip

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
	"unicode/utf16"

	"skleak/scanner/archive/internal/bound"
	"skleak/scanner/archive/internal/content"
	"skleak/scanner/archive/internal/decode"
)

// Visitor takes the files of an archive. An error of its methods ends the walk.
type Visitor interface {
	Member(name string, content io.Reader) error
	// Unread names a file that is not read, or, as "", something of the archive.
	Unread(name string, err error) error
}

// Magic begins an archive.
const Magic = "7z\xbc\xaf\x27\x1c"

const (
	headerLength = 32
	// maxLists is how often the list may be packed again.
	maxLists = 4
)

// Properties in the list, as 7zFormat.txt numbers them.
const (
	idEnd = iota
	idHeader
	idArchiveProperties
	idAdditionalStreams
	idMainStreams
	idFiles
	idPackInfo
	idUnpackInfo
	idSubStreams
	idSize
	idCRC
	idFolder
	idCodersUnpackSize
	idNumUnpackStream
	idEmptyStream
	idNames         = 17
	idEncodedHeader = 23
)

// block is what is unpacked together.
type block struct {
	coders  []coder
	pairs   []pair
	packed  []int   // numbers of the coders' inputs that packed streams lead to
	streams []part  // these
	sizes   []int64 // of what each coder makes
	crc     sum
	files   []file
}

type coder struct {
	method     uint64
	inputs     int
	first      int // number of its first input
	properties []byte
}

// pair says that an input of one coder is what another makes.
type pair struct{ input, output int }

// part is where a packed stream lies, from the start of the archive.
type part struct{ at, size int64 }

type sum struct {
	known bool
	value uint32
}

type file struct {
	size int64
	crc  sum
}

// archive is an archive under way.
type archive struct {
	Visitor
	content  content.Content
	budget   *bound.Budget
	blocks   []*block
	reserved int64 // for the list
}

// Walk hands over the files of an archive.
func Walk(c content.Content, b *bound.Budget, v Visitor) error {
	a := &archive{Visitor: v, content: c, budget: b}
	defer func() { b.Release(a.reserved) }()
	list, err := a.list()
	if err != nil {
		return fmt.Errorf("reading the 7z archive's list of files: %w", err)
	}
	names, empty, err := list.files(a)
	if err != nil {
		return fmt.Errorf("reading the 7z archive's list of files: %w", err)
	}
	return a.files(names, empty)
}

// take reserves memory for the list.
func (a *archive) take(n int64) error {
	err := a.budget.Reserve(n)
	if err == nil {
		a.reserved += n
	}
	return err
}

// list returns the list, unpacked, behind what it says of streams.
func (a *archive) list() (*reader, error) {
	var head [headerLength]byte
	if err := a.content.Full(head[:], 0); err != nil {
		return nil, err
	}
	le := binary.LittleEndian
	if crc32.ChecksumIEEE(head[12:]) != le.Uint32(head[8:]) {
		return nil, errors.New("the checksum of the archive's header does not match")
	}
	at, size := int64(le.Uint64(head[12:])), int64(le.Uint64(head[20:]))
	if at < 0 || size < 0 || at > a.content.Size-headerLength || size > a.content.Size-headerLength-at {
		return nil, errors.New("the list lies outside of the file: the archive is cut off")
	}
	if size == 0 {
		return &reader{rest: []byte{idEnd}}, nil
	}
	list, err := a.readList(io.NewSectionReader(a.content, headerLength+at, size), size, sum{true, le.Uint32(head[28:])})
	for range maxLists {
		if err != nil {
			return nil, err
		}
		switch r := (&reader{rest: list}); r.byte() {
		case idHeader:
			return r, r.head(a)
		case idEncodedHeader:
			list, err = a.unpackList(r)
		default:
			return nil, errors.New("the list begins as none does")
		}
	}
	return nil, errors.New("the list is packed again and again")
}

// unpackList reads a list that is packed as another one says.
func (a *archive) unpackList(outer *reader) ([]byte, error) {
	blocks := outer.streams(a)
	if outer.err != nil || len(blocks) != 1 {
		return nil, cmp.Or(outer.err, errors.New("the list is packed in no way that is known"))
	}
	packed, done, err := a.open(blocks[0])
	if err != nil {
		return nil, err
	}
	defer done()
	return a.readList(packed, blocks[0].size(), blocks[0].crc)
}

// readList reads a list of a size into memory.
func (a *archive) readList(r io.Reader, size int64, want sum) ([]byte, error) {
	if err := a.take(size); err != nil {
		return nil, err
	}
	list := make([]byte, size)
	if _, err := io.ReadFull(r, list); err != nil {
		return nil, bound.NoEOF(err)
	}
	if want.known && crc32.ChecksumIEEE(list) != want.value {
		return nil, errors.New("the checksum of the list does not match")
	}
	return list, a.budget.Charge(int(size))
}

// files hands over those of all blocks, then those that are empty.
func (a *archive) files(names nameList, empty []bool) error {
	at := -1
	next := func() string {
		for at++; at < len(empty) && empty[at]; at++ {
		}
		return names.at(at)
	}
	for _, b := range a.blocks {
		if len(b.files) == 0 {
			continue
		}
		if err := a.block(b, next); err != nil {
			return err
		}
	}
	for i, is := range empty {
		if is {
			if err := a.Member(names.at(i), strings.NewReader("")); err != nil {
				return err
			}
		}
	}
	return nil
}

// block hands over the files of a block.
func (a *archive) block(b *block, name func() string) error {
	packed, done, err := a.open(b)
	if err != nil {
		for range b.files {
			if err := a.Unread(name(), err); err != nil {
				return err
			}
		}
		return nil
	}
	defer done()
	from := decode.Safe{What: "7z", From: packed}
	for i, f := range b.files {
		r := decode.Exactly(from, f.size)
		if f.crc.known {
			r = decode.Checked(r, f.crc.value, f.size)
		}
		if err := a.Member(name(), r); err != nil {
			return err
		}
		if _, err := io.Copy(io.Discard, bound.Charged{From: r, Budget: a.budget}); err != nil {
			if errors.As(err, new(bound.Spent)) {
				return err
			}
			left := len(b.files) - i - 1
			for range left {
				name()
			}
			if left == 0 { // the damage itself was named
				return nil
			}
			return a.Unread("", fmt.Errorf("%d files that are packed in one with a damaged one were not read: %w", left, err))
		}
	}
	return nil
}

// nameList holds the names of files, as the list has them: in UTF-16, each with a zero behind it.
type nameList struct {
	text   []byte
	starts []int32
}

func (n nameList) at(i int) string {
	if i >= len(n.starts) {
		return fmt.Sprintf("(file %d)", i+1)
	}
	var units []uint16
	for at := int(n.starts[i]); at+1 < len(n.text); at += 2 {
		u := binary.LittleEndian.Uint16(n.text[at:])
		if u == 0 {
			break
		}
		units = append(units, u)
	}
	return string(utf16.Decode(units))
}

// packedPart reads a packed stream.
func (a *archive) packedPart(p part) (*bufio.Reader, func(), error) {
	at := headerLength + p.at
	if p.at < 0 || p.size < 0 || at > a.content.Size || p.size > a.content.Size-at {
		return nil, nil, errors.New("the packed bytes lie outside of the file, which is cut off")
	}
	r, done := decode.Buffer(bound.Charged{From: io.NewSectionReader(a.content, at, p.size), Budget: a.budget})
	return r, done, nil
}
