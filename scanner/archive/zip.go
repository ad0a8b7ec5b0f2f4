package archive

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"strings"
)

// A zip file is a row of entries, each a local header, perhaps a name and extra fields, and the packed bytes. A
// central directory at the end lists them, and an end record says where that is; both are 32 bits wide, with 64-bit
// forms beside. Programs go by the directory, so an entry that it does not list is hidden from them: such entries are
// looked for by their headers in the gaps that the listed ones leave, the directory's own place among them: its size is
// what the file says. Where no directory can be read, all are found so. The layout is that of PKWARE's APPNOTE 6.3.10, sections 4.3 to 4.5.

const (
	zipLocalMagic   = "PK\x03\x04"
	zipCentralMagic = "PK\x01\x02"
	zipEnd64Magic   = "PK\x06\x06"
	zipLocator64    = "PK\x06\x07"

	zipLocalLength   = 30
	zipCentralLength = 46
	zipEnd64Length   = 56

	zipEncryptedFlag  = 1 << 0
	zipDescriptorFlag = 1 << 3
)

// zipEntry is a member as a header tells of it.
type zipEntry struct {
	name         string
	comment      string
	flags        uint16
	method       uint16
	crc          uint32
	packed, size int64 // packed is -1 where a local header leaves it to what stands behind the content
	header       int64 // offset of the local header
	most         int64 // where packed is -1: it has no more bytes than that
}

type zipFile struct {
	Content
	walk  *walk
	place Place
	kind  string // zip, or what the members say that it is
	taken []span // of the entries that were read, for the gaps between them
	held  int64  // memory reserved for taken
	rest  []byte // of the header at hand, what stands behind its numbers
}

type span struct{ from, to int64 }

// zipDirectory is where a directory lies.
type zipDirectory struct {
	start, size, count int64
	base               int64 // what stands in front of the first entry: offsets do not count it
}

func walkZip(w *walk, p Place, c Content) error {
	z := &zipFile{Content: c, walk: w, place: p, kind: "zip"}
	defer func() { w.budget.release(z.held) }()
	d, err := z.directory()
	if err != nil {
		w.name(p, err) // its members are looked for all the same
	}
	z.kind = z.dialect(d)
	ordered := true
	err = z.each(d, func(e zipEntry) error {
		e.header += d.base
		s, err := z.entry(e)
		if err == nil && ordered {
			ordered = z.take(s)
		}
		return err
	})
	if endsWalk(err) || w.ctx.Err() != nil {
		return err
	}
	if err != nil {
		w.name(p, err)
	}
	if !ordered {
		return notRead(TooLarge, "the entries lie in no order: what may lie between them was not looked for")
	}
	return z.gaps()
}

// each reads the directory, one entry after another: no list of them is held.
func (z *zipFile) each(d zipDirectory, visit func(zipEntry) error) error {
	r, done := buffer(io.NewSectionReader(z, d.start, d.size))
	defer done()
	for i := range d.count {
		e, err := z.central(r)
		if err != nil {
			return fmt.Errorf("reading the directory behind %d members: %w", i, err)
		}
		if err := visit(e); err != nil {
			return err
		}
	}
	return nil
}

// take notes where an entry lies. Most follow one another.
func (z *zipFile) take(s span) bool {
	if last := len(z.taken) - 1; last >= 0 && s.from >= z.taken[last].from && s.from <= z.taken[last].to {
		z.taken[last].to = max(z.taken[last].to, s.to)
		return true
	}
	if len(z.taken) == cap(z.taken) {
		const spanLength = 16
		more := int64(max(2*len(z.taken), 64)) * spanLength
		if z.walk.budget.reserve(more) != nil {
			return false
		}
		z.held += more
		z.taken = slices.Grow(z.taken, len(z.taken)+64)
	}
	z.taken = append(z.taken, s)
	return true
}

// directory reads where the central directory lies.
func (z *zipFile) directory() (d zipDirectory, err error) {
	end, at, err := z.findEnd()
	if err != nil {
		return d, err
	}
	le := binary.LittleEndian
	count, size, offset := int64(le.Uint16(end[10:])), int64(le.Uint32(end[12:])), int64(le.Uint32(end[16:]))
	top := at
	if wide, wideAt := z.wideEnd(at); wide != nil {
		count, size, offset = int64(le.Uint64(wide[32:])), int64(le.Uint64(wide[40:])), int64(le.Uint64(wide[48:]))
		top = wideAt
	}
	start := top - size
	if size < 0 || start < 0 || offset < 0 || offset > start {
		return d, fmt.Errorf("the end record places the directory outside of the file")
	}
	if count < 0 || count > size/zipCentralLength {
		count = size / zipCentralLength
		err = errors.New("the directory is shorter than its number of members says")
	}
	return zipDirectory{start, size, count, start - offset}, err
}

