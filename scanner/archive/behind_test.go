package archive

import (
	stdzip "archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"

	kgzip "github.com/klauspost/compress/gzip"
	kzstd "github.com/klauspost/compress/zstd"
	plz4 "github.com/pierrec/lz4/v4"
)

// TestBehindScript has scripts that unpack what stands behind them.
func TestBehindScript(t *testing.T) {
	const text = "#!/bin/sh\ntail -n +4 \"$0\" | tar xz\nexit 0\n"
	packed := gzipOf(t, tarOf(t, file{"m", "secret"}))
	look(t, append([]byte(text), packed...)).want(t, "outer!(behind the script)!m", "secret")
	in64 := base64.StdEncoding.EncodeToString(gzipOf(t, []byte("hidden text, and more of it that packs to so many letters: 0123456789 abcdefghijklmnopqrstuvwxyz")))
	s := look(t, append([]byte(text+"data='"+in64+"'\n"), packed...))
	s.wantIn(t, "outer!(behind the script)!m", "secret")
	s.wantIn(t, "outer!(base64 in line 4)", "hidden text")
	for _, plain := range []string{text, text + "é ä \x1b[0m\n", "#!", text + strings.Repeat("\n", 2000)} {
		if k := DetectBytes([]byte(plain)); k != None {
			t.Errorf("%q is taken for %s", plain, k)
		}
	}
	look(t, []byte(text+"\x00\x01\x02")).want(t)
}

// TestBehindOthers has archives behind other contents, and behind containers of other kinds.
func TestBehindOthers(t *testing.T) {
	archive := zipOf(t, stdzip.Deflate, file{"m", "secret"})
	program := append([]byte("MZ"+strings.Repeat("\x00\x01", 1000)), archive...)
	look(t, program).want(t, "outer!m", "secret")
	pdf := fmt.Sprintf("%%PDF-1.7\n1 0 obj\n<< /Length 5 >>\nstream\nplain\nendstream\nendobj\ntrailer\n<<>>\n%%%%EOF\n%s", archive)
	look(t, []byte(pdf)).wantIn(t, "outer!m", "secret")
	look(t, zipOf(t, stdzip.Deflate, file{"a.pdf", pdf})).wantIn(t, "outer!a.pdf!m", "secret")
	// In another container, where nobody reads a second time, they are named.
	look(t, tarOf(t, file{"a.exe", string(program)})).wantUnread(t, "outer!a.exe: unsupported")
	look(t, gzipOf(t, program)).wantUnread(t, "outer: unsupported")
	run := "#!/bin/sh\nexit 0\n" + string(gzipOf(t, []byte("secret")))
	look(t, tarOf(t, file{"a.run", run})).wantUnread(t, "outer!a.run: unsupported")
}

// TestBlanksInFront has what programs read over.
func TestBlanksInFront(t *testing.T) {
	pdf := fmt.Sprintf("%%PDF-1.7\n1 0 obj\n<< /Length 9 >>\nstream\n(secret)Tj\nendstream\nendobj\n")
	for _, before := range []string{"\xef\xbb\xbf", "\r\n", " \x00\n"} {
		look(t, []byte(before+pdf)).wantIn(t, "outer!(stream 1)", "secret")
	}
}

// TestDamagedBeginnings has beginnings that are damaged: what cannot be read is named.
func TestDamagedBeginnings(t *testing.T) {
	whole := tarOf(t, file{"m.gz", string(gzipOf(t, []byte("secret")))}, file{"n", "other text"})
	whole[0] ^= 1
	s := look(t, whole)
	s.wantUnread(t, "outer: corrupt")
	s.wantIn(t, "outer!(behind the damage)", "secret")
	s = look(t, gzipOf(t, slices.Concat(tarOf(t, file{"a", "one"})[:1024], whole)))
	s.wantUnread(t, "outer: corrupt")
	s.wantIn(t, "outer!(behind the damage)", "secret")
	if packed := runOn(t, strings.Repeat("some text, ", 50), "bzip2", "-c"); packed != nil {
		for at := 4; at < 10; at++ {
			damaged := bytes.Clone(packed)
			damaged[at] ^= 0xff
			look(t, damaged).wantUnread(t, "outer: corrupt")
		}
		empty := runOn(t, "", "bzip2", "-c")
		look(t, slices.Concat(empty, packed)).want(t, "outer", strings.Repeat("some text, ", 50))
	}
	for _, text := range []string{"BZh9 is how it begins", "BZh", "BZh91AY&S"} {
		if k := DetectBytes([]byte(text)); k != None {
			t.Errorf("%q is taken for %s", text, k)
		}
	}
}

// TestSkippableInFront has a frame in front that decoders pass over, as pzstd writes it.
func TestSkippableInFront(t *testing.T) {
	text := strings.Repeat("some text, ", 500)
	var packed bytes.Buffer
	w, err := kzstd.NewWriter(&packed, kzstd.WithWindowSize(8<<20))
	if err == nil {
		_, err = w.Write([]byte(text))
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{0, 4, 600} {
		frame := "\x50\x2a\x4d\x18" + string(binary.LittleEndian.AppendUint32(nil, uint32(size))) + strings.Repeat("x", size)
		look(t, []byte(frame+packed.String())).want(t, "outer", text)
		look(t, []byte(frame+frame+packed.String())).want(t, "outer", text)
	}
	lz := "\x5f\x2a\x4d\x18\x01\x00\x00\x00x"
	var b bytes.Buffer
	l := plz4.NewWriter(&b)
	if _, err := l.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	look(t, []byte(lz+b.String())).want(t, "outer", text)
}

// TestGzipHeader has texts in the header of a gzip file that lies in another container.
func TestGzipHeader(t *testing.T) {
	var b bytes.Buffer
	w := kgzip.NewWriter(&b)
	w.Name, w.Comment, w.Extra = "a name", "a comment", []byte("and more")
	if _, err := w.Write([]byte("text")); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	s := look(t, tarOf(t, file{"m.gz", b.String()}))
	s.want(t, "outer!m.gz", "text")
	if !slices.Contains(s.names, "a name\na comment\nand more") {
		t.Errorf("names %q", s.names)
	}
}
