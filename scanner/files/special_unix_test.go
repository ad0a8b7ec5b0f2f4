//go:build unix

package files

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"skleak/scanner"
	"skleak/scanner/files/disk"
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
	for _, way := range ways {
		r := newRun(context.Background(), Options{open: way.open})
		in, err := way.open(root)
		if err != nil {
			t.Fatal(err)
		}
		defer in.Close()
		for _, test := range tests {
			t.Run(test.name+" "+way.name, func(t *testing.T) {
				*r.coverage = scanner.Coverage{}
				s := newSearcher(r)
				s.entry(in, &branch{}, disk.Entry{Name: test.name})
				wantSkipped(t, r.coverage, test.skipped...)
				wantUnreadable(t, r.coverage, test.unreadable...)
				if len(r.results.hits) != 0 || r.coverage.Files.Load() != 0 {
					t.Errorf("%s was read", test.name)
				}
			})
		}
		*r.coverage = scanner.Coverage{}
		newSearcher(r).entry(in, &branch{}, disk.Entry{Name: "gone", Kind: fs.ModeSymlink})
		wantUnreadable(t, r.coverage, "unreadable-file gone")
		if _, err := in.Folder("link"); err == nil {
			t.Error("a folder that is a link was opened")
		}
	}
	if _, err := readIgnoreFile(filepath.Join(root, ".gitignore")); err == nil {
		t.Error("a .gitignore that is a link was followed")
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