// findEnd returns the end record and its offset. A comment may stand behind it.
func (z *zipFile) findEnd() ([]byte, int64, error) {
	tail := make([]byte, min(z.Size, zipEndLength+zipMaxComment))
	from := z.Size - int64(len(tail))
	if err := z.readFull(tail, from); err != nil {
		return nil, 0, err
	}
	for at := len(tail); ; {
		at = bytes.LastIndex(tail[:at], []byte(zipEndMagic))
		if at < 0 {
			return nil, 0, errors.New("there is no end record: the file is cut off")
		}
		if len(tail)-at >= zipEndLength {
			return tail[at:], from + int64(at), nil
		}
	}
}

// wideEnd returns the 64-bit end record and its offset, nil where there is none.
func (z *zipFile) wideEnd(end int64) ([]byte, int64) {
	locator := make([]byte, 20)
	if end < 20 || z.readFull(locator, end-20) != nil || string(locator[:4]) != zipLocator64 {
		return nil, 0
	}
	wide := make([]byte, zipEnd64Length)
	// The locator's offset does not count what stands in front of the archive; the record's own place does.
	for _, at := range []int64{end - 20 - zipEnd64Length, int64(binary.LittleEndian.Uint64(locator[8:]))} {
		if at >= 0 && z.readFull(wide, at) == nil && string(wide[:4]) == zipEnd64Magic {
			return wide, at
		}
	}
	return nil, 0
}

// central reads an entry of the directory.
func (z *zipFile) central(r io.Reader) (e zipEntry, err error) {
	var h [zipCentralLength]byte
	if _, err := io.ReadFull(r, h[:]); err != nil {
		return e, noEOF(err)
	}
	if string(h[:4]) != zipCentralMagic {
		return e, errors.New("an entry has no signature")
	}
	le := binary.LittleEndian
	e = zipEntry{
		flags: le.Uint16(h[8:]), method: le.Uint16(h[10:]), crc: le.Uint32(h[16:]),
		packed: int64(le.Uint32(h[20:])), size: int64(le.Uint32(h[24:])), header: int64(le.Uint32(h[42:])),
	}
	name, extra, comment := int(le.Uint16(h[28:])), int(le.Uint16(h[30:])), int(le.Uint16(h[32:]))
	rest := z.behind(name + extra + comment)
	if _, err := io.ReadFull(r, rest); err != nil {
		return e, noEOF(err)
	}
	e.name, e.comment = string(rest[:name]), string(rest[name+extra:])
	e.widen(rest[name:name+extra], true)
	return e, nil
}

// behind is room for what stands behind the numbers of a header.
func (z *zipFile) behind(n int) []byte {
	z.rest = slices.Grow(z.rest[:0], n)
	return z.rest[:n]
}

// widen takes the 64-bit values of the extra field 1, which holds those that are all ones in the header.
func (e *zipEntry) widen(extra []byte, central bool) {
	le := binary.LittleEndian
	for len(extra) >= 4 {
		id, n := le.Uint16(extra), int(le.Uint16(extra[2:]))
		if len(extra) < 4+n {
			return
		}
		field := extra[4 : 4+n]
		extra = extra[4+n:]
		if id != 1 {
			continue
		}
		for _, value := range []*int64{&e.size, &e.packed, &e.header} {
			if *value == 1<<32-1 && len(field) >= 8 && (central || value != &e.header) {
				*value = int64(le.Uint64(field))
				field = field[8:]
			}
		}
	}
}

// entry reads a member that the directory lists, and says where it lies.
func (z *zipFile) entry(e zipEntry) (s span, err error) {
	local, body, err := z.local(e.header)
	if err != nil {
		return s, z.named(e.name, fmt.Errorf("reading its header: %w", err))
	}
	if local.name != e.name {
		if err := z.walk.fatal(z.walk.Name(z.place.below(e.name, z.kind), local.name)); err != nil {
			return s, err
		}
	}
	if e.packed < 0 || e.packed > z.Size-body {
		err = fmt.Errorf("the packed size of %d bytes reaches beyond the end of the file", e.packed)
		e.packed = z.Size - body
	}
	if err != nil {
		z.walk.name(z.place.below(e.name, z.kind), err)
	}
	if _, err = z.content(e, body); err == nil && local.differs(e) {
		local.packed = min(local.packed, z.Size-body)
		_, err = z.content(local, body)
	}
	return span{e.header, body + max(e.packed, local.packed)}, err
}

