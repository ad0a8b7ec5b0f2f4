package build

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCheck(t *testing.T) {
	dir := t.TempDir()
	program, sums := filepath.Join(dir, "program"), filepath.Join(dir, "sums")
	write(t, program, "bytes of a program")
	own := fmt.Sprintf("%x", sha256.Sum256([]byte("bytes of a program")))
	other := strings.Repeat("0f", 32)
	for _, c := range []struct {
		text, name, trouble string
	}{
		{other + "  other\n" + own + "  skleak_linux_amd64\n", "skleak_linux_amd64", ""},
		{own + " *binary", "binary", ""},
		{strings.ToUpper(own) + "  upper\r\n", "upper", ""},
		{"SHA256 (a file) = " + own + "\n", "a file", ""},
		{other + "  other\n", "", "none of the 1 in"},
		{"", "", "has no SHA-256 checksum"},
		{"# " + own + "  a comment\n", "", "has no SHA-256 checksum"},
		{own + "\n", "", "has no SHA-256 checksum"},
		{own + "00  longer\n", "", "has no SHA-256 checksum"},
		{own[:63] + "  shorter\n", "", "has no SHA-256 checksum"},
		{strings.Repeat("x", maxSums+1), "", "too large for"},
	} {
		write(t, sums, c.text)
		name, err := Check(program, sums)
		if name != c.name || (err == nil) != (c.trouble == "") || err != nil && !strings.Contains(err.Error(), c.trouble) {
			t.Errorf("%.100q: name %q, error %v, want %q, %q", c.text, name, err, c.name, c.trouble)
		}
	}
	if _, err := Check(program, filepath.Join(dir, "missing")); err == nil {
		t.Error("a file that is not there is no error")
	}
	if _, err := Check(filepath.Join(dir, "missing"), sums); err == nil {
		t.Error("a program that is not there is no error")
	}
}

// One changed byte anywhere is noticed.
func TestCheckOfAChangedProgram(t *testing.T) {
	dir := t.TempDir()
	program, sums := filepath.Join(dir, "program"), filepath.Join(dir, "sums")
	text := []byte("bytes of a program")
	write(t, sums, fmt.Sprintf("%x  program\n", sha256.Sum256(text)))
	for i := range text {
		text[i] ^= 1
		write(t, program, string(text))
		text[i] ^= 1
		if name, err := Check(program, sums); err == nil {
			t.Errorf("byte %d changed: taken for %s", i, name)
		}
	}
}

func TestProgramIsWhatRuns(t *testing.T) {
	program, err := Program()
	if err != nil {
		t.Fatal(err)
	}
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	a, err1 := digestOf(program)
	b, err2 := digestOf(path)
	if a != b || err1 != nil || err2 != nil {
		t.Errorf("%s has %s (%v), %s has %s (%v)", program, a, err1, path, b, err2)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
