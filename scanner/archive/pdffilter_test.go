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
	if got := readLZW(t, "\x80\x0b\x60\x50\x22\x0c\x0c\x85\x01"); got != "-----A---B" {
		t.Errorf("LZW: %q", got)
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

func readLZW(t *testing.T, packed string) string {
	t.Helper()
	const early = true
	var out bytes.Buffer
	if _, err := out.ReadFrom(newLZW(strings.NewReader(packed), early)); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestLZWLong has so many codes that they grow to 12 bits, and begin anew.
func TestLZWLong(t *testing.T) {
	text := make([]byte, 300_000)
	for i := range text {
		text[i] = byte(i * i >> 7)
	}
	if got := readLZW(t, packLZW(text)); got != string(text) {
		t.Errorf("%d bytes, not the same", len(got))
	}
}

// packLZW packs as PDF does.
func packLZW(text []byte) string {
	var out []byte
	bits, count := uint32(0), uint(0)
	put := func(code, width int) {
		bits, count = bits<<width|uint32(code), count+uint(width)
		for count >= 8 {
			count -= 8
			out = append(out, byte(bits>>count))
		}
	}
	codes := map[string]int{}
	next, width := lzwEnd+1, 9
	code := func(s string) int {
		if len(s) == 1 {
			return int(s[0])
		}
		return codes[s]
	}
	put(lzwClear, width)
	now := ""
	for _, c := range text {
		longer := now + string([]byte{c})
		if _, known := codes[longer]; known || len(longer) == 1 {
			now = longer
			continue
		}
		put(code(now), width)
		codes[longer] = next
		if next++; next+1 > 1<<width {
			width++
		}
		if next == lzwCodes-1 {
			put(lzwClear, 12)
			codes, next, width = map[string]int{}, lzwEnd+1, 9
		}
		now = string([]byte{c})
	}
	put(code(now), width)
	put(lzwEnd, width)
	put(0, 7)
	return string(out)
}

// TestSevenZipPanics has lists whose numbers have ended programs: they are named, and nothing is allocated for them.
func TestSevenZipPanics(t *testing.T) {
	for _, body := range [][]byte{
		{szHeader}, {szHeader, szFiles, 1}, {szHeader, szMainStreams, szUnpackInfo, szFolder, 1, 0, 0}, {szEncodedHeader}, {99},
		{szHeader, szMainStreams, szUnpackInfo, szFolder, 1, 0, 1, 0x10, 0, 0, szCodersUnpackSize, 0, szEnd, szEnd, szFiles, 1, szEnd},
		{szHeader, szMainStreams, szPackInfo, 0, 1, szSize, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, szEnd, szEnd},
		{szHeader, szMainStreams, szUnpackInfo, szFolder, 1, 0, 2, 1, 0, 1, 0, 0, 0, szCodersUnpackSize, 5, 5, szEnd, szEnd},
	} {
		s := look(t, sevenZipOf(body))
		if len(s.unread) == 0 {
			t.Errorf("% x: nothing is named", body)
		}
	}
}

// FuzzSevenZipList reads lists with a sound checksum, which FuzzWalk does not come by.
func FuzzSevenZipList(f *testing.F) {
	f.Add([]byte{szHeader, szMainStreams, szPackInfo, 0, 1, szSize, 4, szEnd, szUnpackInfo, szFolder, 1, 0, 1, 1, 0, szCodersUnpackSize, 4, szEnd, szEnd, szEnd})
	f.Add([]byte{szEncodedHeader, szPackInfo, 0, 1, szSize, 4, szEnd, szUnpackInfo, szFolder, 1, 0, 1, 0x21, 0x21, 1, 10, szCodersUnpackSize, 4, szEnd, szEnd})
	f.Fuzz(func(t *testing.T, body []byte) {
		l := &Limits{Memory: 8 << 20, Walks: 1}
		l.made.Store(allowedBytes - 4<<20)
		content := sevenZipOf(body)
		c := Content{bytes.NewReader(content), int64(len(content))}
		s := &seen{texts: map[string]string{}, containers: map[string]string{}, raw: map[string]bool{}}
		if err := Walk(t.Context(), "outer", Detect(c), c, l, dropping{s}); err != nil {
			t.Fatal(err)
		}
	})
}
