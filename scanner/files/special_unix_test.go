//go:build unix

package files

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func fifo(t *testing.T, path string) {
	t.Helper()
	if err := unix.Mkfifo(path, 0o666); err != nil {
		t.Fatal(err)
	}
}

func socket(t *testing.T, path string) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := unix.Bind(fd, &unix.SockaddrUnix{Name: path}); err != nil {
		t.Skipf("this system binds no socket at %d characters: %v", len(path), err)
	}
}

// TestSpecialFiles would hang if one of them were opened for reading and waited for.
func TestSpecialFiles(t *testing.T) {
	root := t.TempDir()
	write(t, root, map[string]string{"file": key(1)})
	fifo(t, filepath.Join(root, "fifo-"+key(2)))
	t.Chdir(root) // the path of a socket is short
	socket(t, "socket")
	c, _, cov := scan(t, root, Options{})
	if len(c.findings) != 2 || c.findings[0].Line != 0 || c.findings[1].Path != "file" {
		t.Errorf("findings: %v", c.lines())
	}
	wantSkipped(t, cov, "special 2")
	wantUnreadable(t, cov)
	_, _, cov = scan(t, os.DevNull, Options{})
	wantSkipped(t, cov, "special 1")
}

// TestSwapped has other things stand where the walk saw a regular file.
func TestSwapped(t *testing.T) {
	root := t.TempDir()
	write(t, root, map[string]string{"folder/x": "", "target": key(1)})
	fifo(t, filepath.Join(root, "fifo"))
	symlink(t, "target", filepath.Join(root, "link"))
	symlink(t, "link", filepath.Join(root, ".gitignore"))
	tests := []struct {
		name       string
		skipped    []string
		unreadable []string
	}{
		{"folder", []string{"special 1"}, nil},
		{"fifo", []string{"special 1"}, nil},
		{"link", nil, []string{"unreadable-file link"}},
		{"gone", nil, []string{"unreadable-file gone"}},
	}
	for _, test := range tests {
		r := newRun(context.Background(), Options{})
		s := newSearcher(r)
		s.content(filepath.Join(root, test.name), test.name, 0)
		wantSkipped(t, r.coverage, test.skipped...)
		wantUnreadable(t, r.coverage, test.unreadable...)
		if len(s.hits) != 0 || r.coverage.Files.Load() != 0 {
			t.Errorf("%s was read", test.name)
		}
	}
	r := newRun(context.Background(), Options{})
	newSearcher(r).entry(filepath.Join(root, "gone"), "gone", fs.ModeSymlink)
	wantUnreadable(t, r.coverage, "unreadable-file gone")
	if l := readIgnoreFile(filepath.Join(root, ".gitignore"), false); l != nil {
		t.Error("a .gitignore that is a link was followed")
	}
}

// TestTooDeep has folders that no path reaches, which stand for those that cannot be listed: root, as
// whom tests often run, may list all others.
func TestTooDeep(t *testing.T) {
	root := t.TempDir()
	write(t, root, map[string]string{"z": key(1)})
	at, err := os.OpenRoot(root)
	if err != nil {
		t.Fatal(err)
	}
	name := strings.Repeat("d", 250)
	for range 20 { // 5,000 characters; Linux takes 4,096
		if err := at.Mkdir(name, 0o777); err != nil {
			t.Fatal(err)
		}
		below, err := at.OpenRoot(name)
		at.Close()
		if err != nil {
			t.Fatal(err)
		}
		at = below
	}
	at.Close()
	c, _, cov := scan(t, root, Options{})
	wantLines(t, "findings", c.paths(), "z")
	list := cov.UnreadableList()
	if len(list) != 1 || list[0].Reason != "unreadable-directory" || !strings.HasPrefix(list[0].Place, name+"/") ||
		list[0].Detail != unix.ENAMETOOLONG.Error() {
		t.Errorf("unreadable: %v", list)
	}
}

func TestForbidden(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may read everything")
	}
	root := t.TempDir()
	write(t, root, map[string]string{"file": key(1), "folder/x": key(2), "seen": key(3)})
	for _, name := range []string{"file", "folder"} {
		path := filepath.Join(root, name)
		if err := os.Chmod(path, 0); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.Chmod(path, 0o700) })
	}
	c, _, cov := scan(t, root, Options{})
	wantLines(t, "findings", c.paths(), "seen")
	wantUnreadable(t, cov, "unreadable-directory folder", "unreadable-file file")
}
