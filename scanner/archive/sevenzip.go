package archive

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"unicode/utf16"
)

// A 7z archive is a header of 32 bytes, packed streams, and a list at the end that is mostly packed itself. The list
// tells of blocks (the format calls them folders): each is unpacked from one or more streams by a chain of coders, and
// holds one or more files in a row. It is read by our own code: what libraries there are take the numbers in it for
// sizes of what they allocate, and four bytes end the process. The layout is that of 7zFormat.txt of the LZMA SDK.

const (
	sevenZipMagic  = "7z\xbc\xaf\x27\x1c"
	sevenZipHeader = 32
	// maxSevenZipLists is how often the list may be packed again.
	maxSevenZipLists = 4
)

// Properties in the list, as 7zFormat.txt numbers them.
const (
	szEnd = iota
	szHeader
	szArchiveProperties
	szAdditionalStreams
	szMainStreams
	szFiles
	szPackInfo
	szUnpackInfo
	szSubStreams
	szSize
	szCRC
	szFolder
	szCodersUnpackSize
	szNumUnpackStream
	szEmptyStream
	szNames         = 17
	szEncodedHeader = 23
)

// szBlock is what is unpacked together.
type szBlock struct {
	coders  []szCoder
	pairs   []szPair
	packed  []int    // numbers of the coders' inputs that packed streams lead to
	streams []szPart // these
	sizes   []int64  // of what each coder makes
	crc     szSum
	files   []szFile
}

type szCoder struct {
	method     uint64
	inputs     int
	first      int // number of its first input
	properties []byte
}

// szPair says that an input of one coder is what another makes.
type szPair struct{ input, output int }

// szPart is where a packed stream lies, from the start of the archive.
type szPart struct{ at, size int64 }

type szSum struct {
	known bool
	value uint32
}

type szFile struct {
	size int64
	crc  szSum
}

// szStreams is what the list says of packed streams and blocks.
type szStreams struct {
	parts  []szPart
	blocks []*szBlock
}

func walkSevenZip(w *walk, p Place, c Content) error {
	s := &szArchive{walk: w, place: p, content: c}
	defer func() { w.budget.release(s.reserved) }()
	list, err := s.list()
	if err != nil {
		return fmt.Errorf("reading the 7z archive's list of files: %w", err)
	}
	names, empty, err := list.files(s)
	if err != nil {
		return fmt.Errorf("reading the 7z archive's list of files: %w", err)
	}
	return s.files(names, empty)
}

// szArchive is an archive under way.
type szArchive struct {
	*walk
	place    Place
	content  Content
	streams  szStreams
	reserved int64 // for the list
}

// take reserves memory for the list.
func (s *szArchive) take(n int64) error {
	err := s.budget.reserve(n)
	if err == nil {
		s.reserved += n
	}
	return err
}

// list returns the list, unpacked, behind what it says of streams.
func (s *szArchive) list() (*szReader, error) {
	var head [sevenZipHeader]byte
	if _, err := s.content.ReadAt(head[:], 0); err != nil {
		return nil, noEOF(err)
	}
	le := binary.LittleEndian
	if crc32.ChecksumIEEE(head[12:]) != le.Uint32(head[8:]) {
		return nil, errors.New("the checksum of its header does not match")
	}
	at, size := int64(le.Uint64(head[12:])), int64(le.Uint64(head[20:]))
	if at < 0 || size < 0 || at > s.content.Size-sevenZipHeader || size > s.content.Size-sevenZipHeader-at {
		return nil, errors.New("the list lies outside of the file: it is cut off")
	}
	if size == 0 {
		return &szReader{rest: []byte{szEnd}}, nil
	}
	body := io.NewSectionReader(s.content, sevenZipHeader+at, size)
	sum := szSum{true, le.Uint32(head[28:])}
	for range maxSevenZipLists {
		list, err := s.readList(body, size, sum)
		if err != nil {
			return nil, err
		}
		switch r := (&szReader{rest: list}); r.byte() {
		case szHeader:
			return r, r.head(s)
		case szEncodedHeader:
			streams := r.streams(s)
			if r.err != nil || len(streams.blocks) != 1 {
				return nil, cmpError(r.err, "the list is packed in no way that is known")
			}
			b := streams.blocks[0]
			packed, done, err := s.openBlock(b)
			if err != nil {
				return nil, err
			}
			defer done()
			size, sum = b.size(), b.crc
			inner, err := s.readList(packed, size, sum)
			if err != nil {
				return nil, err
			}
			body = io.NewSectionReader(bytesAt(inner), 0, size)
		default:
			return nil, errors.New("the list begins as none does")
		}
	}
	return nil, errors.New("the list is packed again and again")
}

