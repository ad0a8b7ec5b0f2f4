package archive

import (
	"encoding/binary"
	"strings"

	"skleak/scanner/archive/internal/bound"
)

// unreadKinds are contents that hold texts in a packed form which is not read: they are told by their beginnings, and
// named. What holds no text, such as a picture, is no matter of this list.
var unreadKinds = []struct {
	magic string
	kind  Kind
	what  string
}{
	{"MSCF\x00\x00\x00\x00", "cab", "a cabinet file of Windows"},
	{"!BDN", "pst", "a mailbox of Outlook"},
	{"PAR1\x15", "parquet", "a Parquet file"},
	{"ORC\x08", "orc", "an ORC file"}, {"ORC\x0a", "orc", "an ORC file"}, {"ORC\x00", "orc", "an ORC file"},
	{"Obj\x01", "avro", "an Avro file"},
	{"ARROW1\x00\x00", "arrow", "an Arrow file"},
	{"\x00\x01\x00\x00Standard Jet DB", "access", "a database of Access"},
	{"\x00\x01\x00\x00Standard ACE DB", "access", "a database of Access"},
	{"\x89HDF\r\n\x1a\n", "hdf5", "an HDF5 file"},
	{"LZIP\x01", "lzip", "a file packed by lzip"},
	{"\x89LZO\x00\r\n\x1a\n", "lzop", "a file packed by lzop"},
	{"LRZI", "lrzip", "a file packed by lrzip"},
	{"\x1f\x9d\x90", "compress", "a file packed by compress"},
	{"\x1f\x9d\x8c", "compress", "a file packed by compress"},
	{"xar!\x00\x1c", "xar", "a package of macOS"},
	{"hsqs", "squashfs", "a file system of squashfs"},
	{"MSWIM\x00\x00\x00", "wim", "an image of Windows"},
	{"QFI\xfb", "qcow2", "the disk of a virtual machine"},
	{"KDMV", "vmdk", "the disk of a virtual machine"},
	{"PACK\x00\x00\x00\x02", "pack", "a pack of git without its repository"},
	{"# v2 git bundle\n", Bundle, "a bundle of git that is no file of its own"},
	{"# v3 git bundle\n", Bundle, "a bundle of git that is no file of its own"},
}

const (
	// Bundle is a bundle of git, which is a repository in a file. It is not looked into here.
	Bundle Kind = "bundle"

	oleMagic      = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
	ole      Kind = "ole"
)

// unreadFirst are the first bytes of them all: most contents are told from them by one look.
const unreadFirst = "M!POA\x00\x89L\x1fxhQK#"

// sniffUnread tells which of them a content is. What is text is none: some of the magics are four letters.
func sniffUnread(head []byte) Kind {
	if strings.IndexByte(unreadFirst, head[0]) < 0 {
		return None
	}
	for _, k := range unreadKinds {
		if hasMagic(head, k.magic) && (k.kind == Bundle || !isPlain(head)) {
			return k.kind
		}
	}
	return None
}

// nameUnread says why a content of such a kind was not read.
func nameUnread(kind Kind) error {
	for _, k := range unreadKinds {
		if k.kind == kind {
			return bound.NotRead(bound.Unsupported, "%s is not read", k.what)
		}
	}
	return bound.NotRead(bound.Unsupported, "%s is not read", kind)
}

// oleParts are names that stand in what Office wrote before it wrote zip files, and what they mean. All else in there
// is text as it is, if in UTF-16, and was searched.
var oleParts = []struct{ name, reason, what string }{
	{"EncryptedPackage", bound.Encrypted, "the document is encrypted"},
	{"__substg1.0_10090102", bound.Unsupported,
		"a message of Outlook, whose text may be packed in a way that is not read"},
	{"_VBA_PROJECT", bound.Unsupported, "macros, which are packed in a way that is not read"},
}

// walkOLE names what the file has that is packed.
func walkOLE(w *walk, _ Place, c Content) error {
	for _, part := range oleParts {
		wide := strings.Join(strings.Split(part.name, ""), "\x00") // UTF-16
		at, err := w.finder.Find(c, wide, 0, c.Size)
		if err != nil {
			return err
		}
		if at >= 0 {
			return bound.NotRead(part.reason, "%s", part.what)
		}
	}
	return nil
}

// isBrotli is what only a name tells of: Brotli has no beginning of its own.
func isBrotli(name string) bool {
	const suffix = ".br"
	return len(name) > len(suffix) && strings.EqualFold(name[len(name)-len(suffix):], suffix)
}

var errBrotli = bound.NotRead(bound.Unsupported, "what Brotli packs is not read")

// isPlain is true for what may be a text.
func isPlain(head []byte) bool {
	for ; len(head) >= 8; head = head[8:] {
		if controlsIn(binary.LittleEndian.Uint64(head)) != 0 {
			return false
		}
	}
	for _, c := range head {
		if isControl(c) {
			return false
		}
	}
	return true
}

// isControl is true for a byte that no text has.
func isControl(c byte) bool { return c < '\t' || c > '\r' && c < ' ' && c != escape }

const escape = 0x1b

// controlsIn has the highest bit of each byte of a word for which isControl is true. It works on all eight at once: a
// number that is added to seven bits carries into the eighth where they are large enough.
func controlsIn(word uint64) uint64 {
	const (
		each    = 0x0101010101010101
		highest = 0x80 * each
	)
	low := word &^ highest
	fromTab := low + (0x80-'\t')*each
	behindReturn := low + (0x80-'\r'-1)*each
	fromBlank := low + (0x80-' ')*each
	notEscape := low ^ escape*each + 0x7f*each
	return (^fromTab | behindReturn&^fromBlank&notEscape) &^ word & highest
}

// Unnamed tells why a content is not read that is no container by its bytes, but is by its name; the error is nil for
// every other.
func Unnamed(name string, c Content) (reason string, err error) {
	if !isBrotli(name) {
		return "", nil
	}
	if head, _ := headOf(c); isPlain(head) { // what cannot be read was named
		return "", nil
	}
	return bound.Unsupported, errBrotli
}
