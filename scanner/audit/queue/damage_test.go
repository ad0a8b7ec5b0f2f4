package queue

import (
	"bytes"
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

// TestFoldersThatAreRefused are such as must not be written to.
func TestFoldersThatAreRefused(t *testing.T) {
	written := func(name, text string) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, c := range map[string]struct {
		change func(t *testing.T, dir string)
		want   error
	}{
		"in use":             {func(t *testing.T, dir string) { started(t, dir, quick()) }, InUseError{}},
		"of another version": {written(versionName, versionPrefix+"2\n"), VersionError{}},
		"no version":         {written(versionName, "hello"), DamagedError{}},
		"an empty version":   {written(versionName, ""), DamagedError{}},
		"another's folder": {func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, versionName)); err != nil {
				t.Fatal(err)
			}
			written("notes.txt", "mine")(t, dir)
		}, ForeignError{}},
		"without its store": {func(t *testing.T, dir string) {
			if err := os.RemoveAll(filepath.Join(dir, storeName)); err != nil {
				t.Fatal(err)
			}
		}, DamagedError{}},
		"a stream without its description": {func(t *testing.T, dir string) {
			if err := os.Remove(streamFile(t, dir, "KV_", "meta.inf")); err != nil {
				t.Fatal(err)
			}
		}, DamagedError{}},
		"a stream with another description": {func(t *testing.T, dir string) {
			flip(t, streamFile(t, dir, "skleak-jobs", "meta.inf"), 20)
		}, DamagedError{}},
		"entries that are gone": {func(t *testing.T, dir string) {
			if err := os.RemoveAll(filepath.Dir(streamFile(t, dir, "KV_", "msgs"))); err != nil {
				t.Fatal(err)
			}
		}, DamagedError{}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			q := started(t, dir, quick())
			put(t, q, jobs(20)...)
			q.Close()
			c.change(t, dir)
			before := contents(t, dir)
			q, err := Start(t.Context(), Options{Dir: dir, Limits: quick()})
			if err == nil {
				q.Close()
			}
			if !sameType(err, c.want) {
				t.Fatalf("%T %v, want %T", err, err, c.want)
			}
			t.Log(err)
			if _, damaged := c.want.(DamagedError); !damaged && before != contents(t, dir) {
				t.Error("something in it was changed")
			}
		})
	}
}

func sameType(got, want error) bool {
	switch want.(type) {
	case InUseError:
		return errors.As(got, new(InUseError))
	case VersionError:
		return errors.As(got, new(VersionError))
	case ForeignError:
		return errors.As(got, new(ForeignError))
	}
	return errors.As(got, new(DamagedError))
}

// streamFile is a file of the stream whose name starts so.
func streamFile(t *testing.T, dir, stream, name string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, storeName, "*", "streams", stream+"*", name))
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	return found[0]
}

func flip(t *testing.T, path string, at int) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text[at] ^= 0xff
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

func contents(t *testing.T, dir string) string {
	t.Helper()
	var all bytes.Buffer
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		all.WriteString(path)
		all.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

// TestDamagedEntries flips bytes of what is stored: it is said, or all jobs are there.
func TestDamagedEntries(t *testing.T) {
	whole := t.TempDir()
	q := started(t, whole, quick())
	put(t, q, jobs(20)...)
	q.Close()
	noticed, tried, flips := 0, 0, 5
	if os.Getenv("SKLEAK_AUDIT_JOBS") != "" {
		flips = 100
	}
	for _, name := range []string{filepath.Join("msgs", "1.blk"), filepath.Join("msgs", "index.db"), "meta.inf"} {
		info, err := os.Stat(streamFile(t, whole, "KV_", name))
		if err != nil {
			t.Fatal(err)
		}
		for at := 7; at < int(info.Size()); at += max(1, int(info.Size())/flips) {
			dir := filepath.Join(t.TempDir(), "queue")
			if err := os.CopyFS(dir, os.DirFS(whole)); err != nil {
				t.Fatal(err)
			}
			flip(t, streamFile(t, dir, "KV_", name), at)
			tried++
			entries, err := entriesOf(t, dir)
			switch {
			case errors.As(err, new(DamagedError)):
				noticed++
			case err != nil || len(entries) != 20 || slices.ContainsFunc(entries, isNoJob):
				t.Errorf("%s flipped at %d: %d entries, %v", name, at, len(entries), err)
			}
		}
	}
	if t.Logf("%d of %d noticed", noticed, tried); noticed == 0 {
		t.Error("nothing was noticed")
	}
}

// isNoJob is true for an entry that is not one of those that were put.
func isNoJob(e Entry) bool {
	return e.State != Waiting ||
		!slices.ContainsFunc(jobs(20), func(j job.Job) bool { return j.Repository == e.Job.Repository })
}

func entriesOf(t *testing.T, dir string) ([]Entry, error) {
	limits := quick()
	limits.silence = time.Second
	q, err := Start(t.Context(), Options{Dir: dir, Limits: limits})
	if err != nil {
		return nil, err
	}
	defer q.Close()
	return q.Entries(t.Context())
}

// TestCutOffStart leaves a folder as a process that was killed while making it does.
func TestCutOffStart(t *testing.T) {
	dir := t.TempDir()
	started(t, dir, quick()).Close()
	if err := os.Remove(filepath.Join(dir, versionName)); err != nil {
		t.Fatal(err)
	}
	q := started(t, dir, quick())
	put(t, q, jobs(1)...)
	if q.Run() != run || !strings.Contains(contents(t, filepath.Join(dir, versionName)), versionPrefix) {
		t.Error(q.Run())
	}
}
