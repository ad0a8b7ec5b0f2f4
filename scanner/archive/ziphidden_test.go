package archive

import (
	stdzip "archive/zip"
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"strings"
	"testing"
)

// entryOf makes a zip file's part in front of the directory: one entry with its local header.
func entryOf(t *testing.T, name, text string) []byte {
	t.Helper()
	whole := zipOf(t, stdzip.Deflate, file{name, text})
	return whole[:bytes.Index(whole, []byte(zipCentralMagic))]
}

// endOf makes an end record of a directory.
func endOf(count, size, offset int, comment []byte) []byte {
	end := make([]byte, zipEndLength, zipEndLength+len(comment))
	copy(end, zipEndMagic)
	le := binary.LittleEndian
	le.PutUint16(end[8:], uint16(count))
	le.PutUint16(end[10:], uint16(count))
	le.PutUint32(end[12:], uint32(size))
	le.PutUint32(end[16:], uint32(offset))
	le.PutUint16(end[20:], uint16(len(comment)))
	return append(end, comment...)
}

// TestZipHiddenByDirectory has entries where the file says that its directory lies, and behind it.
func TestZipHiddenByDirectory(t *testing.T) {
	hidden := entryOf(t, "hidden", "secret")
	listed := zipOf(t, stdzip.Deflate, file{"a", "one"})
	central, end := bytes.Index(listed, []byte(zipCentralMagic)), bytes.LastIndex(listed, []byte(zipEndMagic))
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	look(t, join(hidden, endOf(0, len(hidden), 0, nil))).want(t, "outer!hidden", "secret")
	for name, content := range map[string][]byte{
		"behind the last entry of the directory": join(listed[:end], hidden, endOf(1, end-central+len(hidden), central, nil)),
		"behind the end record":                  join(listed, hidden),
		"in the comment":                         join(listed[:end], endOf(1, end-central, central, hidden)),
	} {
		t.Run(name, func(t *testing.T) {
			look(t, content).want(t, "outer!hidden", "secret", "outer!a", "one")
		})
	}
}

// TestZipHiddenBehindStored has a hidden entry behind another that is stored and does not say how long it is.
func TestZipHiddenBehindStored(t *testing.T) {
	streamed := make([]byte, zipLocalLength)
	copy(streamed, zipLocalMagic)
	binary.LittleEndian.PutUint16(streamed[6:], zipDescriptorFlag)
	binary.LittleEndian.PutUint16(streamed[26:], 1)
	content := append(append(streamed, "s"+"stored text"...), entryOf(t, "hidden", "secret")...)
	content = append(content, zipOf(t, stdzip.Deflate, file{"a", "one"})...)
	look(t, content).want(t, "outer!s", "stored text", "outer!hidden", "secret", "outer!a", "one")
}

// TestZipTwoTruths has an entry of which the directory says that it is stored and empty, and its own header that it is packed.
func TestZipTwoTruths(t *testing.T) {
	text := "secret"
	content := zipRaw(t, stdzip.Deflate, text)
	central := bytes.Index(content, []byte(zipCentralMagic))
	le := binary.LittleEndian
	le.PutUint16(content[central+10:], 0)
	for _, at := range []int{16, 20, 24} {
		le.PutUint32(content[central+at:], 0)
	}
	look(t, content).want(t, "outer!m", text)
}

// zipRaw makes a zip file of one member whose local header knows the sizes.
func zipRaw(t *testing.T, method uint16, text string) []byte {
	t.Helper()
	packed := []byte(deflated(t, text))
	packed = packed[2 : len(packed)-4] // as zlib has it, without its head and sum
	var b bytes.Buffer
	w := stdzip.NewWriter(&b)
	m, err := w.CreateRaw(&stdzip.FileHeader{
		Name: "m", Method: method, CRC32: crc32.ChecksumIEEE([]byte(text)),
		CompressedSize64: uint64(len(packed)), UncompressedSize64: uint64(len(text)),
	})
	if err == nil {
		_, err = m.Write(packed)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// The last end of a zip file counts, whatever looks like one in front of it.
func TestTheLastZipEndCounts(t *testing.T) {
	end := func(comment string) string {
		return zipEndMagic + strings.Repeat("\x00", 16) + string(binary.LittleEndian.AppendUint16(nil, uint16(len(comment)))) + comment
	}
	for tail, want := range map[string]bool{
		end(""): true, "text" + end("a comment"): true, zipEndMarks + end(""): true, zipEndMagic + end(""): true, end("x") + end(""): true,
		end(zipEndMarks): true, end("XX" + zipEndMarks): true, zipLetters + end(zipLetters): true, end("short") + "y": false, end("")[:21]: false,
		zipEndMarks + strings.Repeat("\x00", 20): false, end(zipEndMagic): false, "": false,
	} {
		if got := endsAsZip([]byte(tail)); got != want {
			t.Errorf("%q: %v, want %v", tail, got, want)
		}
	}
}