// differs tells whether a local header says that other bytes lie there, or in another form, than the directory does:
// programs that read a stream go by it. Some writers leave its sizes empty.
func (e *zipEntry) differs(listed zipEntry) bool {
	return e.packed > 0 && (e.packed != listed.packed || e.method != listed.method ||
		(e.flags^listed.flags)&zipEncryptedFlag != 0)
}

// local reads the local header at an offset, and says where the content begins.
func (z *zipFile) local(at int64) (e zipEntry, body int64, err error) {
	var h [zipLocalLength]byte
	if at < 0 || at > z.Size-zipLocalLength {
		return e, 0, errors.New("the offset lies outside of the file")
	}
	if err := z.readFull(h[:], at); err != nil {
		return e, 0, err
	}
	if string(h[:4]) != zipLocalMagic {
		return e, 0, errors.New("there is none at its offset")
	}
	le := binary.LittleEndian
	e = zipEntry{
		flags: le.Uint16(h[6:]), method: le.Uint16(h[8:]), crc: le.Uint32(h[14:]),
		packed: int64(le.Uint32(h[18:])), size: int64(le.Uint32(h[22:])), header: at,
	}
	rest := z.behind(int(le.Uint16(h[26:])) + int(le.Uint16(h[28:])))
	if err := z.readFull(rest, at+zipLocalLength); err != nil {
		return e, 0, err
	}
	name := int(le.Uint16(h[26:]))
	e.name = string(rest[:name])
	e.widen(rest[name:], false)
	if e.packed < 0 || e.flags&zipDescriptorFlag != 0 && e.packed == 0 {
		e.packed, e.most = -1, z.Size
	}
	return e, at + zipLocalLength + int64(len(rest)), nil
}

// content hands over a member, and says where its packed bytes end.
func (z *zipFile) content(e zipEntry, body int64) (end int64, err error) {
	size := e.packed
	if size < 0 {
		size = min(e.most, z.Size-body)
	}
	if e.comment != "" {
		if err := z.walk.fatal(z.walk.Name(z.place.below(e.name, z.kind), e.comment)); err != nil {
			return body, err
		}
	}
	at, err := z.walk.enter(z.place, z.kind, e.name)
	if err != nil {
		return body, err
	}
	known, remember, err := z.recalled(at, e, body)
	if known || err != nil {
		return body + e.packed, err
	}
	section := io.NewSectionReader(z, body, size)
	packed, done := buffer(charged{section, z.walk.budget}) // decoders take single bytes of it, and none too many
	defer done()
	r, done, err := z.unpack(e, packed)
	if err != nil {
		remember(err)
		if endsWalk(err) {
			return body, err
		}
		return body, z.named(e.name, err)
	}
	defer done()
	if e.packed >= 0 {
		r = &checked{from: r, want: e.crc, size: e.size}
	}
	if z.isDocument(e) {
		err = z.document(at, e, body, size, r)
	} else {
		err = z.walk.content(at, r)
	}
	remember(err)
	read, _ := section.Seek(0, io.SeekCurrent) // which cannot fail
	return body + read - int64(packed.Buffered()), err
}

func (z *zipFile) isDocument(e zipEntry) bool {
	return isOffice[z.kind] && strings.HasSuffix(e.name, ".xml")
}

// document looks into a part of an office document: at the XML, and at the text that it makes.
func (z *zipFile) document(at Place, e zipEntry, body, size int64, r io.Reader) error {
	return z.walk.both(at, r, func(text func(io.Reader) error) error {
		packed, done := buffer(io.NewSectionReader(z, body, size))
		defer done()
		again, done, err := z.unpack(e, packed)
		if err != nil {
			return err
		}
		defer done()
		return text(newXMLText(charged{again, z.walk.budget}))
	})
}

// named tells of a member that was not read.
func (z *zipFile) named(name string, err error) error {
	z.walk.name(z.place.below(name, z.kind), err)
	return z.walk.ctx.Err()
}

