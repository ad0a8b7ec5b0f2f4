package state

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"skleak/scanner/audit/job"
)

func open(t *testing.T, dir string) *Folder {
	t.Helper()
	f, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func TestReadings(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	f := open(t, dir)
	repo := job.Repository{Name: "host/a", URL: "https://host/a"}
	if last, err := f.Reading(repo); last != nil || err != nil {
		t.Fatalf("%v, error %v", last, err)
	}
	report := []byte("{}\n")
	read := job.Reading{Report: nameOf(report), Tips: "x", At: time.Now().UTC().Round(0), Complete: true}
	if err := f.Keep(repo, read, report); err != nil {
		t.Fatal(err)
	}
	last, err := f.Reading(repo)
	if err != nil || last == nil || last.Tips != "x" || !last.At.Equal(read.At) {
		t.Fatalf("%v, error %v", last, err)
	}
	if err := f.Keep(repo, read, []byte("other")); err == nil {
		t.Error("a report under another name was taken")
	}

	// What a stranger, or a full disk, made of it is said, and is as good as nothing.
	path := filepath.Join(dir, reportsDir, read.Report+".json")
	for _, change := range []func() error{
		func() error { return os.WriteFile(path, []byte("{ }\n"), 0o600) },
		func() error { return os.Remove(path) },
		func() error { return os.WriteFile(filepath.Join(dir, readingsDir, repo.ID()+".json"), nil, 0o600) },
		func() error {
			return os.WriteFile(filepath.Join(dir, readingsDir, repo.ID()+".json"), []byte(`{"reading":{"report":"../../x"}}`), 0o600)
		},
	} {
		if err := change(); err != nil {
			t.Fatal(err)
		}
		if last, err := f.Reading(repo); last != nil || err == nil {
			t.Errorf("%v, error %v", last, err)
		}
	}
}

func TestPrune(t *testing.T) {
	dir := t.TempDir()
	f := open(t, dir)
	stays, goes := job.Repository{URL: "https://host/a"}, job.Repository{URL: "https://host/b"}
	unlisted := job.Repository{URL: "https://host/c"} // since yesterday, say
	for i, r := range []job.Repository{stays, goes, unlisted} {
		for _, text := range []string{"old", "new"} {
			report := []byte(text + string(rune('0'+i)))
			read := job.Reading{Report: nameOf(report)}
			if i == 2 {
				read.At = time.Now().Add(-24 * time.Hour)
			}
			if err := f.Keep(r, read, report); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.MkdirAll(filepath.Join(f.Mirrors(), r.ID()+".git"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Prune([]job.Repository{stays}); err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, folder := range []string{readingsDir, reportsDir, mirrorsDir} {
		entries, err := os.ReadDir(filepath.Join(dir, folder))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			left = append(left, e.Name())
		}
	}
	want := []string{stays.ID() + ".json", unlisted.ID() + ".json", nameOf([]byte("new0")) + ".json",
		nameOf([]byte("new2")) + ".json", stays.ID() + ".git", unlisted.ID() + ".git"}
	slices.Sort(want)
	slices.Sort(left)
	if !slices.Equal(left, want) {
		t.Errorf("left %q, want %q", left, want)
	}
}

// TestCutOff: what a process that was killed leaves is no other's, and does not stay.
func TestCutOff(t *testing.T) {
	half := begun + "1"
	leave := func(dir string, names ...string) {
		t.Helper()
		for _, name := range names {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(version[:9]), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	gone := func(path string) {
		t.Helper()
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is still there: %v", filepath.Base(path), err)
		}
	}
	for _, left := range [][]string{{lockFile}, {half}, {lockFile, half}} {
		dir := t.TempDir()
		leave(dir, left...)
		f := open(t, dir)
		gone(filepath.Join(dir, half))
		for _, folder := range []string{"", readingsDir, reportsDir} {
			leave(filepath.Join(dir, folder), half)
		}
		f.Close()
		open(t, dir)
		for _, folder := range []string{"", readingsDir, reportsDir} {
			gone(filepath.Join(dir, folder, half))
		}
	}

	// Of all that an Open makes, the version is the first.
	dir := t.TempDir()
	leave(dir, readingsDir)
	if err := (&Folder{dir: dir}).prepare(); err == nil {
		t.Fatal("a folder was made where a file is")
	}
	if text, err := os.ReadFile(filepath.Join(dir, versionFile)); err != nil || string(text) != version {
		t.Errorf("the version is %q, error %v", text, err)
	}
}

// TestNotOurs: what another process, version, audit or tool has in a folder stays as it is.
func TestNotOurs(t *testing.T) {
	used := t.TempDir()
	f := open(t, used)
	if _, err := Open(used); !errors.Is(err, ErrInUse) {
		t.Errorf("opened twice: %v", err)
	}
	if !f.IsInUse() {
		t.Error("nobody works in it")
	}
	if err := f.SaveRun(Run{ID: "1", Sources: []string{"github:a"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Run([]string{"github:b"}); err == nil || !strings.Contains(err.Error(), "github:a") {
		t.Errorf("another audit's: %v", err)
	}
	for name, text := range map[string]string{versionFile: "skleak-audit state 2\n", "version ": "x", "notes.txt": "mine"} {
		dir := t.TempDir()
		path := filepath.Join(dir, strings.TrimSpace(name))
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(dir); err == nil {
			t.Errorf("%s with %q was opened", name, text)
		}
		entries, err := os.ReadDir(dir)
		if got, _ := os.ReadFile(path); err != nil || len(entries) != 1 || string(got) != text {
			t.Errorf("%s: changed to %q, %d files", name, got, len(entries))
		}
	}
	if _, err := OpenToRead(filepath.Join(used, "none")); err == nil {
		t.Error("a folder that is not there was opened")
	}
}
