package archive

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// packed has a program pack the files of a folder into out, and returns what it made.
func packed(t *testing.T, dir, program string, args ...string) []byte {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Skip("not installed: ", program)
	}
	out := filepath.Join(dir, "out")
	_ = os.Remove(out)
	c := exec.Command(program, args...)
	c.Dir = dir
	if said, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%s %q: %v: %s", program, args, err, said)
	}
	content, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// TestSevenZip reads what 7z makes: each method, alone and behind filters, solid and not, with its list packed or not.
func TestSevenZip(t *testing.T) {
	dir := t.TempDir()
	program, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	program = program[:1<<20]
	files := map[string]string{"a.txt": strings.Repeat("text of a ", 5000), "b.txt": "text of b", "empty": "", "program": string(program), "ä€𝄞": "its name"}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, options := range []string{
		"-m0=LZMA", "-m0=LZMA2", "-m0=PPMd", "-m0=BZip2", "-m0=Deflate", "-m0=Copy", "-ms=off -mx=9", "-mhc=off", "-m0=Delta:4 -m1=LZMA2",
		"-m0=BCJ -m1=LZMA2", "-m0=BCJ2 -m1=LZMA:d20 -m2=LZMA:d19 -m3=LZMA:d19 -mb0:1 -mb0s1:2 -mb0s2:3", "-m0=ARM64 -m1=LZMA2",
	} {
		t.Run(options, func(t *testing.T) {
			content := packed(t, dir, "7z", append(strings.Fields("a -t7z "+options), "out.", "a.txt", "b.txt", "empty", "program", "ä€𝄞")...)
			s := look(t, content)
			if len(s.unread) > 0 {
				t.Error(s.unread)
			}
			for name, text := range files {
				if got := s.texts["outer!"+name]; got != text && (name != "program" || !strings.Contains(options, "BCJ -") && !strings.Contains(options, "ARM")) {
					t.Errorf("%s: %d bytes, not the %d there are", name, len(got), len(text))
				}
			}
			if len(s.names) != len(files) {
				t.Errorf("names %q", s.names)
			}
			cut := look(t, content[:len(content)-40])
			cut.wantUnread(t, "outer: corrupt")
			flipped := bytes.Clone(content)
			flipped[32+100] ^= 0x55
			if got := look(t, flipped); len(got.unread) == 0 && !strings.Contains(options, "BCJ -") && !strings.Contains(options, "ARM") {
				t.Error("damage is not named")
			}
		})
	}
	for _, option := range []string{"-mhe=on", "-mhe=off"} {
		content := packed(t, dir, "7z", "a", "-t7z", "-psecret", option, "out.", "a.txt", "b.txt")
		s := look(t, content)
		s.wantUnread(t, map[string]string{"-mhe=on": "outer: encrypted", "-mhe=off": "outer!a.txt: encrypted"}[option])
	}
}

// TestPrograms reads what the usual programs make.
func TestPrograms(t *testing.T) {
	for _, line := range []string{
		"xz -c a.txt > out", "xz -9e -c a.txt > out", "xz --check=sha256 -c a.txt > out", "xz --check=none -c a.txt > out", "xz --x86 --lzma2 -c a.txt > out",
		"xz --block-size=8192 -T2 -c a.txt > out", "xz --delta=dist=4 --lzma2 -c a.txt > out", "xz --format=lzma -c a.txt > out", "(xz -0 -c a.txt; xz -6 -c b.txt) > out",
		"zstd -q -c a.txt > out", "zstd -q -19 --long=27 -c a.txt > out", "zstd -q --ultra -22 -c < a.txt > out", "zstd -q --no-check -c a.txt > out",
		"lz4 -q -c a.txt > out", "lz4 -q -BD -9 -c a.txt > out", "lz4 -q -l -c a.txt > out", "bzip2 -c a.txt > out", "gzip -c a.txt > out", "gzip -c < a.txt > out",
		"(gzip -c a.txt; gzip -c b.txt) > out",
		"zip -q out.zip a.txt && mv out.zip out", "zip -q -0 out.zip a.txt && mv out.zip out", "cat a.txt | zip -q > out", "zip -q -Z bzip2 out.zip a.txt && mv out.zip out",
		"7z a -tzip -mm=LZMA out.zip a.txt && mv out.zip out", "7z a -tzip -mm=PPMd out.zip a.txt && mv out.zip out", "7z a -tzip -mm=Deflate64 out.zip a.txt && mv out.zip out",
		"zip -q -P secret out.zip a.txt && mv out.zip out",
		"tar cf out a.txt", "tar cf out --format=v7 a.txt", "tar cf out --format=pax a.txt", "tar cf out --format=gnu a.txt", "tar cJf out a.txt", "tar cf out --sparse a.txt",
		"ls a.txt | cpio -o -H bin > out", "ls a.txt | cpio -o -H crc > out", "ls a.txt | cpio -o -H odc > out", "ls a.txt | cpio -o -H tar > out",
		"ar qc out a.txt",
	} {
		t.Run(line, func(t *testing.T) {
			dir := t.TempDir()
			text := map[string]string{"a.txt": "head of a\n" + strings.Repeat("some text, and more\n", 3000), "b.txt": "text of b"}
			for name, text := range text {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			for _, program := range []string{"xz", "zstd", "lz4", "zip", "7z", "cpio", "bzip2", "ar"} {
				if strings.Contains(" "+line, " "+program+" ") || strings.Contains(line, "("+program+" ") {
					if _, err := exec.LookPath(program); err != nil {
						t.Skip("not installed: ", program)
					}
				}
			}
			content := packed(t, dir, "sh", "-c", line)
			s := look(t, content)
			if strings.Contains(s.textBelow("outer"), text["a.txt"]) && len(s.unread) == 0 {
				return
			}
			switch {
			case strings.Contains(line, "secret"):
				s.wantUnread(t, "outer!a.txt: encrypted")
			case strings.Contains(line, "PPMd"), strings.Contains(line, "Deflate64"):
				s.wantUnread(t, "outer!a.txt: unsupported")
			default:
				t.Errorf("not read: %q; texts %d; kind %q", s.unread, len(s.texts), fmt.Sprint(DetectBytes(content)))
			}
		})
	}
}
