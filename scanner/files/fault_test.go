package files

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"strings"
	"sync"
	"syscall"
	"testing"

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
		at     folder
		faults *faults
	}
	faultyFile struct {
		file
		faults *faults
	}
)

func (d faultyFolder) list(l *listing) error {
	if err := d.faults.err(); err != nil {
		l.reset()
		return err
	}
	return d.at.list(l)
}

func (d faultyFolder) folder(name string) (folder, error) {
	below, err := anyOf(d.faults, func() (folder, error) { return d.at.folder(name) })
	return faultyFolder{below, d.faults}, err
}

func (d faultyFolder) file(name string) (f file, s state, err error) {
	if err = d.faults.err(); err == nil {
		f, s, err = d.at.file(name)
	}
	return faultyFile{f, d.faults}, s, err
}

func (d faultyFolder) link(name string) (string, error) {
	return anyOf(d.faults, func() (string, error) { return d.at.link(name) })
}

func (d faultyFolder) kind(name string) (fs.FileMode, error) {
	return anyOf(d.faults, func() (fs.FileMode, error) { return d.at.kind(name) })
}

func (d faultyFolder) same(a, b string) bool { return d.at.same(a, b) }

func (d faultyFolder) identity() (identity, bool) {
	id, known := d.at.identity()
	return id, known && d.faults.err() == nil
}

func (d faultyFolder) parent(id identity) (folder, error) {
	up, err := anyOf(d.faults, func() (folder, error) { return d.at.parent(id) })
	return faultyFolder{up, d.faults}, err
}

func (d faultyFolder) close() { d.at.close() }

func (f faultyFile) readAt(b []byte, at int64) (int, error) {
	return anyOf(f.faults, func() (int, error) { return f.file.readAt(b[:1+len(b)/3], at) })
}

func (f faultyFile) state() (state, error) { return anyOf(f.faults, f.file.state) }

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
		c, _, cov := scanOnce(t, root, Options{Jobs: 1 + seed%4, window: seed % 5 * 1000, open: func(path string) (folder, error) {
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
