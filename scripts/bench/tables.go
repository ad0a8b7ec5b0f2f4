package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
)

// packs of a repository, clone or bare.
func packs(repo string) ([]string, error) {
	dir, err := git(repo, "rev-parse", "--absolute-git-dir")
	if err != nil {
		return nil, err
	}
	names, err := filepath.Glob(filepath.Join(dir, "objects/pack/*.pack"))
	if err == nil && len(names) == 0 {
		err = fmt.Errorf("no packs in %s", dir)
	}
	return names, err
}

// packed tells the bytes of a repository's packs, and how many objects lie in them.
func packed(repo string) (bytes int64, objects int, err error) {
	names, err := packs(repo)
	if err != nil {
		return 0, 0, err
	}
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil {
			return 0, 0, err
		}
		p, err := pack.Open(name, oid.SHA1)
		if err != nil {
			return 0, 0, err
		}
		bytes += info.Size()
		objects += p.Index.Len()
		p.Close()
	}
	return bytes, objects, nil
}

// tables measures what the tables of a repository's largest pack take, in bytes an object.
func tables(repo string) (string, bool, error) {
	names, err := packs(repo)
	if err != nil {
		return "", false, err
	}
	var largest *pack.Pack
	for _, name := range names {
		p, err := pack.Open(name, oid.SHA1)
		if err != nil {
			return "", false, err
		}
		defer p.Close()
		if largest == nil || p.Index.Len() > largest.Index.Len() {
			largest = p
		}
	}
	before := heap()
	layout, err := pack.NewLayout(largest, runtime.NumCPU())
	if err != nil {
		return "", false, err
	}
	each := float64(heap()-before) / float64(layout.Len())
	runtime.KeepAlive(layout)
	return fmt.Sprintf("%.1f B/object (%d objects)", each, layout.Len()), each < 24, nil
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