// unpack undoes the compression of an entry, until done is called.
func (z *zipFile) unpack(e zipEntry, r *bufio.Reader) (from io.Reader, done func(), err error) {
	if e.flags&zipEncryptedFlag != 0 {
		return nil, nil, notRead(Encrypted, "the member is encrypted")
	}
	switch e.method {
	case 0:
		return r, func() {}, nil
	case 8:
		from, done = inflate(r)
		return from, done, nil
	case 12:
		return z.walk.decompress(bzip2, r)
	case 14:
		return z.lzma(r, e.size)
	case 93, 20:
		return z.walk.decompress(zstd, r)
	case 95:
		return z.walk.decompress(xz, r)
	}
	return nil, nil, notRead(Unsupported, "members packed by method %d are not read", e.method)
}

// lzma reads the form of LZMA that zip has: a version and the properties, in place of the head of an .lzma file.
func (z *zipFile) lzma(r io.Reader, size int64) (from io.Reader, done func(), err error) {
	var h [9]byte
	if _, err := io.ReadFull(r, h[:]); err != nil {
		return nil, nil, fmt.Errorf("reading the properties of LZMA: %w", noEOF(err))
	}
	memory := lzmaDictionary(h[4:], size)
	if memory > maxDictionary {
		return nil, nil, notRead(TooLarge, "the dictionary takes %d MB", memory>>20)
	}
	if err := z.walk.budget.reserve(memory); err != nil {
		return nil, nil, err
	}
	done = func() { z.walk.budget.release(memory) }
	err = guarded("LZMA", func() (err error) {
		from, err = newLZMA(h[4:], size, r)
		return err
	})
	if err != nil {
		done()
		return nil, nil, err
	}
	return safe{"LZMA", from}, done, nil
}

// gaps looks for entries between those that were read.
func (z *zipFile) gaps() error {
	slices.SortFunc(z.taken, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	at := int64(0)
	for _, s := range append(z.taken, span{z.Size, z.Size}) {
		if s.from > at {
			if err := z.gap(at, s.from); err != nil {
				return err
			}
		}
		at = max(at, s.to)
	}
	return nil
}

func (z *zipFile) gap(from, to int64) error {
	for from < to {
		at, err := z.walk.find(z.Content, zipLocalMagic, from, to)
		if err != nil || at < 0 {
			return err
		}
		from = at + 4
		e, body, err := z.local(at)
		if err != nil || e.method > 99 {
			continue // bytes that happen to look like one
		}
		if e.packed > z.Size-body {
			e.packed = z.Size - body
		}
		if e.packed < 0 && e.method == 0 { // nothing tells where it ends but what comes behind it
			next, err := z.walk.find(z.Content, zipLocalMagic, body, to)
			if err != nil {
				return err
			}
			if next >= 0 {
				e.most = next - body
			}
		}
		if from, err = z.content(e, body); err != nil {
			return err
		}
	}
	return nil
}

func (z *zipFile) readFull(b []byte, at int64) error {
	n, err := z.ReadAt(b, at)
	if n == len(b) {
		return nil
	}
	if err == nil || err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// checked holds a content against the checksum and size that a header gives.
type checked struct {
	from io.Reader
	want uint32
	size int64
	sum  uint32
	n    int64
}

func (c *checked) Read(b []byte) (int, error) {
	n, err := c.from.Read(b)
	c.sum = crc32.Update(c.sum, crc32.IEEETable, b[:n])
	c.n += int64(n)
	if err == io.EOF && (c.sum != c.want || c.n != c.size) {
		return n, errors.New("the checksum or size is not what the header says")
	}
	return n, err
}

// isOffice holds the dialects whose members are documents in XML.
var isOffice = map[string]bool{"docx": true, "xlsx": true, "pptx": true, "odt": true, "epub": true}

// dialect tells what a zip file is by names of its members.
func (z *zipFile) dialect(d zipDirectory) string {
	found := "zip"
	_ = z.each(d, func(e zipEntry) error { // an error comes again
		if kind, ok := zipDialects[e.name]; ok {
			found = kind
			return io.EOF
		}
		return z.walk.ctx.Err()
	})
	return found
}

var zipDialects = map[string]string{
	"word/document.xml": "docx", "xl/workbook.xml": "xlsx", "ppt/presentation.xml": "pptx", "META-INF/MANIFEST.MF": "jar",
	"META-INF/container.xml": "epub", "content.xml": "odt",
}
