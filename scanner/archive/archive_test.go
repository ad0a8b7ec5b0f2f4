package archive

import (
	stdzip "archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"

	kzstd "github.com/klauspost/compress/zstd"
	plz4 "github.com/pierrec/lz4/v4"
	uxz "github.com/ulikunitz/xz"

	"skleak/scanner/archive/internal/bound"
	"skleak/scanner/scantest"
)

// seen collects what a walk tells.
type seen struct {
	texts      map[string]string // by path
	containers map[string]string // the same
	names      []string
	raw        map[string]bool
	unread     []string // "path: reason"
}

func (s *seen) Name(p Place, name string) error {
	s.names = append(s.names, name)
	return nil
}

func (s *seen) Text(p Place, r io.Reader) error {
	all, _ := io.ReadAll(r)
	s.texts[p.Path] += string(all)
	s.containers[p.Path] = p.Container
	return nil
}

func (s *seen) Raw(p Place, r io.Reader) error {
	_, _ = io.Copy(io.Discard, r)
	s.raw[p.Path] = true
	return nil
}

func (s *seen) Unread(p Place, reason string, err error) {
	s.unread = append(s.unread, fmt.Sprintf("%s: %s: %v", p.Path, reason, err))
}

func contentOf(b []byte) Content { return Content{ReaderAt: bytes.NewReader(b), Size: int64(len(b))} }

