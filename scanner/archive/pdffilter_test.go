package archive

import (
	"bytes"
	"encoding/ascii85"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
)

// pdfOf is a file with one stream.
func pdfOf(dictionary, body string) []byte {
	return fmt.Appendf(nil, "%%PDF-1.7\n1 0 obj\n<< /Length %d %s >>\nstream\n%s\nendstream\nendobj\n", len(body), dictionary, body)
}

// TestPDFFilters has the same text behind each filter, and behind several.
func TestPDFFilters(t *testing.T) {
	const text = "(spl) -20 (it_o) (ver) Tj"
	var in85 bytes.Buffer
	e := ascii85.NewEncoder(&in85)
	_, _ = e.Write([]byte(text))
	_ = e.Close()
	rows := ""
	for i := 0; i < len(text); i += 5 {
		rows += "\x02"
		for j := range 5 {
			above := byte(0)
			if i > 0 {
				above = text[i-5+j]
			}
			rows += string([]byte{text[i+j] - above})
		}
	}
	for dictionary, body := range map[string]string{
		"/Filter /ASCIIHexDecode": hex.EncodeToString([]byte(text)) + ">", "/Filter /AHx": strings.ToUpper(hex.EncodeToString([]byte(text))) + ">",
		"/Filter /ASCII85Decode": in85.String() + "~>", "/Filter [/A85 /FlateDecode]": encode85(t, deflated(t, text)) + "~>",
		"/Filter/FlateDecode": deflated(t, text), "/Filter [ /Fl ]": deflated(t, text), "/Filter /RunLengthDecode": "\x18" + text + "\x80", "/Filter null": text, "": text,
		"/Filter /FlateDecode /DecodeParms << /Predictor 12 /Columns 5 >>": deflated(t, rows),
	} {
		s := look(t, pdfOf(dictionary, body))
		s.wantIn(t, "outer!(stream 1)", "split_over")
		if len(s.unread) > 0 {
			t.Errorf("%s: %q", dictionary, s.unread)
		}
	}
	// The example of ISO 32000-1, section 7.4.4.2
	s := look(t, pdfOf("/Filter /LZWDecode", "\x80\x0b\x60\x50\x22\x0c\x0c\x85\x01"))
	if !s.raw["outer!(stream 1)"] || len(s.unread) > 0 {
		t.Errorf("LZW: %q", s.unread)
	}
	look(t, pdfOf("/Filter /Crypt", "x")).wantUnread(t, "outer!(stream 1): unsupported")
	look(t, pdfOf("/Filter 7 0 R", "x")).wantUnread(t, "outer!(stream 1): unsupported")
	look(t, pdfOf("/Filter /FlateDecode /DecodeParms << /Predictor 12 /Columns 99999999 >>", "x")).wantUnread(t, "outer!(stream 1): too-large")
	look(t, append(pdfOf("", "x"), "trailer << /Encrypt 5 0 R >>"...)).wantUnread(t, "outer: encrypted")
	if s := look(t, append(pdfOf("", "x"), "a text about /Encrypt and stream\n"...)); len(s.unread) > 0 {
		t.Errorf("a word is taken for what it says: %q", s.unread)
	}
}

func encode85(t *testing.T, text string) string {
	t.Helper()
	out := make([]byte, ascii85.MaxEncodedLen(len(text)))
	return string(out[:ascii85.Encode(out, []byte(text))])
}
