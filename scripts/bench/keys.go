package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// What follows generates histories that are full of keys, which cost time and memory by their number.

// manyKeys are lines with a key each.
func manyKeys(n int) []string {
	lines := make([]string, n)
	for i := range lines {
		lines[i] = fmt.Sprintf("key%d = %s\n", i, benchKey(i))
	}
	return lines
}

// benchKey is a key, joined so that no scan takes this file for a leak.
func benchKey(i int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "bench %d", i))
	return "sk_" + "live_" + base32.StdEncoding.EncodeToString(sum[:])[:24]
}

func writeCommit(w io.Writer, n int, message string) {
	fmt.Fprintf(w, "commit refs/heads/main\ncommitter b <b@example.com> %d +0000\ndata %d\n%s\n", 1_700_000_000+n,
		len(message), message)
}

func writeFile(w io.Writer, lines []string) {
	content := strings.Join(lines, "")
	fmt.Fprintf(w, "M 100644 inline file.env\ndata %d\n%s\n", len(content), content)
}

// writeKeyVersions is a file of 5,000 keys in so many versions, of which each has a line more.
func writeKeyVersions(versions int) func(io.Writer) error {
	return func(to io.Writer) error {
		w, r, lines := bufio.NewWriterSize(to, 1<<20), random(), manyKeys(5_000)
		for n := range versions {
			lines = slices.Insert(lines, r.IntN(len(lines)+1), fmt.Sprintf("# line %d\n", n))
			writeCommit(w, n, "v")
			writeFile(w, lines)
		}
		return w.Flush()
	}
}

// writeKeyRefs is a file of 1,000 keys and 20,000 branches that have it.
func writeKeyRefs(to io.Writer) error {
	w := bufio.NewWriterSize(to, 1<<20)
	writeCommit(w, 0, "keys")
	writeFile(w, manyKeys(1_000))
	for n := range 20_000 {
		fmt.Fprintf(w, "reset refs/heads/b%d\nfrom refs/heads/main\n\n", n)
	}
	return w.Flush()
}

// writeKeyMessages is 40,000 commits with a key in each message.
func writeKeyMessages(to io.Writer) error {
	w := bufio.NewWriterSize(to, 1<<20)
	for n := range 40_000 {
		writeCommit(w, n, "use "+benchKey(n)+"\n")
	}
	return w.Flush()
}

// bounded scans a generated history within a time (0: any) and an amount of anonymous memory (0: any).
func (b *bench) bounded(name string, write func(io.Writer) error, within time.Duration, memory int64) (string, bool,
	error) {
	repo, err := b.world(name, func(dir string) error { return imported(dir, write) })
	if err != nil {
		return "", false, err
	}
	best, err := least(b.runs, b.scan("git", repo))
	if err != nil {
		return "", false, err
	}
	took := best[0]
	ok := (within == 0 || took.wall <= within) && (memory == 0 || took.anonymous <= memory)
	return fmt.Sprintf("%s, %d MB (%s of processor time)", short(took.wall), took.anonymous>>20,
		short(took.processor)), ok, nil
}
