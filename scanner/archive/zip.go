package archive

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"skleak/scanner/archive/internal/bound"
	"skleak/scanner/archive/internal/decode"
)

// A zip file is a row of entries, each a local header, perhaps a name and extra fields, and the packed bytes. A
// central directory at the end lists them, and an end record says where that is; both are 32 bits wide, with 64-bit
// forms beside. Programs go by the directory, so an entry that it does not list is hidden from them: such entries are
// looked for by their headers in the gaps that the listed ones leave, the directory's own place among them: its size is
// what the file says. Where no directory can be read, all are found so. The layout is that of PKWARE's APPNOTE 6.3.10,
// sections 4.3 to 4.5.

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

// below is the place of a member.
func (z *zipFile) below(name string) Place { return z.place.below(name, z.kind) }

func walkZip(w *walk, p Place, c Content) error {
	z := &zipFile{Content: c, walk: w, place: p, kind: "zip"}
	defer func() { w.budget.Release(z.held) }()
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
	if endsWalk(err) || w.canceled() != nil {
		return err
	}
	if err != nil {
		w.name(p, err)
	}
	if !ordered {
		return bound.NotRead(bound.TooLarge, "the entries lie in no order: what may lie between them was not looked for")
	}
	return z.gaps()
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
		if z.walk.budget.Reserve(more) != nil {
			return false
		}
		z.held += more
		z.taken = slices.Grow(z.taken, len(z.taken)+64)
	}
	z.taken = append(z.taken, s)
	return true
}

// entry reads a member that the directory lists, and says where it lies.
func (z *zipFile) entry(e zipEntry) (s span, err error) {
	local, body, err := z.local(e.header)
	if err != nil {
		return s, z.walk.unread(z.below(e.name), fmt.Errorf("reading its header: %w", err))
	}
	if local.name != e.name {
		if err := z.walk.fatal(z.walk.Name(z.below(e.name), local.name)); err != nil {
			return s, err
		}
	}
	if e.packed < 0 || e.packed > z.Size-body {
		err = fmt.Errorf("the packed size of %d bytes reaches beyond the end of the file", e.packed)
		e.packed = z.Size - body
	}
	if err != nil {
		z.walk.name(z.below(e.name), err)
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

// content hands over a member, and says where its packed bytes end.
func (z *zipFile) content(e zipEntry, body int64) (end int64, err error) {
	size := e.packed
	if size < 0 {
		size = min(e.most, z.Size-body)
	}
	if e.comment != "" {
		if err := z.walk.fatal(z.walk.Name(z.below(e.name), e.comment)); err != nil {
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
	packed, done := z.packed(section) // decoders take single bytes of it, and none too many
	defer done()
	r, done, err := z.unpack(e, packed)
	if err != nil {
		remember(err)
		if endsWalk(err) {
			return body, err
		}
		return body, z.walk.unread(z.below(e.name), err)
	}
	defer done()
	if e.packed >= 0 {
		r = decode.Checked(r, e.crc, e.size)
	}
	if z.isDocument(e) {
		err = z.document(at, e, io.NewSectionReader(z, body, size), r)
	} else {
		err = z.walk.content(at, r)
	}
	remember(err)
	read, _ := section.Seek(0, io.SeekCurrent) // which cannot fail
	return body + read - int64(packed.Buffered()), err
}

// packed reads packed bytes, until done is called.
func (z *zipFile) packed(r io.Reader) (packed *bufio.Reader, done func()) {
	return decode.Buffer(bound.Charged{From: r, Budget: z.walk.budget})
}

func (z *zipFile) isDocument(e zipEntry) bool {
	return isOffice[z.kind] && strings.HasSuffix(e.name, ".xml")
}

// document looks into a part of an office document: at the XML, and at the text that it makes.
func (z *zipFile) document(at Place, e zipEntry, body io.Reader, xml io.Reader) error {
	return z.walk.both(at, xml, func(text func(io.Reader) error) error {
		packed, done := z.packed(body)
		defer done()
		again, done, err := z.unpack(e, packed)
		if err != nil {
			return err
		}
		defer done()
		read, done := newXMLText(bound.Charged{From: again, Budget: z.walk.budget})
		defer done()
		return text(read)
	})
}

// unpack undoes the compression of an entry, until done is called.
func (z *zipFile) unpack(e zipEntry, r *bufio.Reader) (from io.Reader, done func(), err error) {
	if e.flags&zipEncryptedFlag != 0 {
		return nil, nil, bound.NotRead(bound.Encrypted, "the member is encrypted")
	}
	switch e.method {
	case 0:
		return r, func() {}, nil
	case 8:
		from, done = decode.Inflate(r)
		return from, done, nil
	case 12:
		return decode.Open(decode.Bzip2, r, z.walk.budget)
	case 14: // behind a version of four bytes stand the properties
		var h [9]byte
		if _, err := io.ReadFull(r, h[:]); err != nil {
			return nil, nil, fmt.Errorf("reading the properties of LZMA: %w", bound.NoEOF(err))
		}
		return decode.OpenLZMA(h[4:], e.size, r, z.walk.budget)
	case 93, 20:
		return decode.Open(decode.Zstd, r, z.walk.budget)
	case 95:
		return decode.Open(decode.XZ, r, z.walk.budget)
	}
	return nil, nil, bound.NotRead(bound.Unsupported, "members packed by method %d are not read", e.method)
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
		at, err := z.walk.finder.Find(z.Content, zipLocalMagic, from, to)
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
			next, err := z.walk.finder.Find(z.Content, zipLocalMagic, body, to)
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
