package files

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"skleak/rules/provider"
	"skleak/scanner"
	"skleak/scanner/files/disk"
)

// key makes a key of 34 characters, a different one for each n. They are joined at run time so that no scanner takes
// this file for a leak.
func key(n int) string {
	const kind = "live"
	return "sk_" + kind + fmt.Sprintf("_%08dQ", n) + "Zq8mKp3vWx7yTn2Rs"
}

// builtin is compiled once for all tests.
var builtin = provider.Default()

// collector keeps what it is handed.
type collector struct{ findings []scanner.Finding }

func (c *collector) Finding(f scanner.Finding) error {
	c.findings = append(c.findings, f)
	return nil
}

// lines says in one line for each finding where it is.
func (c *collector) lines() (lines []string) {
	for _, f := range c.findings {
		lines = append(lines, fmt.Sprintf("%s:%d:%d-%d:%d", f.Path, f.Line, f.Column, f.EndLine, f.EndColumn))
	}
	return lines
}

// paths returns the paths with findings, each once.
func (c *collector) paths() (paths []string) {
	for _, f := range c.findings {
		paths = append(paths, f.Path)
	}
	return slices.Compact(paths)
}

// ways are the two ways to read folders.
var ways = []struct {
	name  string
	open  func(path string) (disk.Folder, error)
	plain bool
}{{"by descriptors", disk.OpenFolder, false}, {"the plain way", disk.OpenPlain, true}}

// scan runs Dir, the one way and the other, which must come to the same.
func scan(t *testing.T, root string, o Options) (*collector, []string, *scanner.Coverage) {
	t.Helper()
	c, nested, cov := scanOnce(t, root, o)
	if o.Progress != nil {
		return c, nested, cov
	}
	o.open = disk.OpenPlain
	c2, nested2, cov2 := scanOnce(t, root, o)
	const plainly = "the plain way: "
	wantLines(t, plainly+"findings", c2.lines(), c.lines()...)
	wantLines(t, plainly+"nested", nested2, nested...)
	wantLines(t, plainly+"skipped", skipped(cov2), skipped(cov)...)
	wantLines(t, plainly+"unreadable", unreadable(t, cov2), unreadable(t, cov)...)
	if cov.Files.Load() != cov2.Files.Load() || cov.Bytes.Load() != cov2.Bytes.Load() {
		t.Errorf(plainly+"%d files and %d bytes, want %d and %d",
			cov2.Files.Load(), cov2.Bytes.Load(), cov.Files.Load(), cov.Bytes.Load())
	}
	return c, nested, cov
}

// scanOnce runs Dir with a coverage of its own.
func scanOnce(t *testing.T, root string, o Options) (*collector, []string, *scanner.Coverage) {
	t.Helper()
	c := &collector{}
	o.Coverage = &scanner.Coverage{}
	o.Rules = builtin
	nested, err := Dir(context.Background(), root, o, c)
	if err != nil {
		t.Fatalf("Dir: %v", err)
	}
	return c, nested, o.Coverage
}

// write makes files below root, and the folders they are in. A name that ends in a slash is a folder.
func write(t testing.TB, root string, content map[string]string) {
	t.Helper()
	for name, text := range content {
		path := filepath.Join(root, filepath.FromSlash(name))
		var err error
		if strings.HasSuffix(name, "/") {
			err = os.MkdirAll(path, 0o777)
		} else if err = os.MkdirAll(filepath.Dir(path), 0o777); err == nil {
			err = os.WriteFile(path, []byte(text), 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func symlink(t *testing.T, target, path string) {
	t.Helper()
	if err := os.Symlink(target, path); err != nil {
		t.Skipf("this system has no symbolic links to offer: %v", err)
	}
}

func wantLines(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n  got  %q\n  want %q", what, got, want)
	}
}

// wantSkipped compares the counts of what was left out, as "reason count".
func wantSkipped(t *testing.T, c *scanner.Coverage, want ...string) {
	t.Helper()
	wantLines(t, "skipped", skipped(c), want...)
}

func skipped(c *scanner.Coverage) (lines []string) {
	for _, s := range c.SkippedList() {
		lines = append(lines, fmt.Sprint(s.Reason, " ", s.Count))
	}
	return lines
}

// wantUnreadable compares what could not be read, as "reason place".
func wantUnreadable(t *testing.T, c *scanner.Coverage, want ...string) {
	t.Helper()
	wantLines(t, "unreadable", unreadable(t, c), want...)
}

func unreadable(t *testing.T, c *scanner.Coverage) (lines []string) {
	t.Helper()
	for _, u := range c.UnreadableList() {
		lines = append(lines, u.Reason+" "+u.Place)
		if strings.Contains(u.Detail, os.TempDir()) || u.Detail == "" {
			t.Errorf("detail of %s: %q", u.Place, u.Detail)
		}
	}
	return lines
}

var errHandler = errors.New("the disk is full")

// failing is a handler that takes nothing.
type failing struct{}

func (failing) Finding(scanner.Finding) error { return errHandler }
