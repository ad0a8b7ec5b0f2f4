package files

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"strings"
	"sync"
	"syscall"
	"testing"

	"skleak/scanner/files/disk"
	"skleak/scanner/scantest"
)

// faults makes calls fail at random, as those to a bad disk or to a server that went away do.
type faults struct {
	mu     sync.Mutex
	random *rand.Rand
	one    int // of so many calls fails
}

func (f *faults) err() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.random.IntN(f.one) > 0 {
		return nil
	}
	return []error{syscall.EIO, syscall.EINVAL, syscall.ESTALE}[f.random.IntN(3)]
}

// anyOf is what a call returns, unless it fails.
func anyOf[T any](f *faults, call func() (T, error)) (result T, err error) {
	if err = f.err(); err != nil {
		return result, err
	}
	return call()
}

// faultyFolder and faultyFile lie on such a disk.
type (
	faultyFolder struct {
		at     disk.Folder
		faults *faults
	}
	faultyFile struct {
		disk.File
		faults *faults
	}
)

func (d faultyFolder) List(l *disk.Listing) error {
	if err := d.faults.err(); err != nil {
		l.Text, l.Entries, l.Last = l.Text[:0], l.Entries[:0], false
		return err
	}
	return d.at.List(l)
}

func (d faultyFolder) Folder(name string) (disk.Folder, error) {
	below, err := anyOf(d.faults, func() (disk.Folder, error) { return d.at.Folder(name) })
	return faultyFolder{below, d.faults}, err
}

func (d faultyFolder) File(name string) (f disk.File, s disk.State, err error) {
	if err = d.faults.err(); err == nil {
		f, s, err = d.at.File(name)
	}
	return faultyFile{f, d.faults}, s, err
}

func (d faultyFolder) Link(name string) (string, error) {
	return anyOf(d.faults, func() (string, error) { return d.at.Link(name) })
}

func (d faultyFolder) Kind(name string) (fs.FileMode, error) {
	return anyOf(d.faults, func() (fs.FileMode, error) { return d.at.Kind(name) })
}

func (d faultyFolder) Same(a, b string) bool { return d.at.Same(a, b) }

func (d faultyFolder) Identity() (disk.Identity, bool) {
	id, known := d.at.Identity()
	return id, known && d.faults.err() == nil
}

func (d faultyFolder) Parent(id disk.Identity) (disk.Folder, error) {
	up, err := anyOf(d.faults, func() (disk.Folder, error) { return d.at.Parent(id) })
	return faultyFolder{up, d.faults}, err
}

func (d faultyFolder) Close() { d.at.Close() }

func (f faultyFile) ReadAt(b []byte, at int64) (int, error) {
	return anyOf(f.faults, func() (int, error) { return f.File.ReadAt(b[:1+len(b)/3], at) })
}

func (f faultyFile) State() (disk.State, error) { return anyOf(f.faults, f.File.State) }

// TestHostileFaults reads a tree from a disk that fails at random: what is found and what is named is all that there
// is.
func TestHostileFaults(t *testing.T) {
	root := t.TempDir()
	content := map[string]string{"large": strings.Repeat("x\n", scantest.Sample(1<<20, largeFile)) + key(0)}
	for i := range 200 {
		content[fmt.Sprintf("d%d/e%d/f%d", i%7, i%3, i)] = strings.Repeat("y\n", i*i) + key(i)
	}
	write(t, root, content)
	for seed := range scantest.Sample(4, 400) {
		way := ways[seed%2]
		bad := &faults{random: rand.New(rand.NewPCG(uint64(seed), 1)), one: []int{2, 20, 200}[seed%3]}
		c, _, cov := scanOnce(t, root, Options{Jobs: 1 + seed%4, window: seed % 5 * 1000, open: func(path string) (disk.Folder, error) {
			at, err := way.open(path)
			return faultyFolder{at, bad}, err
		}})
		told := map[string]bool{}
		for _, f := range c.findings {
			told[f.Path] = true
		}
		for _, u := range cov.UnreadableList() {
			told[u.Place] = true
		}
		for name := range content {
			if !told["."] && !told[name] && !told[name[:2]] && !told[name[:min(5, len(name))]] {
				t.Errorf("seed %d: nothing is told of %s", seed, name)
			}
		}
		if cov.Complete() && len(c.findings) != len(content) {
			t.Errorf("seed %d: %d of %d keys, and it looks complete", seed, len(c.findings), len(content))
		}
	}
}