func look(t *testing.T, content []byte) *seen {
	t.Helper()
	s := &seen{texts: map[string]string{}, containers: map[string]string{}, raw: map[string]bool{}}
	c := contentOf(content)
	if k := Detect(c); k != None {
		if err := Walk(t.Context(), "outer", k, c, &Limits{}, s); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// want fails unless the walk told of these texts, given as path and text in turn, and of nothing unread.
func (s *seen) want(t *testing.T, texts ...string) {
	t.Helper()
	for i := 0; i < len(texts); i += 2 {
		if got := s.texts[texts[i]]; got != texts[i+1] {
			t.Errorf("%s: text %.60q, want %.60q", texts[i], got, texts[i+1])
		}
	}
	if len(s.texts) != len(texts)/2 {
		t.Errorf("%d texts, want %d", len(s.texts), len(texts)/2)
	}
	if len(s.unread) > 0 {
		t.Errorf("not read: %q", s.unread)
	}
}

// wantUnread fails unless something was named with a place and reason that begin so.
func (s *seen) wantUnread(t *testing.T, begins string) {
	t.Helper()
	if !slices.ContainsFunc(s.unread, func(u string) bool { return strings.HasPrefix(u, begins) }) {
		t.Errorf("not read: %q, want one that begins %q", s.unread, begins)
	}
}

type file struct{ name, text string }

func (f file) member(stored bool) scantest.Member {
	return scantest.Member{Name: f.name, Text: f.text, Stored: stored}
}

func zipOf(t *testing.T, method uint16, files ...file) []byte {
	t.Helper()
	var members []scantest.Member
	for _, f := range files {
		members = append(members, f.member(method == stdzip.Store))
	}
	return []byte(scantest.Zip(t, members...))
}

func tarOf(t *testing.T, files ...file) []byte {
	t.Helper()
	var members []scantest.Member
	for _, f := range files {
		members = append(members, f.member(false))
	}
	return []byte(scantest.Tar(t, members...))
}

func gzipOf(t *testing.T, content []byte) []byte {
	t.Helper()
	return []byte(scantest.Gzip(t, string(content)))
}

func TestZip(t *testing.T) {
	files := []file{{"a.txt", "one"}, {"d/b.txt", strings.Repeat("two ", 100_000)}, {"empty", ""}}
	for _, method := range []uint16{stdzip.Store, stdzip.Deflate} {
		whole := zipOf(t, method, files...)
		for name, content := range map[string][]byte{
			"plain":        whole,
			"data before":  append([]byte("#!/bin/sh\nexit\n"), whole...),
			"no directory": whole[:bytes.Index(whole, []byte(zipCentralMagic))],
		} {
			t.Run(fmt.Sprint(name, method), func(t *testing.T) {
				s := look(t, content)
				if name == "no directory" {
					s.wantUnread(t, "outer: corrupt")
					s.unread = nil
				}
				if name == "no directory" && method == stdzip.Store {
					return // a stored entry whose size stands behind it has no end that can be told
				}
				s.want(t, "outer!a.txt", "one", "outer!d/b.txt", files[1].text)
			})
		}
	}
}

// TestZipHidden has an entry that the directory does not list.
func TestZipHidden(t *testing.T) {
	hidden, listed := zipOf(t, stdzip.Deflate, file{"hidden", "secret"}), zipOf(t, stdzip.Deflate, file{"a", "one"})
	entry := hidden[:bytes.Index(hidden, []byte(zipCentralMagic))]
	look(t, append(slices.Clone(entry), listed...)).want(t, "outer!hidden", "secret", "outer!a", "one")
}

func TestZipDamage(t *testing.T) {
	whole := zipOf(t, stdzip.Store, file{"a", "first text"}, file{"b", "second text"})
	flipped := slices.Clone(whole)
	flipped[bytes.Index(whole, []byte("first"))] ^= 1
	s := look(t, flipped)
	s.wantUnread(t, "outer!a: corrupt")
	if s.texts["outer!b"] != "second text" {
		t.Errorf("the other member was not read: %q", s.texts)
	}
	locked := slices.Clone(whole)
	central := bytes.Index(locked, []byte(zipCentralMagic))
	binary.LittleEndian.PutUint16(locked[central+8:], zipEncryptedFlag)
	look(t, locked).wantUnread(t, "outer!a: encrypted")
	strange := slices.Clone(whole)
	binary.LittleEndian.PutUint16(strange[central+10:], 98)
	look(t, strange).wantUnread(t, "outer!a: unsupported")
}

func TestCompressed(t *testing.T) {
	text := strings.Repeat("some text, ", 50_000)
	pack := func(open func(io.Writer) (io.WriteCloser, error)) []byte {
		var b bytes.Buffer
		w, err := open(&b)
		if err == nil {
			_, err = io.WriteString(w, text)
		}
		if err == nil {
			err = w.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	contents := map[string][]byte{
		"gzip": gzipOf(t, []byte(text)),
		"xz":   pack(func(w io.Writer) (io.WriteCloser, error) { return uxz.NewWriter(w) }),
		"zstd": pack(func(w io.Writer) (io.WriteCloser, error) { return kzstd.NewWriter(w) }),
		"lz4":  pack(func(w io.Writer) (io.WriteCloser, error) { return plz4.NewWriter(w), nil }),
	}
	if packed := runOn(t, text, "bzip2", "-c"); packed != nil {
		contents["bzip2"] = packed
	}
	for name, content := range contents {
		t.Run(name, func(t *testing.T) {
			look(t, content).want(t, "outer", text)
			look(t, append(slices.Clone(content), content...)).want(t, "outer", text+text)
			s := look(t, content[:len(content)-3])
			s.wantUnread(t, "outer: corrupt")
		})
	}
}

// runOn packs a text with a program, nil where there is none.
func runOn(t *testing.T, text, program string, args ...string) []byte {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		return nil
	}
	c := exec.Command(program, args...)
	c.Stdin = strings.NewReader(text)
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%s: %v", program, err)
	}
	return out
}

func TestTar(t *testing.T) {
	whole := tarOf(t, file{"a.txt", "one"}, file{strings.Repeat("long/", 60) + "b", "two"})
	want := []string{"outer!a.txt", "one", "outer!" + strings.Repeat("long/", 60) + "b", "two"}
	look(t, whole).want(t, want...)
	look(t, gzipOf(t, whole)).want(t, want...)
	look(t, append(slices.Clone(whole), "behind"...)).want(t, append(want, "outer!(behind the end)", "behind")...)
	s := look(t, whole[:len(whole)-1024-512])
	s.wantUnread(t, "outer!")
}

// TestImage has an image as docker saves it: each layer is named by its number.
func TestImage(t *testing.T) {
	lower, upper := tarOf(t, file{"etc/key", "deleted later"}), gzipOf(t, tarOf(t, file{"etc/.wh.key", ""}, file{"app", "text"}))
	image := tarOf(t, file{"a/layer.tar", string(lower)}, file{"b/layer.tar", string(upper)},
		file{"manifest.json", `[{"Config":"c.json","Layers":["a/layer.tar","b/layer.tar"]}]`})
	s := look(t, image)
	s.wantIn(t, "outer!a/layer.tar!etc/key", "deleted later")
	if got := s.containers["outer!a/layer.tar!etc/key"] + ", " + s.containers["outer!b/layer.tar!app"]; got != "layer 1 of 2, layer 2 of 2" {
		t.Errorf("containers %q", got)
	}
}

func TestNested(t *testing.T) {
	content := []byte("the text")
	path := ""
	for range MaxDepth {
		content = zipOf(t, stdzip.Deflate, file{"m", string(content)})
		path += "!m"
	}
	look(t, content).want(t, "outer"+path, "the text")
	deeper := zipOf(t, stdzip.Deflate, file{"m", string(content)})
	s := look(t, deeper)
	s.wantUnread(t, "outer"+path+": too-large")
}

// TestBomb has 64 MB of zeros, 4,096 times over, in 30 kB.
func TestBomb(t *testing.T) {
	zeros := make([]byte, 64<<20)
	content := gzipOf(t, zeros)
	for range 3 {
		var files []file
		for i := range 16 {
			files = append(files, file{fmt.Sprint(i), string(content)})
		}
		content = zipOf(t, stdzip.Deflate, files...)
	}
	l := &Limits{}
	leave(l, 256<<20)
	s := &seen{texts: map[string]string{}, containers: map[string]string{}, raw: map[string]bool{}}
	drop := dropping{s}
	c := contentOf(content)
	if err := Walk(t.Context(), "outer", Detect(c), c, l, drop); err != nil {
		t.Fatal(err)
	}
	if len(s.unread) != 1 || !strings.HasPrefix(s.unread[0], "outer: too-large") {
		t.Errorf("a bomb is named as %q", s.unread)
	}
}

// leave spends a scan's allowance but for so many bytes.
func leave(l *Limits, left int) {
	_ = l.Budget(0).Charge(bound.AllowedBytes - left) // it is as good as spent, which is what is wanted
}

type dropping struct{ *seen }

func (d dropping) Text(p Place, r io.Reader) error {
	_, _ = io.Copy(io.Discard, r)
	return nil
}
