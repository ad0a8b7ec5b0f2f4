package archive

import (
	"bytes"
	"encoding/ascii85"
	"encoding/hex"
	"fmt"
	"io"

	"github.com/klauspost/compress/zlib"
)

// A PDF is a list of objects, of which those that hold something large are streams, mostly deflated. What a page
// shows is a stream of operators with strings between: a key is often several strings in a row, with numbers for the
// space between them. Streams are found by the words around them, not by the cross-reference table: what was changed
// or taken out of a PDF is often still in it. Nothing is rendered, and no fonts are looked up: text whose codes only
// its font tells is not read as text. The format is that of ISO 32000-1, sections 7.3 to 7.5 and 9.4.

const pdfMagic = "%PDF-"

// maxPDFHead is how far in front of its stream a dictionary is looked for.
const maxPDFHead = 4096

func walkPDF(w *walk, p Place, c Content) error {
	data := make([]byte, c.Size) // walkPDF is called with what is held, or within the bounds of files
	n, err := c.ReadAt(data, 0)
	data = data[:n]
	if err != nil && err != io.EOF {
		return err
	}
	if i := bytes.LastIndex(data, []byte("/Encrypt")); i >= 0 && bytes.Contains(data[max(0, i-maxPDFHead):], []byte("trailer")) {
		return notRead(Encrypted, "the PDF is encrypted")
	}
	for at, number := 0, 1; ; number++ {
		i := bytes.Index(data[at:], []byte("stream"))
		if i < 0 {
			return nil
		}
		at += i + len("stream")
		if bytes.HasSuffix(data[:at], []byte("endstream")) {
			number--
			continue
		}
		head := data[max(0, at-maxPDFHead):at]
		if j := bytes.LastIndex(head, []byte(" obj")); j >= 0 {
			head = head[j:]
		}
		body := bytes.TrimPrefix(bytes.TrimPrefix(data[at:], []byte("\r")), []byte("\n"))
		end := bytes.Index(body, []byte("endstream"))
		if end < 0 {
			end = len(body)
		}
		if err := pdfStream(w, p, number, head, body[:end]); err != nil {
			return err
		}
		at += end
	}
}

// pdfPictures are the filters of pictures, which hold no text.
var pdfPictures = []string{"/DCTDecode", "/JPXDecode", "/CCITTFaxDecode", "/JBIG2Decode"}

// pdfStream looks into one stream: at the bytes that it holds, and at the strings in them, joined.
func pdfStream(w *walk, p Place, number int, head, body []byte) error {
	for _, picture := range pdfPictures {
		if bytes.Contains(head, []byte(picture)) {
			return nil
		}
	}
	name := fmt.Sprintf("(stream %d)", number)
	r, err := pdfDecode(head, body)
	if err == nil {
		err = w.both(p, "pdf", name, r, func() io.Reader {
			again, _ := pdfDecode(head, body) // as the first time
			return newPDFText(again)
		})
	}
	if err == nil || endsWalk(err) {
		return err
	}
	w.name(p.below(name, "pdf"), err)
	return w.ctx.Err()
}

// pdfDecode undoes the filters of a stream.
func pdfDecode(head, body []byte) (r io.Reader, err error) {
	r = bytes.NewReader(body)
	if bytes.Contains(head, []byte("/ASCIIHexDecode")) {
		r = hex.NewDecoder(bytes.NewReader(withoutSpace(bytes.TrimSuffix(bytes.TrimSpace(body), []byte(">")))))
	}
	if bytes.Contains(head, []byte("/ASCII85Decode")) {
		r = ascii85.NewDecoder(bytes.NewReader(bytes.TrimSuffix(bytes.TrimSpace(body), []byte("~>"))))
	}
	if bytes.Contains(head, []byte("/FlateDecode")) {
		if r, err = zlib.NewReader(r); err != nil {
			return nil, fmt.Errorf("opening the stream: %w", err)
		}
	}
	if bytes.Contains(head, []byte("/LZWDecode")) {
		return nil, notRead(Unsupported, "the stream is packed by LZW, which is not read")
	}
	return r, nil
}

func withoutSpace(b []byte) []byte { return bytes.Join(bytes.Fields(b), nil) }
