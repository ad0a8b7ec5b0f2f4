package odb

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Both ways of opening agree on what can be an object and on what it holds.
func TestOpenEitherWay(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	content := strings.Repeat("content ", 5000)
	for name, text := range map[string]string{"file": content, "empty": ""} {
		if err := os.WriteFile(at(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(at("folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("file", at("link")); err != nil {
		t.Skip(err)
	}
	want := map[string]error{"file": nil, "empty": nil, "folder": errNotRegular, "link": errLink, "absent": fs.ErrNotExist}
	for way, open := range map[string]func(string) (regular, error){"raw": openRegular, "plain": openPlainly} {
		for name, wantErr := range want {
			f, err := open(at(name))
			if !errors.Is(err, wantErr) {
				t.Errorf("%s: opening %s: %v, want %v", way, name, err, wantErr)
			}
			if err != nil {
				continue
			}
			got, err := readUpTo(f, nil, 1<<20)
			if whole, _ := os.ReadFile(at(name)); err != nil || string(got) != string(whole) || f.size() != int64(len(whole)) {
				t.Errorf("%s: %d bytes of %s, %v", way, len(got), name, err)
			}
			if f.Close() != nil {
				t.Errorf("%s: closing %s", way, name)
			}
		}
	}
}