// readList reads a list of a size into memory.
func (s *szArchive) readList(r io.Reader, size int64, sum szSum) ([]byte, error) {
	if err := s.take(size); err != nil {
		return nil, err
	}
	list := make([]byte, size)
	if _, err := io.ReadFull(r, list); err != nil {
		return nil, noEOF(err)
	}
	if sum.known && crc32.ChecksumIEEE(list) != sum.value {
		return nil, errors.New("the checksum of the list does not match")
	}
	return list, s.budget.charge(int(size))
}

// files hands over those of all blocks, then those that are empty.
func (s *szArchive) files(names szNameList, empty []bool) error {
	at, known := 0, len(empty)
	next := func(isEmpty bool) string {
		for at < known && empty[at] != isEmpty {
			at++
		}
		at++
		return names.at(at - 1)
	}
	for _, b := range s.streams.blocks {
		if len(b.files) == 0 {
			continue
		}
		if err := s.block(b, func() string { return next(false) }); err != nil {
			return err
		}
	}
	for i, is := range empty {
		if is {
			if err := s.member(s.place, "7z", names.at(i), emptyReader{}); err != nil {
				return err
			}
		}
	}
	return nil
}

type emptyReader struct{}

func (emptyReader) Read([]byte) (int, error) { return 0, io.EOF }

// block hands over the files of a block.
func (s *szArchive) block(b *szBlock, name func() string) error {
	packed, done, err := s.openBlock(b)
	if err != nil {
		for range b.files {
			s.name(s.place.below(name(), "7z"), err)
		}
		return s.ctx.Err()
	}
	defer done()
	from := safe{"7z", packed}
	for i, f := range b.files {
		r := io.Reader(&sized{from: from, left: f.size})
		if f.crc.known {
			r = &checked{from: r, want: f.crc.value, size: f.size}
		}
		if err := s.member(s.place, "7z", name(), r); err != nil {
			return err
		}
		if _, err := io.Copy(io.Discard, charged{r, s.budget}); err != nil {
			if endsWalk(err) {
				return err
			}
			if left := len(b.files) - i - 1; left > 0 {
				s.name(s.place, fmt.Errorf("%d files that are packed in one with a damaged one were not read: %w", left, err))
			}
			for range b.files[i+1:] {
				name()
			}
			return s.ctx.Err()
		}
	}
	return nil
}

// sized reads so many bytes, and notices where there are fewer.
type sized struct {
	from io.Reader
	left int64
}

func (s *sized) Read(b []byte) (int, error) {
	if s.left == 0 {
		return 0, io.EOF
	}
	n, err := s.from.Read(b[:min(int64(len(b)), s.left)])
	s.left -= int64(n)
	if err == io.EOF && s.left > 0 {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// szNameList holds the names of files, as the list has them: in UTF-16, each with a zero behind it.
type szNameList struct {
	text   []byte
	starts []int32
}

func (n szNameList) at(i int) string {
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

// bytesAt reads bytes at any offset.
type bytesAt []byte

func (b bytesAt) ReadAt(to []byte, at int64) (int, error) {
	if at >= int64(len(b)) {
		return 0, io.EOF
	}
	n := copy(to, b[at:])
	if n < len(to) {
		return n, io.EOF
	}
	return n, nil
}

func cmpError(err error, otherwise string) error {
	if err != nil {
		return err
	}
	return errors.New(otherwise)
}

// packedPart reads a packed stream.
func (s *szArchive) packedPart(part szPart) (*bufio.Reader, func(), error) {
	at := sevenZipHeader + part.at
	if part.at < 0 || part.size < 0 || at > s.content.Size || part.size > s.content.Size-at {
		return nil, nil, errors.New("the packed bytes lie outside of the file, which is cut off")
	}
	r, done := buffer(charged{io.NewSectionReader(s.content, at, part.size), s.budget})
	return r, done, nil
}
