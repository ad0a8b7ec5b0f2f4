package archive

import (
	stdzip "archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"skleak/scanner/archive/internal/sqlite"
)

// TestOverlap has thousands of entries in the directory that all lead to one and the same content: what the directory
// says is read is out of all proportion to the file.
func TestOverlap(t *testing.T) {
	whole := zipOf(t, stdzip.Deflate, file{"a", strings.Repeat("0", 10<<20)})
	at := bytes.Index(whole, []byte(zipCentralMagic))
	end := bytes.Index(whole, []byte(zipEndMagic))
	entry, record := whole[at:end], bytes.Clone(whole[end:])
	const copies = 20_000
	content := bytes.Clone(whole[:at])
	content = append(content, bytes.Repeat(entry, copies)...)
	binary.LittleEndian.PutUint16(record[8:], copies)
	binary.LittleEndian.PutUint16(record[10:], copies)
	binary.LittleEndian.PutUint32(record[12:], uint32(copies*len(entry)))
	content = append(content, record...)
	l := &Limits{}
	leave(l, 16<<20)
	s := &seen{texts: map[string]string{}, containers: map[string]string{}, raw: map[string]bool{}}
	c := contentOf(content)
	if err := Walk(t.Context(), "outer", Detect(c), c, l, dropping{s}); err != nil {
		t.Fatal(err)
	}
	s.wantUnread(t, "outer: too-large")
}

// TestPDFBomb: where the allowance runs out within a stream of a PDF, that is named once, and the rest is not read.
func TestPDFBomb(t *testing.T) {
	packed := deflated(t, strings.Repeat(" ", 100<<20))
	stream := fmt.Sprintf("1 0 obj\n<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream\nendobj\n", len(packed), packed)
	content := []byte("%PDF-1.7\n" + stream + stream)
	l := &Limits{}
	leave(l, 1<<20)
	s := &seen{texts: map[string]string{}, containers: map[string]string{}, raw: map[string]bool{}}
	c := contentOf(content)
	if err := Walk(t.Context(), "outer", Detect(c), c, l, dropping{s}); err != nil {
		t.Fatal(err)
	}
	if len(s.unread) != 1 || !strings.HasPrefix(s.unread[0], "outer: too-large") {
		t.Errorf("not read: %q", s.unread)
	}
}

// TestTarNumbers has headers whose numbers are negative, huge, or none.
func TestTarNumbers(t *testing.T) {
	for _, size := range []string{"-0000000001\x00", "77777777777\x00", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", "zzzzzzzzzzz\x00"} {
		whole := tarOf(t, file{"a", "text of a"}, file{"b", "text of b"})
		header := whole[1024:1536]
		copy(header[124:136], size)
		sum := 0
		copy(header[148:156], "        ")
		for _, c := range header {
			sum += int(c)
		}
		copy(header[148:156], fmt.Sprintf("%06o\x00 ", sum))
		s := look(t, whole)
		if s.texts["outer!a"] != "text of a" || len(s.unread) == 0 {
			t.Errorf("size %q: texts %q, not read %q", size, s.texts, s.unread)
		}
	}
}

// TestNames has names that mean something to a file system. They are told as they are, and nothing is opened.
func TestNames(t *testing.T) {
	for _, name := range []string{"../../etc/passwd", "/etc/passwd", `C:\x`, "a!b", "", "\x00", "con", strings.Repeat("n", 60_000)} {
		look(t, zipOf(t, stdzip.Deflate, file{name, "text"})).want(t, "outer!"+name, "text")
	}
}

// FuzzWalk reads whatever it is given: nothing panics, and what is no container is told as none.
func FuzzWalk(f *testing.F) {
	t := &testing.T{}
	f.Add(zipOf(t, stdzip.Deflate, file{"a", "one"}, file{"word/document.xml", "<w:t>x</w:t>"}))
	f.Add(tarOf(t, file{"a", "one"}))
	f.Add(gzipOf(t, []byte("text")))
	f.Add([]byte("!<arch>\na/              0           0     0     644     4         `\ntext"))
	f.Add([]byte("%PDF-1.4\n1 0 obj\n<</Filter /ASCIIHexDecode>>\nstream\n28 41 29>\nendstream"))
	f.Add([]byte("From a\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\ntext\n--b--\n"))
	f.Add([]byte("7z\xbc\xaf\x27\x1c\x00\x04" + strings.Repeat("\x00", 64)))
	f.Add([]byte("Rar!\x1a\x07\x01\x00" + strings.Repeat("\x01", 64)))
	f.Add(append([]byte(sqlite.Magic+"\x02\x00\x01\x01\x00\x40\x20\x20"), make([]byte, 1000)...))
	f.Fuzz(func(t *testing.T, content []byte) {
		l := &Limits{Memory: 1 << 20}
		leave(l, 4<<20)
		s := &seen{texts: map[string]string{}, containers: map[string]string{}, raw: map[string]bool{}}
		c := contentOf(content)
		k := Detect(c)
		if k == None {
			return
		}
		w := newWalk(t.Context(), l.Budget(c.Size), dropping{s})
		if err := w.open(Place{Path: "outer"}, k, source{at: &c}); err != nil && !endsWalk(err) {
			t.Fatal(err)
		}
		if w.budget.Held() != 0 {
			t.Fatalf("%d bytes are still held", w.budget.Held())
		}
	})
}

// TestEveryByte damages each byte of small archives in turn: whatever it does, the walk ends, and a text that is told
// whole is the one that was packed, or something is named.
func TestEveryByte(t *testing.T) {
	const text = "a text that is packed, and again: a text that is packed"
	for name, whole := range map[string][]byte{
		"zip": zipOf(t, stdzip.Deflate, file{"a", text}), "tar": tarOf(t, file{"a", text}), "gzip": gzipOf(t, []byte(text)),
		"tgz": gzipOf(t, tarOf(t, file{"a", text})),
	} {
		for i := range whole {
			content := bytes.Clone(whole)
			content[i] ^= 0x55
			s := look(t, content)
			found := false
			for _, got := range s.texts {
				found = found || strings.Contains(got, text)
			}
			if !found && len(s.unread) == 0 && name != "tar" && i > 8 {
				t.Errorf("%s, byte %d: nothing is found and nothing is named: %q", name, i, s.texts)
			}
		}
	}
}
