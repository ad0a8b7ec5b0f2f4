package files

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"skleak/scanner"
	"skleak/scanner/files/disk"
	"skleak/scanner/scantest"
)

// within fails a test that takes more time, or whose heap grows by more bytes, than it may.
func within(t *testing.T, limit time.Duration, heap uint64, run func()) {
	t.Helper()
	runtime.GC() // of what the test itself has made
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	heap += before.HeapAlloc
	var most atomic.Uint64
	stop, stopped := make(chan bool), make(chan bool)
	go func() {
		defer close(stopped)
		var m runtime.MemStats
		for {
			runtime.ReadMemStats(&m)
			most.Store(max(most.Load(), m.HeapAlloc))
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	start := time.Now()
	run()
	took := time.Since(start)
	close(stop)
	<-stopped
	if took > limit || most.Load() > heap {
		t.Errorf("took %v and %d MB, want at most %v and %d MB", took, most.Load()>>20, limit, heap>>20)
	}
	t.Logf("took %v and %d MB", took, most.Load()>>20)
}

// TestHostileLargeFile has one line of gigabytes, with keys where parts and windows begin and end.
func TestHostileLargeFile(t *testing.T) {
	root := t.TempDir()
	size := scantest.Sample[int64](100<<20, 3<<30)
	f, err := os.Create(filepath.Join(root, "line"))
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Truncate(size); err != nil {
		t.Fatal(err)
	}
	var want []string
	n := int64(len(key(0)))
	for i, at := range []int64{0, largePart - 20, 2*largePart - n, 3 * largePart, size / 2, size - n} {
		if _, err := f.WriteAt([]byte(key(i)), at); err != nil {
			t.Fatal(err)
		}
		want = append(want, fmt.Sprintf("line:1:%d-1:%d", at+1, at+1+n))
	}
	f.Close()
	within(t, time.Minute, 256<<20, func() {
		for _, at := range []string{root, filepath.Join(root, "line")} {
			c, _, cov := scanOnce(t, at, Options{Jobs: 3})
			wantLines(t, "findings", c.lines(), want...)
			wantUnreadable(t, cov)
			if cov.Bytes.Load() != size || cov.Files.Load() != 1 {
				t.Errorf("%d files, %d bytes of %d", cov.Files.Load(), cov.Bytes.Load(), size)
			}
		}
	})
}

// TestHostileKeys has a file that consists of keys: more than memory holds.
func TestHostileKeys(t *testing.T) {
	root := t.TempDir()
	n := scantest.Sample(2_000, 600_000)
	var text bytes.Buffer
	for i := range n {
		text.WriteString(key(i) + "\n")
	}
	write(t, root, map[string]string{"keys": text.String()})
	within(t, time.Minute, 512<<20, func() {
		c, _, cov := scanOnce(t, root, Options{Jobs: 2})
		if len(c.findings) == n {
			wantUnreadable(t, cov)
		} else if len(c.findings) < n/10 {
			t.Errorf("only %d findings", len(c.findings))
		} else {
			wantUnreadable(t, cov, "too-large .")
		}
	})
}

// TestHostileManyEntries has a folder of many files, and one of many folders.
func TestHostileManyEntries(t *testing.T) {
	root := t.TempDir()
	n := scantest.Sample(3_000, 1_000_000)
	for _, name := range []string{"files", "folders"} {
		if err := os.Mkdir(filepath.Join(root, name), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	text := filepath.Join(root, "files", "0")
	write(t, root, map[string]string{"files/0": key(1)})
	for i := 1; i < n; i++ {
		path := filepath.Join(root, "files", fmt.Sprint(i))
		if i%10_000 == 1 { // as many links as the file system takes
			text = path
			write(t, path, nil)
			if err := os.WriteFile(path, []byte("clean"), 0o666); err != nil {
				t.Fatal(err)
			}
		} else if err := os.Link(text, path); err != nil {
			t.Fatal(err)
		}
	}
	for i := range n / 10 {
		if err := os.Mkdir(filepath.Join(root, "folders", fmt.Sprint(i)), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	last := fmt.Sprint("folders/", n/10-1, "/.env")
	write(t, root, map[string]string{last: key(2)})
	within(t, 2*time.Minute, 256<<20, func() {
		c, _, cov := scanOnce(t, root, Options{})
		wantLines(t, "findings", c.paths(), "files/0", last)
		wantUnreadable(t, cov)
		if cov.Files.Load() != int64(n+1) {
			t.Errorf("%d files", cov.Files.Load())
		}
	})
}

// TestHostileIgnoreFiles has ignore files that are too large to be applied, and some that take time.
func TestHostileIgnoreFiles(t *testing.T) {
	isolate(t)
	size := scantest.Sample(2<<20, 100<<20)
	root := newRepository(t, map[string]string{"a/x": "", "b/x": ""})
	write(t, root, map[string]string{
		".gitignore":           "*.env\n",
		"large/.gitignore":     strings.Repeat("*.txt\n", size/6),
		"large/left.txt":       key(1),
		"large/left.env":       key(2),
		"stars/.gitignore":     strings.Repeat("*a", sizeLimit/2-100) + "b\n",
		"stars/" + aaa:         key(3),
		"many/.gitignore":      strings.Repeat("*a*a*a*a*a*b\n", sizeLimit/13-100),
		"many/" + aaa:          key(4),
		"deep/.gitignore":      strings.Repeat("**/", sizeLimit/3-100) + "b\n",
		"deep/" + aaa:          key(5),
		"classes/.gitignore":   strings.Repeat("[[:alpha:]]", sizeLimit/11-100) + "\n",
		"classes/" + aaa:       key(6),
		"unending/.gitignore":  strings.Repeat("[[", sizeLimit/2-100),
		"unending/" + aaa:      key(7),
		"backslash/.gitignore": strings.Repeat("\\", sizeLimit-100),
		"backslash/" + aaa:     key(8),
	})
	within(t, 20*time.Second, 256<<20, func() {
		c, _, cov := scanOnce(t, root, Options{})
		wantLines(t, "findings", c.paths(), "backslash/"+aaa, "classes/"+aaa, "deep/"+aaa, "large/left.txt",
			"many/"+aaa, "stars/"+aaa, "unending/"+aaa)
		wantUnreadable(t, cov, "too-large large/.gitignore")
		wantSkipped(t, cov, "ignored 1")
	})
}

// aaa is a name that wildcards take long over.
var aaa = strings.Repeat("a", 250)

// solidFolder is a folder on a file system that does not tell of holes.
type (
	anyFolder   = disk.Folder
	solidFolder struct{ anyFolder }
	solidFile   struct{ disk.File }
)

func (s solidFolder) File(name string) (disk.File, disk.State, error) {
	f, before, err := s.anyFolder.File(name)
	return solidFile{f}, before, err
}

func (s solidFile) Data(at, end int64) (from, to int64) { return at, end }

// TestHostileStops ends scans at many moments, in the midst of a large file too.
func TestHostileStops(t *testing.T) {
	root := t.TempDir()
	write(t, root, map[string]string{"small": key(1)})
	if err := os.WriteFile(filepath.Join(root, "large"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(filepath.Join(root, "large"), 20<<30); err != nil {
		t.Skip(err)
	}
	for i := range scantest.Sample(4, 200) {
		ctx, stop := context.WithCancel(context.Background())
		cov := &scanner.Coverage{}
		asked := make(chan time.Time, 1)
		time.AfterFunc(time.Duration(i%20)*10*time.Millisecond, func() {
			asked <- time.Now()
			stop()
		})
		open := func(path string) (disk.Folder, error) {
			at, err := ways[i%2].open(path)
			return solidFolder{at}, err
		}
		_, err := Dir(ctx, root, Options{Rules: builtin, Coverage: cov, Jobs: 1 + i%3, open: open}, &collector{})
		if took := time.Since(<-asked); took > 10*time.Second {
			t.Errorf("it took %v to stop", took)
		}
		if err != context.Canceled || cov.Complete() {
			t.Errorf("stopped: %v, complete: %v", err, cov.Complete())
		}
	}
}

// TestHostileVanishing takes files away, brings others and swaps some for links while they are read.
func TestHostileVanishing(t *testing.T) {
	root, outside := t.TempDir(), t.TempDir()
	write(t, outside, map[string]string{"f/secret": key(9), "secret": key(9)})
	content := map[string]string{}
	for i := range 400 {
		content[fmt.Sprintf("d%d/f/%d", i%20, i)] = strings.Repeat("x", 5000)
		content[fmt.Sprintf("stays/%d", i)] = key(i)
	}
	write(t, root, content)
	for i := range scantest.Sample(2, 30) {
		done := make(chan bool)
		go func() {
			defer close(done)
			for d := range 20 {
				at := filepath.Join(root, fmt.Sprintf("d%d", d))
				_ = os.RemoveAll(at)
				switch (d + i) % 3 {
				case 0:
					_ = os.Symlink(outside, at)
				case 1:
					_ = os.MkdirAll(at, 0o777)
					_ = os.Symlink(filepath.Join(outside, "f"), filepath.Join(at, "f"))
				default:
					_ = os.MkdirAll(filepath.Join(at, "f"), 0o777)
					for n := range 20 {
						_ = os.WriteFile(filepath.Join(at, "f", fmt.Sprint(n)), []byte("new"), 0o666)
					}
				}
			}
		}()
		c, _, _ := scanOnce(t, root, Options{open: ways[i%2].open})
		<-done
		if paths := c.paths(); len(paths) != 400 {
			t.Errorf("%d paths with findings, want 400", len(paths))
		}
		for _, f := range c.findings {
			if !strings.HasPrefix(f.Path, "stays/") {
				t.Errorf("something outside was read: %s", f.Path)
			}
		}
	}
}
