package archive

import (
	"bufio"
	"bytes"
	"encoding/binary"

	"skleak/scanner/archive/internal/decode"
	"skleak/scanner/archive/internal/pdf"
	"skleak/scanner/archive/internal/sevenzip"
	"skleak/scanner/archive/internal/sqlite"
)

// sniffLength is how many bytes tell what a content is. The magic of tar stands at its end.
const sniffLength = 512

// Kind is a kind of container, by the name that reports have for it.
type Kind string

const (
	None        Kind = ""
	zip         Kind = "zip"
	tarball     Kind = "tar"
	ar          Kind = "ar"
	cpio        Kind = "cpio"
	rpm         Kind = "rpm"
	gzip             = Kind(decode.Gzip)
	bzip2            = Kind(decode.Bzip2)
	xz               = Kind(decode.XZ)
	zstd             = Kind(decode.Zstd)
	lzma             = Kind(decode.LZMA)
	lz4              = Kind(decode.LZ4)
	sevenZip    Kind = "7z"
	rar         Kind = "rar"
	sqliteDB    Kind = "sqlite"
	pdfDocument Kind = "pdf"
	mail        Kind = "mail"

	// Text is a text that holds packed contents in base64: see Runs.
	Text Kind = "text"
)

// random is true for a kind that must be read at any offset; the others go by from their beginning to their end.
func (k Kind) random() bool {
	return k == zip || k == sevenZip || k == sqliteDB || k == pdfDocument || k == ole || k == script
}

// walkAt reads a container of a random kind.
func (k Kind) walkAt(w *walk, p Place, c Content) error {
	switch k {
	case sevenZip:
		return walkSevenZip(w, p, c)
	case sqliteDB:
		return walkSQLite(w, p, c)
	case pdfDocument:
		return walkPDF(w, p, c)
	case ole:
		return walkOLE(w, p, c)
	case script:
		return walkScript(w, p, c)
	default:
		return walkZip(w, p, c)
	}
}

// walk reads a container of any other kind. searched says that its own bytes were searched.
func (k Kind) walk(w *walk, p Place, r *bufio.Reader, searched bool) error {
	switch k {
	case tarball:
		return walkTar(w, p, r)
	case ar:
		return walkAr(w, p, r)
	case cpio:
		return walkCpio(w, p, r)
	case rpm:
		return walkRpm(w, p, r)
	case rar:
		return walkRar(w, p, r)
	case Text:
		return walkText(w, p, r)
	case mail:
		return walkMail(w, p, r, searched)
	case gzip, bzip2, xz, zstd, lz4, lzma:
		return walkCompressed(w, p, k, r)
	default:
		if !searched {
			if err := w.fatal(w.Raw(p, r)); err != nil {
				return err
			}
		}
		return nameUnread(k)
	}
}

// magics are the beginnings of contents, and what they begin.
var magics = []struct {
	magic string
	kind  Kind
}{
	{"PK\x03\x04", zip}, {"PK\x05\x06", zip}, {"PK\x07\x08PK", zip}, {"PK00PK", zip},
	{decode.GzipMagic, gzip}, {"\xfd7zXZ\x00", xz},
	{"\x28\xb5\x2f\xfd", zstd}, {"\x04\x22\x4d\x18", lz4}, {"\x02\x21\x4c\x18", lz4},
	{"!<arch>\n", ar},
	{"\xed\xab\xee\xdb", rpm}, {sevenzip.Magic, sevenZip}, {"Rar!\x1a\x07", rar},
	{sqlite.Magic, sqliteDB}, {sqlite.LogMagic + "\x82", sqliteDB}, {sqlite.LogMagic + "\x83", sqliteDB}, {oleMagic, ole},
}

// magicFirst tells the first bytes of the magics: most contents are none of these kinds by one look.
var magicFirst = func() (is [256]bool) {
	for _, m := range magics {
		is[m.magic[0]] = true
	}
	return is
}()

// sniffMagic tells which of the kinds with a magic a content is.
func sniffMagic(head []byte) Kind {
	if !magicFirst[head[0]] {
		return None
	}
	for _, m := range magics {
		if hasMagic(head, m.magic) {
			return m.kind
		}
	}
	return None
}

// hasMagic tells whether a content begins with a magic. Few begin with even its first byte.
func hasMagic(head []byte, magic string) bool {
	return head[0] == magic[0] && len(head) >= len(magic) && string(head[:len(magic)]) == magic
}

