package main

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"crypto/sha1"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// world returns the folder of what is generated under a name, and generates it unless it is there from the last time.
func (b *bench) world(name string, generate func(dir string) error) (string, error) {
	dir := filepath.Join(b.worlds, name)
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	fmt.Fprintf(os.Stderr, "generating %s …\n", name)
	half := dir + ".half"
	if err := os.RemoveAll(half); err != nil {
		return "", err
	}
	if err := os.MkdirAll(half, 0o755); err != nil {
		return "", err
	}
	if err := generate(half); err != nil {
		return "", fmt.Errorf("generating %s: %w", name, err)
	}
	return dir, os.Rename(half, dir)
}

// random numbers are the same in each run.
func random() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }

// makeFamily has git pack 5,000 versions of a file of 2 MB, each with a few lines changed: one family, whose trunk of
// some 40 deltas carries thousands of leaves.
func makeFamily(dir string) error { return imported(dir, writeVersions) }

// imported makes a bare repository of what write tells git fast-import, and packs it.
func imported(dir string, write func(io.Writer) error) error {
	if err := call("", "git", "init", "-q", "--bare", "-b", "main", dir); err != nil {
		return err
	}
	if err := fastImport(dir, write); err != nil {
		return err
	}
	if err := call("", "git", "-C", dir, "repack", "-adfq"); err != nil {
		return err
	}
	return call("", "git", "-C", dir, "pack-refs", "--all")
}

// fastImport tells git fast-import what write writes.
func fastImport(dir string, write func(io.Writer) error) error {
	cmd := exec.Command("git", "-C", dir, "fast-import", "--quiet")
	// Else glibc maps and unmaps the memory of each object that is deflated, for more than half of the processor time.
	cmd.Env = append(os.Environ(), "MALLOC_MMAP_THRESHOLD_=1073741824", "MALLOC_TRIM_THRESHOLD_=1073741824")
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	err = write(in)
	in.Close()
	if failed := cmd.Wait(); failed != nil {
		return failed
	}
	return err
}

func writeVersions(to io.Writer) error {
	w := bufio.NewWriterSize(to, 1<<20)
	r := random()
	lines := make([]string, 42_000)
	for i := range lines {
		lines[i] = fmt.Sprintf("%08x is line %d of a file with some text\n", r.Uint32(), i)
	}
	for version := range 5_000 {
		for range 3 {
			lines[r.IntN(len(lines))] = fmt.Sprintf("%08x is what version %d changed\n", r.Uint32(), version)
		}
		content := strings.Join(lines, "")
		fmt.Fprintf(w, "commit refs/heads/main\ncommitter b <b@example.com> %d +0000\ndata 1\nv\n", 1_700_000_000+version)
		fmt.Fprintf(w, "M 100644 inline file\ndata %d\n%s\n", len(content), content)
	}
	return w.Flush()
}

// makeLoose writes 300,000 loose blobs of source text, some 2 kB each.
func makeLoose(dir string) error {
	if err := call("", "git", "init", "-q", "--bare", dir); err != nil {
		return err
	}
	text, err := sourceText(64 << 20)
	if err != nil {
		return err
	}
	r := random()
	var packed bytes.Buffer
	deflate := zlib.NewWriter(&packed)
	for i := range 300_000 {
		at, size := r.IntN(len(text)-4096), 256+r.IntN(3840)
		object := fmt.Appendf(nil, "blob %d\x00%06d ", size+7, i)
		object = append(object, text[at:at+size]...)
		packed.Reset()
		deflate.Reset(&packed)
		deflate.Write(object)
		deflate.Close()
		id := fmt.Sprintf("%x", sha1.Sum(object))
		fan := filepath.Join(dir, "objects", id[:2])
		if err := os.MkdirAll(fan, 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(fan, id[2:]), packed.Bytes(), 0o444); err != nil {
			return err
		}
	}
	return nil
}

// makeTree copies Go's own files, binaries and all, until there are 76,000.
func makeTree(dir string) error {
	source, err := goroot()
	if err != nil {
		return err
	}
	for files, copies := 0, 0; files < 76_000; copies++ {
		to := filepath.Join(dir, fmt.Sprint("copy", copies))
		if err := os.CopyFS(to, os.DirFS(source)); err != nil {
			return err
		}
		err := filepath.WalkDir(to, func(_ string, e os.DirEntry, err error) error {
			if err == nil && e.Type().IsRegular() {
				files++
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// makeSmallFiles writes 76,000 files of 0.5 to 3 kB of source text into 2,000 folders.
func makeSmallFiles(dir string) error {
	text, err := sourceText(64 << 20)
	if err != nil {
		return err
	}
	r := random()
	for i := range 2_000 {
		folder := filepath.Join(dir, fmt.Sprintf("%02d/%04d", i%40, i))
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return err
		}
		for file := range 38 {
			at, size := r.IntN(len(text)-3_000), 500+r.IntN(2_500)
			if err := os.WriteFile(filepath.Join(folder, fmt.Sprint("file", file)), text[at:at+size], 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}

// makeCheckouts writes the files of a repository's last commit ten times.
func makeCheckouts(repo string) func(dir string) error {
	return func(dir string) error {
		for i := range 10 {
			to := filepath.Join(dir, fmt.Sprint("checkout", i))
			if err := call("", "git", "clone", "-q", "--shared", repo, to); err != nil {
				return err
			}
			if err := os.RemoveAll(filepath.Join(to, ".git")); err != nil {
				return err
			}
		}
		return nil
	}
}

// large is the name of the large file, whose size is in bytes.
const (
	large     = "large"
	largeSize = 2 << 30
)

func makeFile(dir string) error {
	text, err := sourceText(64 << 20)
	if err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(dir, large))
	if err != nil {
		return err
	}
	defer f.Close()
	for range largeSize / (64 << 20) {
		if _, err := f.Write(text); err != nil {
			return err
		}
	}
	return f.Close()
}

// goroot is where Go itself lies.
func goroot() (string, error) {
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return "", fmt.Errorf("running go env GOROOT: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// sourceText is so much of the text of Go's own library.
func sourceText(size int) ([]byte, error) {
	root, err := goroot()
	if err != nil {
		return nil, err
	}
	text := make([]byte, 0, size)
	for len(text) < size {
		before := len(text)
		err := filepath.WalkDir(filepath.Join(root, "src"), func(path string, e os.DirEntry, err error) error {
			if err != nil || !e.Type().IsRegular() || filepath.Ext(path) != ".go" || len(text) >= size {
				return err
			}
			content, err := os.ReadFile(path)
			text = append(text, content...)
			return err
		})
		if err != nil {
			return nil, err
		}
		if len(text) == before {
			return nil, fmt.Errorf("no source of Go's library in %s", root)
		}
	}
	return text[:size], nil
}
