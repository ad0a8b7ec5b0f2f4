package files

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"skleak/scanner"
	"skleak/scanner/files/disk"
)

func TestDir(t *testing.T) {
	root := t.TempDir()
	content := map[string]string{
		"b.env":           "KEY=" + key(1) + "\nSECOND=" + key(2) + "\n",
		"a/deep/er/c.txt": "ä€😀 " + key(3),
		"a/binary":        "\x00\x01\xff\n\x00" + key(4) + "\x00",
		"a.txt":           key(5),
		"clean":           "nothing here",
		"empty":           "",
		"vendor/":         "",
		".gitignore":      "*.env\n", // this is no working tree
	}
	write(t, root, content)
	size := int64(0)
	for _, text := range content {
		size += int64(len(text))
	}
	for _, jobs := range []int{1, 2, 9, 0} {
		c, nested, cov := scan(t, root, Options{Jobs: jobs, Prefix: "sub/"})
		wantLines(t, "nested", nested)
		wantLines(t, fmt.Sprintf("findings with %d jobs", jobs), c.lines(),
			"sub/a.txt:1:1-1:35", "sub/a/binary:2:2-2:36", "sub/a/deep/er/c.txt:1:5-1:39",
			"sub/b.env:1:5-1:39", "sub/b.env:2:8-2:42")
		wantSkipped(t, cov)
		if files, bytes := cov.Files.Load(), cov.Bytes.Load(); files != 7 || bytes != size {
			t.Errorf("read %d files and %d bytes, want 7 and %d", files, bytes, size)
		}
		f := c.findings[0]
		if f.Key.Reveal() != key(5) || f.Source != scanner.SourceFile || f.Provider != "unknown" || f.Form != "plain" ||
			f.Reachable || f.AtHead {
			t.Errorf("finding: %+v", f)
		}
	}
}

func TestProgress(t *testing.T) {
	root := t.TempDir()
	content := map[string]string{}
	for i := range 3*batchSize + 5 {
		content[fmt.Sprintf("d%d/f%d", i%7, i)] = key(i)
	}
	write(t, root, content)
	var p scanner.Progress
	c, _, cov := scan(t, root, Options{Jobs: 3, Progress: &p})
	n := int64(len(content))
	if p.Total.Load() != n || p.Done.Load() != n || p.Found.Load() != n || cov.Files.Load() != n || len(c.findings) != int(n) {
		t.Errorf("%d files: total %d, done %d, found %d, read %d, findings %d",
			n, p.Total.Load(), p.Done.Load(), p.Found.Load(), cov.Files.Load(), len(c.findings))
	}
}

func TestNames(t *testing.T) {
	root := t.TempDir()
	write(t, root, map[string]string{
		"dir-" + key(1) + "/x":      "",
		"dir-" + key(1) + "/y":      key(3),
		"plain/" + key(2) + ".json": "",
	})
	c, _, _ := scan(t, root, Options{})
	if len(c.findings) != 3 {
		t.Fatalf("findings: %v", c.lines())
	}
	for i, line := range c.lines() {
		if strings.Contains(line, "00000") || !strings.Contains(line, "…") {
			t.Errorf("the path of finding %d is not redacted", i)
		}
	}
	if first := c.findings[0]; first.Line != 0 || first.Key.Reveal() != key(1) ||
		c.findings[1].Line != 1 || c.findings[2].Line != 0 {
		t.Errorf("findings: %v", c.lines())
	}
}

func TestLinks(t *testing.T) {
	root := t.TempDir()
	outside := t.TempDir()
	write(t, outside, map[string]string{"secret": key(1)})
	write(t, root, map[string]string{"dir/file": key(2)})
	symlink(t, outside, filepath.Join(root, "away"))
	symlink(t, filepath.Join(outside, "secret"), filepath.Join(root, "file-away"))
	symlink(t, "..", filepath.Join(root, "dir", "loop"))
	symlink(t, "/nowhere/"+key(3), filepath.Join(root, "dangling"))
	c, _, cov := scan(t, root, Options{})
	wantLines(t, "findings", c.lines(), "dangling:1:10-1:44", "dir/file:1:1-1:35")
	wantUnreadable(t, cov)
	wantSkipped(t, cov)
}

func TestRoots(t *testing.T) {
	base := t.TempDir()
	write(t, base, map[string]string{"dir/a.env": key(1), "dir/sub/b.env": key(2)})

	c, _, cov := scan(t, filepath.Join(base, "dir", "a.env"), Options{Prefix: "dir/"})
	wantLines(t, "single file", c.lines(), "dir/a.env:1:1-1:35")
	if cov.Files.Load() != 1 || cov.Bytes.Load() != int64(len(key(1))) {
		t.Errorf("single file: %d files, %d bytes", cov.Files.Load(), cov.Bytes.Load())
	}
	c, _, _ = scan(t, filepath.Join(base, "dir")+string(filepath.Separator), Options{})
	wantLines(t, "trailing slash", c.lines(), "a.env:1:1-1:35", "sub/b.env:1:1-1:35")
	t.Chdir(filepath.Join(base, "dir"))
	c, _, _ = scan(t, ".", Options{})
	wantLines(t, "dot", c.lines(), "a.env:1:1-1:35", "sub/b.env:1:1-1:35")

	_, err := Dir(context.Background(), filepath.Join(base, "none"), Options{}, &collector{})
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a root that is not there: %v", err)
	}

	symlink(t, "dir", filepath.Join(base, "to-dir"))
	symlink(t, "dir/a.env", filepath.Join(base, "to-file"))
	symlink(t, "gone-"+key(3), filepath.Join(base, "dangling"))
	c, _, _ = scan(t, filepath.Join(base, "to-dir"), Options{})
	wantLines(t, "link to a folder", c.lines(), "a.env:1:1-1:35", "sub/b.env:1:1-1:35")
	c, _, _ = scan(t, filepath.Join(base, "to-file"), Options{})
	wantLines(t, "link to a file", c.lines(), "to-file:1:1-1:35")
	c, _, cov = scan(t, filepath.Join(base, "dangling"), Options{})
	wantLines(t, "dangling link", c.lines(), "dangling:1:6-1:40")
	wantUnreadable(t, cov)
}

