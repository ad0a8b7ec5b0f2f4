package search

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"skleak/rules/internal/search/literal"
)

const (
	commonFile = "testdata/common.txt"
	commonHead = "# How often grams and windows of the literals occur in a million bytes of source code, dumps, random base64\n" +
		"# and binaries. go test -run CountCommon writes this.\n"
	// What is rarer in a million bytes is not listed.
	commonGram   = 3
	commonWindow = 0.01
)

// readCommon reads the file: lines of how often something occurs in a million bytes, and what, quoted.
func readCommon(t *testing.T) map[string]float64 {
	file, err := os.ReadFile(commonFile)
	if err != nil {
		t.Fatal(err)
	}
	common := map[string]float64{}
	for line := range strings.Lines(string(file)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		number, quoted, _ := strings.Cut(strings.TrimSpace(line), " ")
		n, err := strconv.ParseFloat(number, 64)
		text, err2 := strconv.Unquote(quoted)
		if err := cmp.Or(err, err2); err != nil || len(text) != gramLen && len(text) != windowLong {
			t.Fatalf("%s: %q: %v", commonFile, line, err)
		}
		common[text] = n
	}
	return common
}

// TestCountCommon writes the file anew from the texts of the folder that SKLEAK_BENCH_TEXTS names, each of which
// counts the same whatever its size.
func TestCountCommon(t *testing.T) {
	folder := os.Getenv("SKLEAK_BENCH_TEXTS")
	if folder == "" {
		t.Skip("SKLEAK_BENCH_TEXTS names no folder of texts")
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no texts in %s: %v", folder, err)
	}
	grams, windows := newCount(gramLen), newCount(windowLong)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		weight := 1e6 / float64(len(files)) / float64(len(text))
		grams.add(text, weight)
		windows.add(text, weight)
	}
	lines := append(grams.lines(commonGram), windows.lines(commonWindow)...)
	if err := os.WriteFile(commonFile, []byte(commonHead+strings.Join(lines, "")), 0o644); err != nil {
		t.Fatal(err)
	}
}

// A count counts the pieces of one length that literals have.
type count struct {
	size   int
	pieces map[uint64]float64
	sieve  []uint64 // holds the hash of each piece, for most of a text has none
}

const sieveBits = 26

func newCount(size int) *count {
	c := &count{size: size, pieces: map[uint64]float64{}, sieve: make([]uint64, 1<<sieveBits/64)}
	for _, l := range literal.All() {
		for at := 0; at+size <= len(l.Text); at++ {
			piece := c.pieceAt([]byte(l.Text), at)
			c.pieces[piece] = 0
			hash := piece * windowHash >> (64 - sieveBits)
			c.sieve[hash/64] |= 1 << (hash % 64)
		}
	}
	return c
}

func (c *count) pieceAt(text []byte, at int) uint64 {
	if c.size == gramLen {
		return uint64(binary.LittleEndian.Uint32(text[at:]))
	}
	return binary.LittleEndian.Uint64(text[at:])
}

// add counts the pieces of text, each as much as weight.
func (c *count) add(text []byte, weight float64) {
	for at := 0; at+c.size <= len(text); at++ {
		piece := c.pieceAt(text, at)
		hash := piece * windowHash >> (64 - sieveBits)
		if c.sieve[hash/64]>>(hash%64)&1 == 0 {
			continue
		}
		if n, known := c.pieces[piece]; known {
			c.pieces[piece] = n + weight
		}
	}
}

// lines lists the pieces that were counted least times or more, the most frequent first.
func (c *count) lines(least float64) []string {
	var pieces []uint64
	for piece, n := range c.pieces {
		if n >= least {
			pieces = append(pieces, piece)
		}
	}
	slices.SortFunc(pieces, func(a, b uint64) int { return cmp.Or(cmp.Compare(c.pieces[b], c.pieces[a]), cmp.Compare(a, b)) })
	var lines []string
	for _, piece := range pieces {
		text := binary.LittleEndian.AppendUint64(nil, piece)[:c.size]
		lines = append(lines, fmt.Sprintf("%.3g %q\n", c.pieces[piece], text))
	}
	return lines
}
