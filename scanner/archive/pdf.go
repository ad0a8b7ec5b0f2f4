package archive

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
)

// A PDF is a list of objects, of which those that hold something large are streams, mostly deflated; small objects may
// lie in a stream together. What a page shows is a stream of operators with strings between: a key is often several
// strings in a row, with numbers for the space between them. Streams are found by the words around them, not by the
// cross-reference table: what was changed or taken out of a PDF is often still in it. Nothing is rendered, and no fonts
// are looked up: text whose codes only its font tells is not read as text. The format is that of ISO 32000-1, sections
// 7.3 to 7.5 and 9.4.

const pdfMagic = "%PDF-"

// maxPDFHead is how far in front of its stream a dictionary is looked for.
const maxPDFHead = 4096

const (
	pdfBegin = "stream"
	pdfEnd   = "endstream"
)

func walkPDF(w *walk, p Place, c Content) error {
	if encrypted, err := w.isPDFEncrypted(c); err != nil || encrypted {
		if encrypted {
			err = notRead(Encrypted, "the PDF is encrypted")
		}
		return err
	}
	buf := make([]byte, maxPDFHead)
	for at, number := int64(0), 1; ; {
		found, err := w.find(c, pdfBegin, at, c.Size)
		if err != nil || found < 0 {
			return err
		}
		at = found + int64(len(pdfBegin))
		head := buf[:min(maxPDFHead, found)]
		if _, err := c.ReadAt(head, found-int64(len(head))); err != nil && err != io.EOF {
			return err
		}
		if head = bytes.TrimRight(head, "\x00\t\n\f\r "); !bytes.HasSuffix(head, []byte(">>")) {
			continue // the word in a text, or the end of a stream
		}
		if i := bytes.LastIndex(head, []byte(" obj")); i >= 0 {
			head = head[i:]
		}
		from, to, err := w.pdfBody(c, head, at)
		if err != nil {
			return err
		}
		if err := pdfStream(w, p, number, head, io.NewSectionReader(c, from, to-from)); err != nil {
			return err
		}
		at, number = to, number+1
	}
}

// pdfBody tells where the bytes of a stream lie: from behind the line end that follows the word.
func (w *walk) pdfBody(c Content, head []byte, at int64) (from, to int64, err error) {
	var near [len(pdfEnd) + 2]byte
	n, _ := c.ReadAt(near[:2], at) // an error comes again
	line := bytes.TrimPrefix(near[:n], []byte("\r"))
	from = at + int64(n-len(bytes.TrimPrefix(line, []byte("\n"))))
	if length, ok := pdfNumber(head, "/Length"); ok && length <= c.Size-from {
		n, _ := c.ReadAt(near[:], from+length)
		if bytes.HasPrefix(bytes.TrimLeft(near[:n], "\r\n"), []byte(pdfEnd)) {
			return from, from + length, nil
		}
	}
	to, err = w.find(c, pdfEnd, from, c.Size)
	if to < 0 {
		to = c.Size
	}
	return from, to, err
}

// isPDFEncrypted looks for the entry that says so, which is never packed itself: a reference, or a dictionary.
func (w *walk) isPDFEncrypted(c Content) (bool, error) {
	const word = "/Encrypt"
	for at := int64(0); ; {
		found, err := w.find(c, word, at, c.Size)
		if err != nil || found < 0 {
			return false, err
		}
		at = found + int64(len(word))
		var near [32]byte
		n, _ := c.ReadAt(near[:], at) // an error comes again
		fields := bytes.Fields(near[:n])
		if bytes.HasPrefix(bytes.TrimLeft(near[:n], " \r\n"), []byte("<<")) ||
			len(fields) > 2 && near[0] <= ' ' && isPDFDigits(fields[0]) && isPDFDigits(fields[1]) && fields[2][0] == 'R' {
			return true, nil
		}
	}
}

func isPDFDigits(b []byte) bool {
	return len(bytes.Trim(b, "0123456789")) == 0
}

// pdfNumber reads a number from a dictionary that has it in itself, not by reference.
func pdfNumber(head []byte, name string) (int64, bool) {
	value, ok := pdfValue(head, name)
	fields := bytes.FieldsFunc(value[:min(len(value), 64)],
		func(r rune) bool { return r <= ' ' || r == '/' || r == '>' || r == ']' })
	if !ok || len(fields) == 0 || len(fields) > 2 && string(fields[2]) == "R" && isPDFDigits(fields[1]) {
		return 0, false
	}
	n, err := strconv.ParseInt(string(fields[0]), 10, 64)
	return n, err == nil && n >= 0
}

// pdfValue is what stands behind a name in a dictionary.
func pdfValue(head []byte, name string) ([]byte, bool) {
	for rest := head; ; {
		i := bytes.Index(rest, []byte(name))
		if i < 0 {
			return nil, false
		}
		rest = rest[i+len(name):]
		if len(rest) > 0 && !isPDFRegular(rest[0]) {
			return bytes.TrimLeft(rest, "\x00\t\n\f\r "), true
		}
	}
}

// pdfStream looks into one stream: at the bytes that it holds, and at the strings in them, joined.
func pdfStream(w *walk, p Place, number int, head []byte, body *io.SectionReader) error {
	filters, err := pdfFilters(head)
	name := fmt.Sprintf("(stream %d)", number)
	if filters.picture {
		return nil
	}
	var r io.Reader
	var done func()
	if err == nil {
		r, done, err = filters.open(w, body)
	}
	if err == nil {
		defer done()
		var at Place
		if at, err = w.enter(p, "pdf", name); err != nil {
			return err
		}
		err = w.both(at, r, func(text func(io.Reader) error) error {
			again, done, err := filters.open(w, io.NewSectionReader(body, 0, body.Size()))
			if err != nil {
				return err
			}
			defer done()
			return text(newPDFText(charged{again, w.budget}))
		})
	}
	if err == nil || endsWalk(err) {
		return err
	}
	w.name(p.below(name, "pdf"), err)
	return w.ctx.Err()
}