func TestConfiguredIgnore(t *testing.T) {
	root := t.TempDir()
	write(t, root, map[string]string{
		"keep.env": key(1), "drop.env": key(2), "testdata/a": key(3), "testdata/b": key(4), "x/testdata/keep": key(5),
	})
	o := Options{Prefix: "mod/", Ignore: NewPathIgnore([]string{"*.env", "!keep.env", "/mod/testdata/"})}
	c, _, cov := scan(t, root, o)
	wantLines(t, "findings", c.paths(), "mod/keep.env", "mod/x/testdata/keep")
	wantSkipped(t, cov, "configured 2")
	c, _, cov = scan(t, filepath.Join(root, "drop.env"), o)
	wantLines(t, "single file", c.paths())
	wantSkipped(t, cov, "configured 1")
	if NewPathIgnore(nil) != nil {
		t.Error("no patterns should be no function")
	}
}

func TestLFSPointer(t *testing.T) {
	root := t.TempDir()
	const pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12345\n"
	write(t, root, map[string]string{
		"pointer":  pointer + key(1) + "\n",
		"large":    pointer + strings.Repeat("x", scanner.LFSLimit),
		"mentions": " " + pointer,
	})
	c, _, cov := scan(t, root, Options{})
	wantSkipped(t, cov, "lfs-pointer 1")
	wantLines(t, "findings", c.paths(), "pointer")
}

func TestHandlerFails(t *testing.T) {
	root := t.TempDir()
	write(t, root, map[string]string{"a": key(1)})
	if _, err := Dir(context.Background(), root, Options{}, failing{}); err != errHandler {
		t.Errorf("Dir: %v", err)
	}
	if err := Reader(context.Background(), strings.NewReader(key(1)), "", Options{}, failing{}); err != errHandler {
		t.Errorf("Reader: %v", err)
	}
}

// hooked is a context that calls a function each time it is asked whether it has ended, which the
// search does between files and windows.
type hooked struct {
	context.Context
	asked func()
}

func (h hooked) Err() error {
	h.asked()
	return h.Context.Err()
}

func TestStopped(t *testing.T) {
	root := t.TempDir()
	content := map[string]string{}
	for i := range 120 {
		content[fmt.Sprintf("f%03d", i)] = key(i)
	}
	write(t, root, content)
	for _, after := range []int64{0, 1, 40} {
		ctx, stop := context.WithCancel(context.Background())
		var cov scanner.Coverage
		c := &collector{}
		check := hooked{ctx, func() {
			if cov.Files.Load() >= after {
				stop()
			}
		}}
		_, err := Dir(check, root, Options{Rules: builtin, Jobs: 1, Coverage: &cov}, c)
		if err != context.Canceled {
			t.Errorf("stopped after %d files: %v", after, err)
		}
		if n := cov.Files.Load(); n != after || len(c.findings) != int(n) {
			t.Errorf("stopped after %d files: read %d, %d findings", after, n, len(c.findings))
		}
		wantUnreadable(t, &cov, "interrupted ")
		stop()
	}
}

// TestChangesWhileRead changes a file of several windows each time the search comes to the next one.
func TestChangesWhileRead(t *testing.T) {
	root := t.TempDir()
	path := filepath.Join(root, "log")
	text := strings.Repeat("line\n", 40_000) + key(1) + "\n"
	tests := []struct {
		name   string
		change func(n int) error
		want   []string
	}{
		{"shrinks", func(n int) error { return os.Truncate(path, int64(len(text)-n)) }, []string{"unreadable-file log"}},
		{"grows", func(n int) error { return os.Truncate(path, int64(len(text)+n)) }, []string{"unreadable-file log"}},
		{"is emptied before the first read", func(n int) error { return os.Truncate(path, 0) }, nil},
		{"grows once", func(n int) error {
			if n == 2 {
				return os.Truncate(path, int64(len(text)+n))
			}
			return nil
		}, nil},
		{"holds still", func(n int) error { return nil }, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			write(t, root, map[string]string{"log": text})
			n := 0
			ctx := hooked{context.Background(), func() {
				n++
				if err := test.change(n); err != nil {
					t.Error(err)
				}
			}}
			r := newRun(ctx, Options{window: 1})
			s := newSearcher(r)
			f, before, err := disk.OpenFile(path)
			s.content(f, before, err, &branch{}, "log")
			wantUnreadable(t, r.coverage, test.want...)
			if n < 3 {
				t.Errorf("only %d windows", n)
			}
		})
	}
}
