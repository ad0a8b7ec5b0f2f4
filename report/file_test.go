package report

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// names lists what a directory holds.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

func TestWriteFile(t *testing.T) {
	r := recordedReport(t)
	for _, f := range formats {
		dir := t.TempDir()
		path := filepath.Join(dir, "report"+f.extension)
		for _, before := range []string{"", "an old report", strings.Repeat("x", 1<<20)} {
			if before != "" {
				if err := os.WriteFile(path, []byte(before), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if err := WriteFile(path, r, f.name, Options{}); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(content(t, path), written(t, r, f.name, Options{})) {
				t.Errorf("%s: the file differs from the report", f.name)
			}
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
				t.Errorf("%s: mode %v", f.name, info.Mode())
			}
			if n := names(t, dir); len(n) != 1 {
				t.Errorf("%s: left behind: %v", f.name, n)
			}
		}
	}
}

func TestWriteFileRefuses(t *testing.T) {
	dir := t.TempDir()
	tests := map[string]struct{ path, hint string }{
		"a directory that does not exist": {filepath.Join(dir, "none", "a.json"), "make it first"},
		"a directory":                     {dir, "name a file in it"},
		"a file as directory":             {filepath.Join(dir, "file", "a.json"), ""},
	}
	if err := os.WriteFile(filepath.Join(dir, "file"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range tests {
		err := WriteFile(test.path, &Report{}, FormatJSON, Options{})
		if err == nil || !strings.Contains(err.Error(), test.hint) || !strings.Contains(err.Error(), test.path) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := names(t, dir); len(n) != 1 {
		t.Errorf("left behind: %v", n)
	}
}

// TestWriteFileKeepsTheOldOne when the new one cannot be written.
func TestWriteFileKeepsTheOldOne(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.json")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(path, &Report{}, "no format", Options{}); err == nil {
		t.Error("no error")
	}
	if got := string(content(t, path)); got != "old" || len(names(t, dir)) != 1 {
		t.Errorf("the file holds %q, the directory %v", got, names(t, dir))
	}
}

func TestWriteFileRefusesSymlinks(t *testing.T) {
	dir := t.TempDir()
	target := filepath.Join(dir, "target")
	if err := os.WriteFile(target, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, to := range map[string]string{"link": target, "dangling": filepath.Join(dir, "none"),
		"loop": filepath.Join(dir, "loop")} {
		link := filepath.Join(dir, name)
		if err := os.Symlink(to, link); err != nil {
			t.Skipf("no symbolic links here: %v", err)
		}
		if err := WriteFile(link, &Report{}, FormatJSON, Options{}); err == nil ||
			!strings.Contains(err.Error(), "symbolic link") {
			t.Errorf("%s: %v", name, err)
		}
		if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
			t.Errorf("%s: the link is gone", name)
		}
	}
	if got := string(content(t, target)); got != "precious" || len(names(t, dir)) != 4 {
		t.Errorf("the target holds %q, the directory %v", got, names(t, dir))
	}
}
