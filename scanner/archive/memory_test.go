package archive

import (
	stdzip "archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	uxz "github.com/ulikunitz/xz"

	"skleak/scanner/archive/internal/sevenzip"
	"skleak/scanner/archive/internal/sqlite"
)

// hole is a content with a text in front, and nothing behind it for as long as its size says.
type hole struct {
	text string
	size int64
}

func (h hole) ReadAt(b []byte, at int64) (int, error) {
	if at >= h.size {
		return 0, io.EOF
	}
	n := int(min(int64(len(b)), h.size-at))
	clear(b[:n])
	if at < int64(len(h.text)) {
		copy(b, h.text[at:])
	}
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

func (h hole) Data(from, size int64) (int64, int64) {
	if from >= int64(len(h.text)) {
		return size, size
	}
	return from, int64(len(h.text))
}

// watch fails if a walk of a content takes more memory than its limits allow, and some.
func watch(t *testing.T, c Content, l *Limits) *seen {
	t.Helper()
	s := &seen{texts: map[string]string{}, containers: map[string]string{}, raw: map[string]bool{}}
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // everything that is allocated is counted
	if err := Walk(t.Context(), "outer", Detect(c), c, l, dropping{s}); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if took := int64(after.TotalAlloc - before.TotalAlloc); took > l.Memory/2+8<<20 {
		t.Errorf("it took %d MB where %d are allowed", took>>20, l.Memory/2>>20)
	}
	return s
}

// TestHostileHolesInside has contents of a few bytes that are a terabyte long: no kind of container takes memory or
// time for the hole.
func TestHostileHolesInside(t *testing.T) {
	tar := tarOf(t, file{"a", "text"})
	whole := zipOf(t, stdzip.Deflate, file{"a", "text"})
	for name, text := range map[string]string{
		"pdf": "%PDF-1.4\n1 0 obj\n<<>>\nstream\ntext", "sqlite": sqlite.Magic + "\x02\x00\x01\x01\x00\x40\x20\x20", "zip": string(whole),
		"tar": string(tar), "7z": sevenzip.Magic, "rar": "Rar!\x1a\x07\x00", "ar": "!<arch>\n", "gzip": string(gzipOf(t, []byte("text"))),
		"cpio": "070701" + strings.Repeat("0", 104), "rpm": "\xed\xab\xee\xdb", "mail": "Return-Path: <a>\nMIME-Version: 1.0\n\n",
		"bzip2": "BZh91AY&SY", "xz": "\xfd7zXZ\x00", "zstd": "\x28\xb5\x2f\xfd", "lz4": "\x04\x22\x4d\x18",
		"lzma": "\x5d\x00\x00\x80\x00" + strings.Repeat("\xff", 8),
	} {
		t.Run(name, func(t *testing.T) {
			c := Content{ReaderAt: hole{text, 1 << 40}, Size: 1 << 40}
			if Detect(c) == None {
				t.Fatal("it is not detected")
			}
			l := &Limits{Memory: 64 << 20, Walks: 1}
			leave(l, 64<<20)
			s := watch(t, c, l)
			if len(s.unread) == 0 && name != "pdf" && name != "sqlite" && name != "mail" {
				t.Error("nothing is named")
			}
		})
	}
}

// sevenZipOf is an archive with a list, and nothing else.
func sevenZipOf(list []byte) []byte {
	const headerLength = 32
	le := binary.LittleEndian
	head := make([]byte, headerLength)
	copy(head, sevenzip.Magic)
	le.PutUint64(head[20:], uint64(len(list)))
	le.PutUint32(head[28:], crc32.ChecksumIEEE(list))
	le.PutUint32(head[8:], crc32.ChecksumIEEE(head[12:]))
	return append(head, list...)
}

// TestHostileNumbers has headers that ask for much memory: it is refused, and said.
func TestHostileNumbers(t *testing.T) {
	window := func() []byte { // a frame whose window is 1 GB
		return append([]byte("\x28\xb5\x2f\xfd\x00\xa0"), 1, 0, 0, 'x')
	}
	dictionary := func() []byte {
		var b bytes.Buffer
		w, err := uxz.WriterConfig{DictCap: 1 << 30}.NewWriter(&b)
		if err == nil {
			_, err = io.WriteString(w, "text")
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	const ( // properties in the list of a 7z archive, as 7zFormat.txt numbers them
		szEnd, szHeader, szMainStreams, szFiles, szPackInfo, szUnpackInfo = 0, 1, 4, 5, 6, 7
		szSize, szFolder, szCodersUnpackSize, szEncodedHeader             = 9, 11, 12, 23
	)
	huge := []byte{0xf0, 0xff, 0xff, 0xff, 0x0f} // 2^28-1
	folders := slices.Concat([]byte{szHeader, szMainStreams, szUnpackInfo, szFolder}, huge, []byte{0})
	files := slices.Concat([]byte{szHeader, szFiles}, huge, []byte{szEnd})
	parts := slices.Concat([]byte{szHeader, szMainStreams, szPackInfo, 0}, huge)
	packed := slices.Concat([]byte{szEncodedHeader, szPackInfo, 0, 1, szSize, 0, szEnd, szUnpackInfo, szFolder, 1, 0, 1, 0x21, 0x21, 1, 40,
		szCodersUnpackSize}, huge, []byte{szEnd, szEnd})
	for name, content := range map[string][]byte{
		"zstd": window(), "xz": dictionary(), "lzma": append([]byte{0x5d, 0, 0, 0, 0x80}, bytes.Repeat([]byte{0xff}, 8)...),
		"7z blocks": sevenZipOf(folders), "7z files": sevenZipOf(files), "7z parts": sevenZipOf(parts), "7z list": sevenZipOf(packed),
		"rar5": append([]byte(rar5Magic), bytes.Repeat([]byte{0xff}, 100)...),
	} {
		t.Run(name, func(t *testing.T) {
			content = append(content, make([]byte, 200)...)
			s := watch(t, contentOf(content), &Limits{Memory: 64 << 20, Walks: 1})
			if len(s.unread) == 0 {
				t.Error("nothing is named")
			}
		})
	}
}

// TestHostileStrings has one string that is all of a large stream, in each language that has strings.
func TestHostileStrings(t *testing.T) {
	long := strings.Repeat("x", 64<<20)
	for name, text := range map[string]string{"literal": "(" + long, "hex": "<" + strings.Repeat("6b", 32<<20), "comment": "%" + long, "number": long} {
		var b bytes.Buffer
		packed := deflated(t, text)
		fmt.Fprintf(&b, "%%PDF-1.7\n1 0 obj\n<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream\n", len(packed), packed)
		s := watch(t, contentOf(b.Bytes()), &Limits{Memory: 16 << 20, Walks: 1})
		if len(s.unread) > 0 {
			t.Errorf("%s: %q", name, s.unread)
		}
	}
	doc := zipOf(t, stdzip.Deflate, file{"word/document.xml", "<" + long})
	watch(t, contentOf(doc), &Limits{Memory: 16 << 20, Walks: 1})
}

// TestSharesOfMemory has walks at once that each need more than their share: they wait for one another, and read all.
func TestSharesOfMemory(t *testing.T) {
	var inner bytes.Buffer
	inner.Write(zipOf(t, stdzip.Store, file{"a", strings.Repeat("text", 1<<20)}))
	outer := zipOf(t, stdzip.Deflate, file{"inner.zip", inner.String()})
	l := &Limits{Memory: 16 << 20, Walks: 8}
	errs := make(chan []string)
	for range 8 {
		go func() {
			s := &seen{texts: map[string]string{}, containers: map[string]string{}, raw: map[string]bool{}}
			c := contentOf(outer)
			_ = Walk(t.Context(), "outer", Detect(c), c, l, s)
			if len(s.texts["outer!inner.zip!a"]) != 4<<20 {
				s.unread = append(s.unread, "it was not read")
			}
			errs <- s.unread
		}()
	}
	for range 8 {
		if unread := <-errs; len(unread) > 0 {
			t.Error(unread)
		}
	}
	small := &Limits{Memory: 4 << 20, Walks: 1}
	s := watch(t, contentOf(outer), small)
	s.wantUnread(t, "outer!inner.zip: too-large")
}

// TestAllTogether: contents that come out of a small repository do not each have an allowance in proportion to themselves.
func TestAllTogether(t *testing.T) {
	content := gzipOf(t, make([]byte, 40<<20))
	for packed, want := range map[int64]bool{0: false, 1: true, 1 << 20: false} {
		var l Limits
		leave(&l, 0)
		l.Packed = packed
		s := &seen{texts: map[string]string{}, containers: map[string]string{}, raw: map[string]bool{}}
		for range 3 {
			c := contentOf(content)
			if err := Walk(t.Context(), "a.gz", gzip, c, &l, dropping{s}); err != nil {
				t.Fatal(err)
			}
		}
		if got := len(s.unread) > 0; got != want {
			t.Errorf("packed %d: not read %q", packed, s.unread)
		}
	}
}
