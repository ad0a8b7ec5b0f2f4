// Package pdf finds what may hold text in a PDF.
//
// A PDF is a list of objects, of which those that hold something large are streams, mostly deflated; small objects may
// lie in a stream together. What a page shows is a stream of operators with strings between: a key is often several
// strings in a row, with numbers for the space between them. Streams are found by the words around them, not by the
// cross-reference table: what was changed or taken out of a PDF is often still in it. Nothing is rendered, and no fonts
// are looked up: text whose codes only its font tells is not read as text. The format is that of ISO 32000-1, sections
// 7.3 to 7.5 and 9.4.
package pdf

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"

	"skleak/scanner/archive/internal/bound"
	"skleak/scanner/archive/internal/content"
)

// Visitor takes the streams of a PDF. An error of its methods ends the walk.
type Visitor interface {
	// Stream is handed one that can be opened again and again, until done is called.
	Stream(name string, open func() (r io.Reader, done func(), err error)) error
	// Unread names a stream that is not read.
	Unread(name string, err error) error
}

// Magic begins a PDF.
const Magic = "%PDF-"

const (
	blanks = "\x00\t\n\f\r "
	digits = "0123456789"

	// maxHead is how far in front of its stream a dictionary is looked for.
	maxHead = 4096

	streamWord = "stream"
	endWord    = "endstream"
)

// Is tells a PDF by its beginning, in front of which programs read over a byte order mark and blanks.
func Is(head []byte) bool {
	const mark = "\xef\xbb\xbf"
	if head[0] == mark[0] || strings.IndexByte(blanks, head[0]) >= 0 {
		head = bytes.TrimLeft(bytes.TrimPrefix(head, []byte(mark)), blanks)
	}
	return bytes.HasPrefix(head, []byte(Magic))
}

// Walk hands over the streams of a PDF.
func Walk(c content.Content, f *content.Finder, b *bound.Budget, v Visitor) error {
	if encrypted, err := isEncrypted(c, f); err != nil {
		return err
	} else if encrypted {
		return bound.NotRead(bound.Encrypted, "the PDF is encrypted")
	}
	buf := make([]byte, maxHead)
	for at, number := int64(0), 1; ; {
		found, err := f.Find(c, streamWord, at, c.Size)
		if err != nil || found < 0 {
			return err
		}
		at = found + int64(len(streamWord))
		head, err := c.Upto(buf[:min(maxHead, found)], max(0, found-maxHead))
		if err != nil {
			return err
		}
		if head = bytes.TrimRight(head, blanks); !bytes.HasSuffix(head, []byte(">>")) {
			continue // the word in a text, or the end of a stream
		}
		if i := bytes.LastIndex(head, []byte(" obj")); i >= 0 {
			head = head[i:]
		}
		from, to, err := body(c, f, head, at)
		if err != nil {
			return err
		}
		if err := stream(fmt.Sprintf("(stream %d)", number), head, c.Section(from, to), b, v); err != nil {
			return err
		}
		at, number = to, number+1
	}
}

// body tells where the bytes of a stream lie: from behind the line end that follows the word.
func body(c content.Content, f *content.Finder, head []byte, at int64) (from, to int64, err error) {
	var buf [len(endWord) + 2]byte
	near, _ := c.Upto(buf[:2], at) // an error comes again
	line := bytes.TrimPrefix(near, []byte("\r"))
	from = at + int64(len(near)-len(bytes.TrimPrefix(line, []byte("\n"))))
	if length, ok := number(head, "/Length"); ok && length <= c.Size-from {
		near, _ := c.Upto(buf[:], from+length)
		if bytes.HasPrefix(bytes.TrimLeft(near, "\r\n"), []byte(endWord)) {
			return from, from + length, nil
		}
	}
	to, err = f.Find(c, endWord, from, c.Size)
	if to < 0 {
		to = c.Size
	}
	return from, to, err
}

// isEncrypted looks for the entry that says so, which is never packed itself: a reference, or a dictionary.
func isEncrypted(c content.Content, f *content.Finder) (bool, error) {
	const word = "/Encrypt"
	for at := int64(0); ; {
		found, err := f.Find(c, word, at, c.Size)
		if err != nil || found < 0 {
			return false, err
		}
		at = found + int64(len(word))
		var buf [32]byte
		near, _ := c.Upto(buf[:], at) // an error comes again
		fields := bytes.Fields(near)
		if bytes.HasPrefix(bytes.TrimLeft(near, " \r\n"), []byte("<<")) ||
			len(fields) > 2 && near[0] <= ' ' && isNumber(fields[0]) && isNumber(fields[1]) && fields[2][0] == 'R' {
			return true, nil
		}
	}
}

func isNumber(b []byte) bool { return len(bytes.Trim(b, digits)) == 0 }

// number reads a number from a dictionary that has it in itself, not by reference.
func number(head []byte, name string) (int64, bool) {
	text, ok := value(head, name)
	fields := bytes.FieldsFunc(text[:min(len(text), 64)],
		func(r rune) bool { return r <= ' ' || r == '/' || r == '>' || r == ']' })
	if !ok || len(fields) == 0 || len(fields) > 2 && string(fields[2]) == "R" && isNumber(fields[1]) {
		return 0, false
	}
	n, err := strconv.ParseInt(string(fields[0]), 10, 64)
	return n, err == nil && n >= 0
}

// value is what stands behind a name in a dictionary.
func value(head []byte, name string) ([]byte, bool) {
	for rest := head; ; {
		i := bytes.Index(rest, []byte(name))
		if i < 0 {
			return nil, false
		}
		rest = rest[i+len(name):]
		if len(rest) > 0 && !isRegular(rest[0]) {
			return bytes.TrimLeft(rest, blanks), true
		}
	}
}

// stream hands over one stream, unless it holds a picture.
func stream(name string, head []byte, body *io.SectionReader, b *bound.Budget, v Visitor) error {
	filters, err := filtersOf(head)
	switch {
	case filters.picture:
		return nil
	case err != nil:
		return v.Unread(name, err)
	}
	return v.Stream(name, func() (io.Reader, func(), error) {
		return filters.open(io.NewSectionReader(body, 0, body.Size()), b)
	})
}
