package archive

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"skleak/scanner/archive/internal/bound"
	"skleak/scanner/archive/internal/decode"
)

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

// zipDirectory is where a directory lies.
type zipDirectory struct {
	start, size, count int64
	base               int64 // what stands in front of the first entry: offsets do not count it
}

// each reads the directory, one entry after another: no list of them is held.
func (z *zipFile) each(d zipDirectory, visit func(zipEntry) error) error {
	r, done := decode.Buffer(io.NewSectionReader(z, d.start, d.size))
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
	if err := z.Full(tail, from); err != nil {
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
	if end < 20 || z.Full(locator, end-20) != nil || string(locator[:4]) != zipLocator64 {
		return nil, 0
	}
	wide := make([]byte, zipEnd64Length)
	// The locator's offset does not count what stands in front of the archive; the record's own place does.
	for _, at := range []int64{end - 20 - zipEnd64Length, int64(binary.LittleEndian.Uint64(locator[8:]))} {
		if at >= 0 && z.Full(wide, at) == nil && string(wide[:4]) == zipEnd64Magic {
			return wide, at
		}
	}
	return nil, 0
}

// central reads an entry of the directory.
func (z *zipFile) central(r io.Reader) (e zipEntry, err error) {
	var h [zipCentralLength]byte
	if _, err := io.ReadFull(r, h[:]); err != nil {
		return e, bound.NoEOF(err)
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
		return e, bound.NoEOF(err)
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

// local reads the local header at an offset, and says where the content begins.
func (z *zipFile) local(at int64) (e zipEntry, body int64, err error) {
	var h [zipLocalLength]byte
	if at < 0 || at > z.Size-zipLocalLength {
		return e, 0, errors.New("the offset lies outside of the file")
	}
	if err := z.Full(h[:], at); err != nil {
		return e, 0, err
	}
	if string(h[:4]) != zipLocalMagic {
		return e, 0, errors.New("there is no header at the offset that the directory gives")
	}
	le := binary.LittleEndian
	e = zipEntry{
		flags: le.Uint16(h[6:]), method: le.Uint16(h[8:]), crc: le.Uint32(h[14:]),
		packed: int64(le.Uint32(h[18:])), size: int64(le.Uint32(h[22:])), header: at,
	}
	rest := z.behind(int(le.Uint16(h[26:])) + int(le.Uint16(h[28:])))
	if err := z.Full(rest, at+zipLocalLength); err != nil {
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
		return z.walk.canceled()
	})
	return found
}

var zipDialects = map[string]string{
	"word/document.xml": "docx", "xl/workbook.xml": "xlsx", "ppt/presentation.xml": "pptx", "META-INF/MANIFEST.MF": "jar",
	"META-INF/container.xml": "epub", "content.xml": "odt",
}
