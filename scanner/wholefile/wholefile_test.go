package wholefile

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func TestReplace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	for _, text := range []string{"first", "", "third"} {
		if err := Replace(path, []byte(text), Way{Beside: ".new-", Mode: 0o640, Sync: text == ""}); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); string(got) != text || err != nil {
			t.Errorf("%q, error %v, where %q was written", got, err, text)
		}
	}
	info, err := os.Stat(path)
	if err != nil || runtime.GOOS != "windows" && info.Mode() != 0o640 {
		t.Errorf("mode %v, error %v", info.Mode(), err)
	}
	alone(t, path)
}

// TestFails: what could not be written leaves what was there, and nothing besides.
func TestFails(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	if err := Replace(path, []byte("old"), Way{}); err != nil {
		t.Fatal(err)
	}
	failure := errors.New("failure")
	for _, write := range []func(io.Writer) (string, error){
		func(f io.Writer) (string, error) { _, _ = io.WriteString(f, "ha"); return "file", failure },
		func(io.Writer) (string, error) { return "no/such/folder", nil },
		func(io.Writer) (string, error) { return "", nil },
	} {
		err := Fill(dir, Way{}, write)
		name, failed := write(io.Discard)
		if (err != nil) != (name != "") || failed != nil && !errors.Is(err, failed) {
			t.Errorf("error %v for %q, %v", err, name, failed)
		}
	}
	if got, _ := os.ReadFile(path); string(got) != "old" {
		t.Errorf("%q is there", got)
	}
	alone(t, path)
	if err := os.Mkdir(filepath.Join(dir, "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	if Replace(filepath.Join(dir, "folder"), nil, Way{}) == nil {
		t.Error("a folder was replaced")
	}
	if Replace(filepath.Join(dir, "none", "file"), nil, Way{}) == nil {
		t.Error("no error where there is no folder")
	}
}

func alone(t *testing.T, path string) {
	t.Helper()
	if files, err := os.ReadDir(filepath.Dir(path)); len(files) != 1 || err != nil {
		t.Errorf("%v, error %v", files, err)
	}
}