// sniff tells which kind of container a content is by its beginning.
func sniff(head []byte) Kind {
	if len(head) < 4 {
		return None
	}
	if k := sniffMagic(head); k != None {
		return k
	}
	switch {
	case isBzip2(head):
		return bzip2
	case pdf.Is(head):
		return pdfDocument
	case decode.IsSkippable(head) && bytes.HasPrefix(decode.BehindSkippable(head), []byte("\x04\x22\x4d\x18")):
		return lz4
	case decode.IsSkippable(head):
		return zstd
	case isCpio(head):
		return cpio
	case isTar(head):
		return tarball
	case isMail(head):
		return mail
	case decode.IsLZMA(head):
		return lzma
	}
	return sniffUnread(head)
}

// isBzip2 tells by the magic and that of the first block, or of the end; either may be damaged where no text stands
// behind.
func isBzip2(head []byte) bool {
	if len(head) < 10 || string(head[:3]) != "BZh" || head[3] < '1' || head[3] > '9' {
		return false
	}
	block := string(head[4:10])
	return block == "1AY&SY" || block == "\x17\x72\x45\x38\x50\x90" || !isPlain(head)
}

// isCpio tells by a whole header: its magic is six digits, which a text may begin with.
func isCpio(head []byte) bool {
	if order := cpioOrder(head); order != nil && len(head) > cpioBinaryLength {
		end := cpioBinaryLength + int(order.Uint16(head[20:])) // of the name, with the zero behind it
		return end > cpioBinaryLength && end <= len(head) &&
			bytes.IndexByte(head[cpioBinaryLength:end], 0) == end-cpioBinaryLength-1
	}
	if len(head) < 76 || string(head[:4]) != "0707" {
		return false
	}
	if head[4] == '0' && !isPlain(head) { // the zero behind a name, or what comes then: no text has it
		return true
	}
	if len(bytes.Trim(head[:76], "0123456789abcdefABCDEF")) > 0 {
		return false
	}
	return string(head[4:6]) == "07" || len(head) >= 110 && (string(head[4:6]) == "01" || string(head[4:6]) == "02")
}

// isTar tells by the checksum of the first header, which the tars before POSIX have too. Where that is damaged, the
// magic of POSIX will do, if it is no text.
func isTar(head []byte) bool {
	if len(head) < sniffLength || head[0] == 0 {
		return false
	}
	return hasTarSum(head) || string(head[257:262]) == "ustar" && !isPlain(head)
}

func hasTarSum(head []byte) bool {
	field := head[148:156]
	for _, c := range field { // most texts are told by the first of them
		if c != ' ' && c != 0 && (c < '0' || c > '7') {
			return false
		}
	}
	field = bytes.Trim(field, " \x00")
	if len(field) == 0 {
		return false
	}
	want := int64(0)
	for _, c := range field {
		if c < '0' {
			return false
		}
		want = want*8 + int64(c-'0')
	}
	unsigned, signed := int64(0), int64(0)
	for i, c := range head[:sniffLength] {
		if i >= 148 && i < 156 {
			c = ' '
		}
		unsigned += int64(c)
		signed += int64(int8(c))
	}
	return want == unsigned || want == signed
}

const (
	zipEndMagic   = zipLetters + zipEndMarks
	zipLetters    = "PK"
	zipEndMarks   = "\x05\x06"
	zipEndLength  = 22
	zipMaxComment = 1<<16 - 1
)

// hasZipEnd tells whether a content ends like a zip file, which may have anything in front: a program that unpacks
// itself, a picture. The comment behind the end is looked for only as far as it takes no further read.
func hasZipEnd(c Content) bool {
	tail, err := tailOf(c)
	return err == nil && endsAsZip(tail)
}

// tailOf reads the last bytes of a content, as far as they are looked at.
func tailOf(c Content) ([]byte, error) {
	tail := make([]byte, min(c.Size, TailLength))
	return tail, c.Full(tail, c.Size-int64(len(tail)))
}

func endsAsZip(tail []byte) bool {
	// The last magic is looked for forwards, which goes many bytes at a time, by its marks, which no text has.
	end := []byte(nil)
	for at := 0; ; at++ {
		next := bytes.Index(tail[at:], []byte(zipEndMarks))
		if next < 0 {
			break
		}
		if at += next; bytes.HasSuffix(tail[:at], []byte(zipLetters)) {
			end = tail[at-len(zipLetters):]
		}
	}
	return len(end) >= zipEndLength && int(binary.LittleEndian.Uint16(end[20:])) == len(end)-zipEndLength
}
