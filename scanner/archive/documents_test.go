package archive

import (
	stdzip "archive/zip"
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// textBelow joins all texts whose place begins so.
func (s *seen) textBelow(place string) string {
	var all strings.Builder
	for p, text := range s.texts {
		if strings.HasPrefix(p, place) {
			all.WriteString(text + "\n")
		}
	}
	return all.String()
}

func (s *seen) wantIn(t *testing.T, place, text string) {
	t.Helper()
	if got := s.textBelow(place); !strings.Contains(got, text) {
		t.Errorf("%s has no %q but %.300q; not read: %q", place, text, got, s.unread)
	}
}

func TestOfficeRuns(t *testing.T) {
	doc := `<?xml version="1.0"?><w:document><w:body><w:p><w:r><w:t>split</w:t></w:r><w:proofErr/><w:r><w:t xml:space="preserve">_over&amp;</w:t></w:r>` +
		`<w:r><w:t>runs</w:t></w:r></w:p><w:p><w:r><w:t>next</w:t></w:r></w:p></w:body></w:document>`
	content := zipOf(t, stdzip.Deflate, file{"[Content_Types].xml", "<Types/>"}, file{"word/document.xml", doc})
	s := look(t, content)
	s.wantIn(t, "outer!word/document.xml", "split_over&runs\n")
	if !s.raw["outer!word/document.xml"] {
		t.Error("the XML itself was not handed over")
	}
	if len(s.unread) > 0 {
		t.Error(s.unread)
	}
}

// deflated packs a text as PDF does.
func deflated(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestPDF(t *testing.T) {
	page := `BT /F1 12 Tf 72 700 Td [(spl) -20 (it_o)] TJ 5 0 Td (ver \(runs\)) Tj 0 -14 Td <6e657874> Tj ET`
	packed := deflated(t, page)
	content := fmt.Sprintf("%%PDF-1.7\n1 0 obj\n<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream\nendobj\n"+
		"2 0 obj\n<< /Length 5 >>\nstream\nplain\nendstream\nendobj\ntrailer\n<<>>\n%%%%EOF", len(packed), packed)
	s := look(t, []byte(content))
	s.wantIn(t, "outer!(stream 1)", "split_over (runs)\nnext")
	if len(s.unread) > 0 {
		t.Error(s.unread)
	}
	s = look(t, []byte("%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<< /Encrypt 5 0 R >>\n"))
	s.wantUnread(t, "outer: encrypted")
	s = look(t, []byte(strings.Replace(content, packed[2:8], "\xff\xff\xff\xff\xff\xff", 1)))
	s.wantUnread(t, "outer!(stream 1): corrupt")
	s = look(t, []byte(strings.Replace(content, "/FlateDecode", "/NoSuchDecode", 1)))
	s.wantUnread(t, "outer!(stream 1): unsupported")
}

func TestMail(t *testing.T) {
	body := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("hidden text ", 20)))
	var folded strings.Builder
	for i := 0; i < len(body); i += 60 {
		folded.WriteString(body[i:min(i+60, len(body))] + "\r\n")
	}
	message := "Return-Path: <a@example.com>\r\nSubject: hello\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"b\"\r\n\r\n" +
		"--b\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nsoft=\r\nbreak=3D\r\n" +
		"--b\r\nContent-Type: application/octet-stream; name=x\r\nContent-Disposition: attachment; filename=\"x.txt\"\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
		folded.String() + "--b--\r\n"
	s := look(t, []byte(message))
	s.wantIn(t, "outer!x.txt", "hidden text hidden text")
	s.wantIn(t, "outer!(part 1)", "softbreak=")
	box := "From a@example.com Mon Jan  1 00:00:00 2026\n" + strings.ReplaceAll(message, "\r\n", "\n") +
		"\nFrom b@example.com Mon Jan  1 00:00:00 2026\n" + strings.ReplaceAll(strings.ReplaceAll(message, "\r\n", "\n"), "x.txt", "y.txt")
	look(t, []byte(box)).wantIn(t, "outer!y.txt", "hidden text")
}

// TestSQLite reads what the sqlite3 program wrote: rows over overflow pages, rows that were deleted, and its log.
func TestSQLite(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3, whose sqlite3 writes the database")
	}
	dir := t.TempDir()
	script := `
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("pragma page_size=512"); db.execute("pragma secure_delete=off")
db.execute("create table t(a text, b text, c blob)")
db.execute("insert into t values(?,?,?)", ("first", "second", b"third"))
db.execute("insert into t values(?,?,?)", ("x"*3000 + "long value end", "behind", None))
db.execute("insert into t values(?,?,?)", ("y"*2000 + "deleted value", "gone", None))
db.execute("create index i on t(b)")
db.commit()
db.execute("delete from t where b='gone'"); db.commit()
`
	name := filepath.Join(dir, "a.db")
	if out, err := exec.Command(python, "-c", script, name).CombinedOutput(); err != nil {
		t.Skipf("python3 writes no database: %v: %s", err, out)
	}
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	s := look(t, content)
	s.wantIn(t, "outer!(rows)", "first\nsecond\nthird\n")
	s.wantIn(t, "outer!(rows)", "xlong value end\nbehind\n")
}

// TestUnix reads what ar and cpio wrote.
func TestUnix(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"a.txt": "text of a", "a_name_of_more_than_sixteen_letters.txt": "text of the long name"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for program, line := range map[string]string{
		"ar": "ar qc out *.txt", "cpio": "ls *.txt | cpio -o -H newc > out", "odc": "ls *.txt | cpio -o -H odc > out",
		"7z": "7z a out.7z *.txt && mv out.7z out", "rar": "rar a out.rar *.txt && mv out.rar out",
	} {
		t.Run(program, func(t *testing.T) {
			if _, err := exec.LookPath(strings.Replace(program, "odc", "cpio", 1)); err != nil {
				t.Skip("not installed")
			}
			c := exec.Command("sh", "-c", line)
			c.Dir = dir
			if out, err := c.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			content, err := os.ReadFile(filepath.Join(dir, "out"))
			_ = os.Remove(filepath.Join(dir, "out"))
			if err != nil {
				t.Fatal(err)
			}
			look(t, content).want(t, "outer!a.txt", "text of a", "outer!a_name_of_more_than_sixteen_letters.txt", "text of the long name")
		})
	}
}
