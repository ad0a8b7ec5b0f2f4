package odb

import (
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"skleak/scanner/git/inflate"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
)

// BenchmarkLoose reads all loose objects of the repository that SKLEAK_BENCH_LOOSE names, by two goroutines: plainly,
// a folder's list, each file and the stream in it and nothing else; and as a scan does. Its cost should stay near
// that of the first.
func BenchmarkLoose(b *testing.B) {
	repo := os.Getenv("SKLEAK_BENCH_LOOSE")
	if repo == "" {
		b.Skip("SKLEAK_BENCH_LOOSE names no repository")
	}
	objects := filepath.Join(repo, "objects")
	for _, how := range []struct {
		name string
		read func(b *testing.B, objects string) (bytes int64)
	}{{"plain", readPlainly}, {"ours", readByVisit}} {
		b.Run(how.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				b.SetBytes(how.read(b, objects))
			}
		})
	}
}

// twice runs work in two goroutines and adds up what they return.
func twice(work func(part int) int64) (sum int64) {
	var wg sync.WaitGroup
	var sums [2]int64
	for part := range sums {
		wg.Go(func() { sums[part] = work(part) })
	}
	wg.Wait()
	return sums[0] + sums[1]
}

func readPlainly(b *testing.B, objects string) int64 {
	folders, err := filepath.Glob(filepath.Join(objects, "??"))
	if err != nil {
		b.Fatal(err)
	}
	return twice(func(part int) (sum int64) {
		var d inflate.Decoder
		room := make([]byte, 1<<20)
		for _, folder := range folders[part*len(folders)/2 : (part+1)*len(folders)/2] {
			files, err := os.ReadDir(folder)
			if err != nil {
				b.Error(err)
			}
			for _, f := range files {
				packed, err := os.ReadFile(filepath.Join(folder, f.Name()))
				if err != nil {
					b.Error(err)
				}
				n, _, err := d.Within(room, packed)
				if err != nil {
					b.Error(f.Name(), err)
				}
				sum += int64(n)
			}
		}
		return sum
	})
}

func readByVisit(b *testing.B, objects string) int64 {
	l, problems := listLoose(objects, oid.SHA1)
	if len(problems) > 0 {
		b.Fatal(problems)
	}
	return twice(func(part int) (sum int64) {
		var r LooseReader
		for at := part * l.Len() / 2; at < (part+1)*l.Len()/2; at++ {
			err := r.Visit(l, at,
				func(_ pack.Kind, content []byte) { sum += int64(len(content)) },
				func(_ pack.Kind, size uint64, content io.Reader) error { sum += int64(size); return nil })
			if err != nil {
				b.Error(err)
			}
		}
		return sum
	})
}
