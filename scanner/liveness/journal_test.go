package liveness

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func journalAt(t *testing.T) (*Journal, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a", "b", "revocations.jsonl")
	j, err := OpenJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	return j, path
}

func openPrints(t *testing.T, path string) (prints []string, damaged int) {
	t.Helper()
	open, damaged, err := OpenIntentions(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range open {
		if e.Time.IsZero() || e.Run == "" || e.Provider != "laminr" {
			t.Errorf("%+v", e)
		}
		prints = append(prints, e.Fingerprint)
	}
	return prints, damaged
}

func TestOpenIntentions(t *testing.T) {
	j, path := journalAt(t)
	for _, e := range [][2]string{
		{"one", stateIntended}, {"two", stateIntended}, {"one", stateRevoked}, {"three", stateIntended},
		{"four", stateIntended}, {"four", stateActive}, {"five", stateRevoked}, {"two", stateIntended}, {"six", stateIntended}, {"six", stateUnconfirmed},
	} {
		if err := j.add(e[0], "laminr", e[1], ""); err != nil {
			t.Fatal(err)
		}
	}
	if prints, damaged := openPrints(t, path); strings.Join(prints, " ") != "three two" || damaged != 0 {
		t.Errorf("open %q, %d damaged", prints, damaged)
	}
	if runtime.GOOS != "windows" {
		for name, want := range map[string]os.FileMode{path: 0o600, filepath.Dir(path): 0o700} {
			if info, err := os.Stat(name); err != nil || info.Mode().Perm() != want {
				t.Errorf("%s: %v, %v", name, info.Mode(), err)
			}
		}
	}
	if prints, _ := openPrints(t, filepath.Join(t.TempDir(), "none")); len(prints) != 0 {
		t.Errorf("a journal that is not there has %q", prints)
	}
}

// A crash of the machine can leave part of a line. It costs that line alone, and is told.
func TestCutJournal(t *testing.T) {
	j, path := journalAt(t)
	if err := j.add("one", "laminr", stateIntended, ""); err != nil {
		t.Fatal(err)
	}
	if err := j.add("two", "laminr", stateIntended, ""); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, info.Size()-20); err != nil {
		t.Fatal(err)
	}
	again, err := OpenJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if err := again.add("three", "laminr", stateIntended, ""); err != nil {
		t.Fatal(err)
	}
	if prints, damaged := openPrints(t, path); strings.Join(prints, " ") != "one three" || damaged != 1 {
		t.Errorf("open %q, %d damaged", prints, damaged)
	}
}

func TestJournalRefuses(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	paths := []string{folder, filepath.Join(file, "j")}
	if link := filepath.Join(folder, "link"); os.Symlink(file, link) == nil {
		paths = append(paths, link)
	}
	for _, path := range paths {
		if j, err := OpenJournal(path); err == nil || !strings.Contains(err.Error(), "journal of revocations") {
			t.Errorf("%s: %v, %v", path, j, err)
		}
	}
	long := filepath.Join(folder, "long")
	if err := os.WriteFile(long, []byte(strings.Repeat("x", 2*maxJournalLine)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := OpenIntentions(long); err == nil {
		t.Error("a line without end is read")
	}
}
