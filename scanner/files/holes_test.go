package files

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"skleak/scanner"
	"skleak/scanner/files/disk"
)

// TestHostileHoles has keys at both ends of holes of gigabytes and in the middle of one, in every form that begins or
// ends with a zero, and places told as if it had been read.
func TestHostileHoles(t *testing.T) {
	if runtime.GOOS != "linux" && runtime.GOOS != "darwin" {
		t.Skip("the system is not asked for holes here")
	}
	root := t.TempDir()
	f, err := os.Create(filepath.Join(root, "sparse"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	const size = 1 << 40
	wide := []byte{}
	for _, c := range []byte(key(3)) {
		wide = append(wide, 0, c) // UTF-16 whose first byte may be in a hole
	}
	for at, text := range map[int64][]byte{
		0:                         []byte("é\n" + key(0)),
		size/4 - 2:                []byte("\n\n" + key(1)),
		size/2 + 12345:            []byte(key(2)),
		size/2 + 1<<30:            wide,
		size - int64(len(key(4))): []byte(key(4)),
	} {
		if _, err := f.WriteAt(text, at); err != nil {
			t.Skipf("this file system has no file of %d bytes: %v", int64(size), err)
		}
	}
	within(t, 20*time.Second, 64<<20, func() {
		c, _, cov := scanOnce(t, root, Options{})
		column := func(at int64) int64 { return at - size/4 + 1 } // on the last line
		want := []string{"sparse:2:1-2:35", "sparse:4:1-4:35"}
		for _, at := range []int64{size/2 + 12345, size/2 + 1<<30 + 1, size - int64(len(key(4)))} {
			length := int64(34)
			if at == size/2+1<<30+1 {
				length = 68
			}
			want = append(want, fmt.Sprintf("sparse:4:%d-4:%d", column(at), column(at)+length))
		}
		wantLines(t, "findings", c.lines(), want...)
		wantUnreadable(t, cov)
	})
}

// made is a file that is made up: it says a size, or none, and goes on for as long as it is read.
type made struct{ size int64 }

func (m made) ReadAt(b []byte, at int64) (int, error) {
	clear(b)
	if at == 0 {
		copy(b, key(1))
	}
	return len(b), nil
}
func (m made) State() (disk.State, error)          { return disk.State{Size: m.size}, nil }
func (m made) Data(at, end int64) (from, to int64) { return at, end }
func (m made) MadeUp() bool                        { return m.size > 0 }
func (m made) Close()                              {}

// TestEndless has files that never end: what is read of them has a bound, and they are named.
func TestEndless(t *testing.T) {
	for _, size := range []int64{0, 1 << 62} {
		r := newRun(t.Context(), Options{Rules: builtin})
		s := newSearcher(r)
		s.content(made{size}, disk.State{Size: size}, nil, &branch{}, "endless")
		if len(s.hits) != 1 {
			t.Errorf("size %d: %d keys", size, len(s.hits))
		}
		wantUnreadable(t, r.coverage, scanner.UnreadableTooLarge+" endless")
		if read := r.coverage.Bytes.Load(); read > 2*endless {
			t.Errorf("size %d: %d bytes", size, read)
		}
	}
}
