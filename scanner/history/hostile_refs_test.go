package history

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"skleak/scanner/scantest"
)

// refBytes is what one of many refs may take in memory, all it is copied into included, with a name of 26 bytes: 5
// million take less than the 512 MB of a scan.
const refBytes = 100

// TestHostileRefs: millions of refs take a bounded share of memory and hide nothing, whether or not there is a key
// that they all lead to.
func TestHostileRefs(t *testing.T) { manyRefs(t, writeRefs) }

// TestHostileReftable is TestHostileRefs for refs in a table.
func TestHostileReftable(t *testing.T) { manyRefs(t, writeTable) }

// manyRefs scans a repository with many refs, which write gives to a bare copy of it.
func manyRefs(t *testing.T, writeTo func(t *testing.T, dir, id string, n int)) {
	many := scantest.Sample(50_000, 5_000_000)
	dir := t.TempDir()
	git(t, dir, "init", "-q")
	git(t, dir, "commit", "-q", "--allow-empty", "-m", "empty")
	for _, findings := range []int{0, 1} {
		if findings == 1 {
			write(t, dir, "key.env", assign("refs"))
			git(t, dir, "add", ".")
			git(t, dir, "commit", "-q", "-m", "a key")
		}
		few := refsScanned(t, dir, 1000, findings, writeTo)
		took := refsScanned(t, dir, many, findings, writeTo) - few
		if took > int64(refBytes*many) {
			t.Errorf("%d refs take %d MB, more than %d bytes each", many, took>>20, refBytes)
		}
		t.Logf("%d refs, %d findings: %d bytes each", many, findings, took/int64(many))
	}
}

// refsScanned scans a repository whose refs all lead to HEAD, and returns the bytes that were allocated.
func refsScanned(t *testing.T, dir string, n, findings int, writeTo func(t *testing.T, dir, id string, n int)) int64 {
	t.Helper()
	bare := filepath.Join(t.TempDir(), "bare.git")
	if err := os.CopyFS(bare, os.DirFS(filepath.Join(dir, ".git"))); err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(bare) // before the next one: they are large
	writeTo(t, bare, strings.TrimSpace(git(t, dir, "rev-parse", "HEAD")), n)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r := scan(t, bare, Options{})
	runtime.ReadMemStats(&after)
	r.checkUnreadable(t)
	if len(r.found) != findings {
		t.Fatalf("%d findings, want %d", len(r.found), findings)
	}
	for _, f := range r.found {
		if len(f.Refs) != refsShown {
			t.Errorf("%d refs are named, want %d", len(f.Refs), refsShown)
		}
	}
	return int64(after.TotalAlloc - before.TotalAlloc)
}

func writeRefs(t *testing.T, dir, id string, n int) {
	t.Helper()
	create(t, filepath.Join(dir, "packed-refs"), func(w io.Writer) error {
		for i := range n {
			if _, err := fmt.Fprintf(w, "%s refs/tags/release-%09d\n", id, i); err != nil {
				return err
			}
		}
		return nil
	})
}

// writeTable puts refs into two tables: a newer one has every tenth of them again, as small ones gather on a large one.
func writeTable(t *testing.T, dir, id string, n int) {
	t.Helper()
	raw, err := hex.DecodeString(id)
	if err != nil {
		t.Fatal(err)
	}
	refs := func(step int) iter.Seq[scantest.TableRef] {
		return func(yield func(scantest.TableRef) bool) {
			more := yield(scantest.TableRef{Name: "HEAD", Target: "refs/tags/release-000000000"})
			for i := 0; more && i < n; i += step {
				more = yield(scantest.TableRef{Name: fmt.Sprintf("refs/tags/release-%09d", i), ID: raw})
			}
		}
	}
	for name, step := range map[string]int{"old.ref": 1, "new.ref": 10} {
		create(t, filepath.Join(dir, "reftable", name), func(w io.Writer) error { return scantest.Reftable(w, refs(step)) })
	}
	write(t, dir, "reftable/tables.list", "old.ref\nnew.ref\n")
	write(t, dir, "config", "[core]\nrepositoryformatversion = 1\nbare = true\n[extensions]\nrefStorage = reftable\n")
}

// create writes a large file.
func create(t *testing.T, path string, content func(w io.Writer) error) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriterSize(f, 1<<20)
	if err := errors.Join(content(w), w.Flush(), f.Close()); err != nil {
		t.Fatal(err)
	}
}
