package history

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"skleak/scanner/scantest"
)

// refBytes is what one of many refs may take in memory, all it is copied into included, with a name of 26 bytes: 5 million take less
// than the 512 MB of a scan.
const refBytes = 100

// TestHostileRefs: millions of refs take a bounded share of memory and hide nothing, whether or not there is a key that they all
// lead to.
func TestHostileRefs(t *testing.T) {
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
		few := refsScanned(t, dir, 1000, findings)
		took := refsScanned(t, dir, many, findings) - few
		if took > int64(refBytes*many) {
			t.Errorf("%d refs take %d MB, more than %d bytes each", many, took>>20, refBytes)
		}
		t.Logf("%d refs, %d findings: %d bytes each", many, findings, took/int64(many))
	}
}

// refsScanned scans a repository whose refs all lead to HEAD, and returns the bytes that were allocated.
func refsScanned(t *testing.T, dir string, n, findings int) int64 {
	t.Helper()
	writeRefs(t, filepath.Join(dir, ".git", "packed-refs"), strings.TrimSpace(git(t, dir, "rev-parse", "HEAD")), n)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r := scan(t, dir, Options{})
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

func writeRefs(t *testing.T, path, id string, n int) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, "%s refs/tags/release-%09d\n", id, i)
		if text.Len() > 1<<20 || i == n-1 {
			if _, err := f.WriteString(text.String()); err != nil {
				t.Fatal(err)
			}
			text.Reset()
		}
	}
}
