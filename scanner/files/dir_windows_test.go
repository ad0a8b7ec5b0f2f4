package files

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestNamesOfWindows: a folder is the same one by each of its names, and a path may be longer than what Windows took once.
func TestNamesOfWindows(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "Folder")
	long := filepath.Join(dir, filepath.Join(strings.Split(strings.Repeat("a folder with a long name/", 14)+"x", "/")...))
	if err := os.MkdirAll(filepath.Dir(long), 0o700); err != nil {
		t.Fatal(err)
	}
	if len(long) < 300 {
		t.Fatalf("the path has only %d characters", len(long))
	}
	write(t, dir, map[string]string{"crlf.txt": "one\r\nkey = " + key(1) + "\r\n"})
	if err := os.WriteFile(long, []byte(key(2)), 0o600); err != nil {
		t.Fatal(err)
	}
	rel, err := filepath.Rel(dir, long)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{dir, filepath.ToSlash(dir), strings.ToUpper(dir), strings.ToLower(dir), dir + `\`, `\\?\` + dir} {
		c, _, cov := scan(t, name, Options{})
		wantLines(t, "findings of "+name, c.lines(), filepath.ToSlash(rel)+":1:1-1:35", "crlf.txt:2:7-2:41")
		wantUnreadable(t, cov)
	}
}

// TestLockedFile: a file that another program keeps to itself is named, and the others are read.
func TestLockedFile(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"locked.txt": key(1), "open.txt": key(2)})
	name, err := syscall.UTF16PtrFromString(filepath.Join(dir, "locked.txt"))
	if err != nil {
		t.Fatal(err)
	}
	const sharedWithNobody = 0
	locked, err := syscall.CreateFile(name, syscall.GENERIC_READ, sharedWithNobody, nil, syscall.OPEN_EXISTING, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.CloseHandle(locked)
	c, _, cov := scan(t, dir, Options{})
	wantLines(t, "findings", c.lines(), "open.txt:1:1-1:35")
	wantUnreadable(t, cov, "unreadable-file locked.txt")
}
