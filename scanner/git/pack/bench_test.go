package pack

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"skleak/scanner/git/oid"
)

// benchPack is the largest pack of the repository that SKLEAK_BENCH_REPO names (a .git or bare folder, SHA-1).
func benchPack(b testing.TB) *Pack {
	repo := os.Getenv("SKLEAK_BENCH_REPO")
	if repo == "" {
		b.Skip("SKLEAK_BENCH_REPO names no repository")
	}
	names, err := filepath.Glob(filepath.Join(repo, "objects/pack/*.pack"))
	if err != nil || len(names) == 0 {
		b.Fatalf("no packs in %s: %v", repo, err)
	}
	var largest *Pack
	for _, name := range names {
		p, err := Open(name, oid.SHA1)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { p.Close() })
		if largest == nil || p.Index.Len() > largest.Index.Len() {
			largest = p
		}
	}
	return largest
}

// idle is a visitor that does nothing: what is left is the walk.
type idle struct{ b *testing.B }

func (idle) Visit(*Object) Mark { return 0 }
func (idle) Stream(_ *Object, _ uint64, content io.Reader) error {
	_, err := io.Copy(io.Discard, content)
	return err
}
func (i idle) Failed(_ *Pack, position int, err error) { i.b.Errorf("object %d: %v", position, err) }

func BenchmarkNewLayout(b *testing.B) {
	p := benchPack(b)
	b.SetBytes(int64(len(p.data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := NewLayout(p, runtime.GOMAXPROCS(0)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkWalk(b *testing.B) {
	p := benchPack(b)
	l, err := NewLayout(p, runtime.GOMAXPROCS(0))
	if err != nil {
		b.Fatal(err)
	}
	w := Walk{Layout: l, Kinds: AllKinds, Margin: 7, Workers: runtime.GOMAXPROCS(0)}
	b.SetBytes(int64(len(p.data)))
	b.ReportAllocs()
	for b.Loop() {
		if err := w.Run(context.Background(), func() Visitor { return idle{b} }); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkReindex makes the idx of a pack, which must be, byte for byte, the one that git has written.
func BenchmarkReindex(b *testing.B) {
	p := benchPack(b)
	b.SetBytes(int64(len(p.data)))
	b.ReportAllocs()
	for b.Loop() {
		bare := &Pack{data: p.data, format: p.format}
		if losses, err := bare.Reindex(b.Context(), Mending{Workers: runtime.GOMAXPROCS(0)}); err != nil || len(losses) > 0 {
			b.Fatal(losses, err)
		}
		if !bytes.Equal(bare.Index.data, p.Index.data) {
			b.Fatal("another idx than git's")
		}
	}
}
