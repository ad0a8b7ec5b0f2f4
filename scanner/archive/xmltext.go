package archive

import (
	"bufio"
	"bytes"
	"html"
	"io"

	"skleak/scanner/archive/internal/decode"
)

// xmlText reads what a reader of an office document sees: the text between the tags. Runs of one paragraph are joined,
// since a word processor splits a key where it likes; paragraphs, cells and line breaks end a line.
type xmlText struct {
	from *bufio.Reader
	out  bytes.Buffer
	tag  []byte
	err  error
}

// newXMLText makes one, until done is called.
func newXMLText(r io.Reader) (text *xmlText, done func()) {
	from, done := decode.Buffer(r)
	return &xmlText{from: from}, done
}

func (x *xmlText) Read(b []byte) (int, error) {
	for x.out.Len() == 0 && x.err == nil {
		x.next()
	}
	if x.out.Len() > 0 {
		return x.out.Read(b)
	}
	return 0, x.err
}

// next reads up to a tag, and the tag.
func (x *xmlText) next() {
	text, err := x.from.ReadSlice('<')
	if bytes.IndexByte(text, '&') >= 0 {
		x.out.WriteString(html.UnescapeString(string(bytes.TrimSuffix(text, []byte("<")))))
	} else {
		x.out.Write(bytes.TrimSuffix(text, []byte("<")))
	}
	if err == bufio.ErrBufferFull {
		return
	}
	if err != nil {
		x.err = err
		return
	}
	x.tag = x.tag[:0]
	for len(x.tag) < maxNames {
		piece, err := x.from.ReadSlice('>')
		x.tag = append(x.tag, piece...)
		if err == nil {
			break
		}
		if err != bufio.ErrBufferFull {
			x.err = err
			return
		}
	}
	if endsLine[tagName(x.tag)] {
		x.out.WriteByte('\n')
	}
}

// endsLine are the local names of elements that end a line where they begin, or where they end: of Word, Excel,
// PowerPoint, OpenDocument and HTML.
var endsLine = map[string]bool{
	"p": true, "br": true, "cr": true, "tab": true, "si": true, "c": true, "v": true, "row": true, "h": true,
	"div": true, "li": true, "td": true, "tr": true, "line-break": true, "table-cell": true, "table-row": true,
	"comment": true, "definedName": true,
}

// tagName is the local name of an element: of "w:p" and "/w:p" it is "p".
func tagName(tag []byte) string {
	tag = bytes.TrimPrefix(tag, []byte("/"))
	if i := bytes.IndexAny(tag, " \t\r\n/>"); i >= 0 {
		tag = tag[:i]
	}
	if i := bytes.IndexByte(tag, ':'); i >= 0 {
		tag = tag[i+1:]
	}
	return string(tag)
}
