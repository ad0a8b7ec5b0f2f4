package pack

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"skleak/scanner/git/mapped"
	"skleak/scanner/git/oid"
)

// manyBlobs is a pack of several pages, opened from files that the test may cut.
func manyBlobs(t *testing.T, count int) *Pack {
	m := &maker{}
	for i := range count {
		id := anyID(i)
		m.object(Blob, []byte(strings.Repeat(string(id[:]), 4)))
	}
	return m.open(t, 2)
}

func idxPath(p *Pack) string { return strings.TrimSuffix(p.Path, ".pack") + ".idx" }

// A pack that is cut while it is mapped fails the objects behind the cut. Those before it are still read.
func TestPackCutWhileMapped(t *testing.T) {
	p := manyBlobs(t, 1000)
	l, err := NewLayout(p, 1)
	if err != nil {
		t.Fatal(err)
	}
	page := os.Getpagesize()
	if err := os.Truncate(p.Path, int64(page)); err != nil {
		t.Fatal(err)
	}
	r := walked(t, p, Walk{Layout: l, Workers: 2})
	if len(r.visits) == 0 || len(r.failed) == 0 {
		t.Fatalf("%d visits, %d failures", len(r.visits), len(r.failed))
	}
	for position, errs := range r.failed {
		if !errors.Is(errs[0], mapped.ErrFault) {
			t.Fatalf("%d: %v", position, errs[0])
		}
		if p.Index.Offset(position) < uint64(page)/2 {
			t.Errorf("the object at %d is before the cut", p.Index.Offset(position))
		}
	}
	var reader Reader
	for position := range r.failed {
		if _, _, err := reader.Read(p, position); !errors.Is(err, mapped.ErrFault) {
			t.Fatal(err)
		}
	}
	if _, err := NewLayout(p, 2); !errors.Is(err, mapped.ErrFault) {
		t.Error(err)
	}
}

// A fault counts nothing as held for ever.
func TestFaultGivesBackItsMemory(t *testing.T) {
	const size = 20 << 20
	m := &maker{}
	for i := range 8 {
		noise := make([]byte, size)
		m.object(Tree, append(noise, byte(i)))
	}
	p := m.open(t, 1) // no CRC-32 that would fault first
	l, err := NewLayout(p, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(p.Path, int64(os.Getpagesize())); err != nil {
		t.Fatal(err)
	}
	r := walked(t, p, Walk{Layout: l, Workers: 1, Memory: 32 << 20})
	for position, errs := range r.failed {
		if !errors.Is(errs[0], mapped.ErrFault) {
			t.Errorf("%d: %v", position, errs[0])
		}
	}
	if len(r.failed) != 8 {
		t.Errorf("%d failures", len(r.failed))
	}
}

// Without its idx a walk can name nothing any more: it ends with an error, whoever's read it was that faulted.
func TestIdxCutWhileMapped(t *testing.T) {
	p := manyBlobs(t, 1000)
	l, err := NewLayout(p, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(idxPath(p), 0); err != nil {
		t.Fatal(err)
	}
	within(t, func() {
		w := Walk{Layout: l, Kinds: AllKinds, Workers: 3}
		err = w.Run(context.Background(), func() Visitor { return &namer{newRecord()} })
	})
	if !errors.Is(err, mapped.ErrFault) {
		t.Error(err)
	}
	if err := p.Index.VerifyChecksum(); !errors.Is(err, mapped.ErrFault) {
		t.Error(err)
	}
}

// namer asks for the name of each object, as most visitors do.
type namer struct{ *record }

func (n *namer) Visit(o *Object) Mark                    { _ = o.ID(); return n.record.Visit(o) }
func (n *namer) Failed(p *Pack, position int, err error) { _ = oid.FromBytes(p.Index.ID(position)) }

// Opening what is no regular file must not wait for a writer, or have effects.
func TestNoRegularFile(t *testing.T) {
	p := manyBlobs(t, 1)
	pipe := filepath.Join(filepath.Dir(p.Path), "pipe")
	if err := syscall.Mkfifo(pipe, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{p.Path, idxPath(p)} {
		for _, other := range []string{pipe, "/dev/zero", filepath.Dir(p.Path)} {
			dir := t.TempDir()
			for _, ext := range []string{".pack", ".idx"} {
				target := strings.TrimSuffix(p.Path, ".pack") + ext
				if target == path {
					target = other
				}
				if err := os.Symlink(target, filepath.Join(dir, "pack-1"+ext)); err != nil {
					t.Fatal(err)
				}
			}
			within(t, func() {
				if _, err := Open(filepath.Join(dir, "pack-1.pack"), p.format); err == nil {
					t.Errorf("%s: no error", other)
				}
			})
		}
	}
}

// A file that may not be read, or is not there, is an error like any other.
func TestOpenWhatCannotBeOpened(t *testing.T) {
	for _, ext := range []string{".pack", ".idx"} {
		p := manyBlobs(t, 1)
		if err := os.Remove(strings.TrimSuffix(p.Path, ".pack") + ext); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(p.Path, p.format); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("without its %s: %v", ext, err)
		}
	}
}

// within fails the test if f hangs.
func within(t *testing.T, f func()) {
	t.Helper()
	done := make(chan bool)
	go func() { defer close(done); f() }()
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Fatal("it hangs")
	}
}
