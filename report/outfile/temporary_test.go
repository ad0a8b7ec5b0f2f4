package outfile

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"skleak/scanner/filelock"
)

// text writes a text.
func text(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}

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

func content(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// leftBehind makes what a killed run leaves beside a report.
func leftBehind(t *testing.T, dir, base string) string {
	t.Helper()
	name := filepath.Join(dir, temporaryName(base, "OLD"))
	if err := os.WriteFile(name, []byte("half a rep"), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestLeftBehind: the next report takes away what a killed run left of it, and nothing else.
func TestLeftBehind(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "r.json")
	leftBehind(t, dir, "r.json")
	kept := []string{leftBehind(t, dir, "other.json")}
	for _, stray := range []string{"baseline", "mine", "", "-", "OLD", "OLD-", "4365ec2c-OLD", "4365ec2c-notes", "OLD-" +
		strings.Repeat("0", 16)} {
		kept = append(kept, filepath.Join(dir, ".skleak-"+stray))
	}
	kept = append(kept, filepath.Join(dir, temporaryName("r.json", "OLD")+".txt"),
		filepath.Join(dir, "my"+temporaryName("r.json", "OLD")))
	for _, name := range kept[1:] {
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, temporaryName("r.json", "DIR")), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, write := range []func() error{
		func() error { return Check(path) },
		func() error { leftBehind(t, dir, "r.json"); return Write(path, text("report")) },
	} {
		if err := write(); err != nil {
			t.Fatal(err)
		}
		if got := names(t, dir); slices.Contains(got, temporaryName("r.json", "OLD")) || len(got) < len(kept)+1 {
			t.Errorf("the folder holds %v", got)
		}
	}
	if got := names(t, dir); len(got) != len(kept)+2 {
		t.Errorf("the folder holds %v", got)
	}
}

// TestTemporaryOfAnotherRun: what another run is writing is left alone.
func TestTemporaryOfAnotherRun(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "r.json")
	err := Replace(path, privateMode, func(first *os.File) error {
		if _, err := filelock.Try(first); errors.Is(err, filelock.ErrUnsupported) {
			t.Skip(err)
		}
		if err := Write(path, text("second")); err != nil {
			return err
		}
		_, err := first.WriteString("first")
		return err
	})
	if got := string(content(t, path)); err != nil || got != "first" || len(names(t, dir)) != 1 {
		t.Errorf("%v: the file holds %q, the folder %v", err, got, names(t, dir))
	}
}

// TestFolderIsSwapped while a report is written: it lands in the folder that was named, and not in the
// one that a link leads to now.
func TestFolderIsSwapped(t *testing.T) {
	top := t.TempDir()
	dir, elsewhere := filepath.Join(top, "dir"), filepath.Join(top, "elsewhere")
	for _, d := range []string{dir, elsewhere} {
		if err := os.Mkdir(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	err := Replace(filepath.Join(dir, "r.json"), privateMode, func(f *os.File) error {
		if err := os.Rename(dir, dir+".moved"); err != nil {
			t.Skipf("a folder in use cannot be moved here: %v", err)
		}
		if err := os.Symlink(elsewhere, dir); err != nil {
			t.Skipf("no symbolic links here: %v", err)
		}
		_, err := f.WriteString("report")
		return err
	})
	if err != nil || len(names(t, elsewhere)) != 0 || strings.Join(names(t, dir+".moved"), " ") != "r.json" {
		t.Errorf("%v: the other folder holds %v, the named one %v", err, names(t, elsewhere), names(t, dir+".moved"))
	}
}

// TestFolderIsALink: what a user names is followed.
func TestFolderIsALink(t *testing.T) {
	top := t.TempDir()
	dir := filepath.Join(top, "dir")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(dir, filepath.Join(top, "link")); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
	if err := Write(filepath.Join(top, "link", "r.json"), text("report")); err != nil {
		t.Fatal(err)
	}
	if got := names(t, dir); strings.Join(got, " ") != "r.json" {
		t.Errorf("the folder holds %v", got)
	}
}

// TestFailedWriteLeavesNothing, whatever step fails.
func TestFailedWriteLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "r.json")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	odd := errors.New("odd")
	for name, write := range map[string]func(*os.File) error{
		"the write": func(f *os.File) error { _, _ = f.WriteString("half"); return odd },
		"the sync":  func(f *os.File) error { return f.Close() },
		"the rename": func(*os.File) error {
			if err := os.Remove(path); err != nil {
				return err
			}
			return os.MkdirAll(filepath.Join(path, "in the way"), 0o700)
		},
	} {
		err := Replace(path, privateMode, write)
		if got := names(t, dir); err == nil || strings.Join(got, " ") != "r.json" {
			t.Errorf("%s fails: %v, the folder holds %v", name, err, got)
		}
		_ = os.RemoveAll(path)
		if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
