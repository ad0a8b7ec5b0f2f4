package files

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"skleak/scanner"
)

// smallest is the size of the smallest window, and edges are the offsets where windows and their
// cores end in a text that is longer than four of them.
func smallest() (size int, edges []int) {
	w := newWindow(builtin, 1)
	size = len(w.buf)
	for end := size; end < 4*size; end += size - 2*w.margin {
		edges = append(edges, end-w.margin, end)
	}
	return size, edges
}

// filler is text of n bytes without a key, with lines and characters of all lengths.
func filler(n int) []byte {
	r := rand.New(rand.NewPCG(7, 7))
	pieces := []string{"a", "word ", "\n", "ä", "€", "😀", "\xff", "\r\n", "sk_", "-", "="}
	var b bytes.Buffer
	for b.Len() < n {
		b.WriteString(pieces[r.IntN(len(pieces))])
	}
	return b.Bytes()[:n]
}

// TestWindowEdges puts keys at every offset around the edges of windows, and compares with one
// window that holds the whole file.
func TestWindowEdges(t *testing.T) {
	size, edges := smallest()
	root := t.TempDir()
	text := filler(4*size + 123)
	edges = append(edges, len(text)-len(key(0))-1)
	place := func(at, n int) { copy(text[at:], " "+key(n)) }
	clean := bytes.Clone(text)
	for shift := -len(key(0)) - 3; shift <= 1; shift++ {
		copy(text, clean)
		want := 0
		for n, edge := range edges {
			if at := edge + shift; at+1+len(key(n)) <= len(text) {
				place(at, n)
				want++
			}
		}
		write(t, root, map[string]string{"file": string(text)})
		whole, _, _ := scan(t, root, Options{window: len(text) + 1})
		small, _, cov := scan(t, root, Options{window: 1})
		if len(whole.findings) != want || cov.Bytes.Load() != int64(len(text)) {
			t.Fatalf("shift %d: %d findings of %d, %d bytes of %d",
				shift, len(whole.findings), want, cov.Bytes.Load(), len(text))
		}
		wantLines(t, fmt.Sprintf("shift %d", shift), small.lines(), whole.lines()...)
		stream := &collector{}
		o := Options{Rules: builtin, window: 1}
		if err := Reader(context.Background(), bytes.NewReader(text), "file", o, stream); err != nil {
			t.Fatal(err)
		}
		wantLines(t, fmt.Sprintf("shift %d, as a stream", shift), stream.lines(), whole.lines()...)
	}
}

// TestWindowSizes reads files whose sizes lie around those of windows, with a key at the very end.
func TestWindowSizes(t *testing.T) {
	size, edges := smallest()
	root := t.TempDir()
	for _, edge := range append(edges, len(key(1))) {
		for delta := -2; delta <= 2; delta++ {
			n := edge + delta - len(key(1))
			text := bytes.Repeat([]byte("\n"), max(n, 0))
			write(t, root, map[string]string{"file": string(text) + key(1)})
			c, _, cov := scan(t, root, Options{window: size})
			want := fmt.Sprintf("file:%d:1-%d:35", len(text)+1, len(text)+1)
			wantLines(t, fmt.Sprintf("%d bytes", edge+delta), c.lines(), want)
			wantUnreadable(t, cov)
		}
	}
}

func TestReader(t *testing.T) {
	text := "first\n\t" + key(1) + "\nä " + key(2)
	readers := map[string]func() io.Reader{
		"at once":         func() io.Reader { return strings.NewReader(text) },
		"bytes":           func() io.Reader { return iotest.OneByteReader(strings.NewReader(text)) },
		"halves":          func() io.Reader { return iotest.HalfReader(strings.NewReader(text)) },
		"data with error": func() io.Reader { return iotest.DataErrReader(strings.NewReader(text)) },
	}
	for name, open := range readers {
		t.Run(name, func(t *testing.T) {
			c := &collector{}
			var cov scanner.Coverage
			err := Reader(context.Background(), open(), "-", Options{Coverage: &cov}, c)
			if err != nil {
				t.Fatal(err)
			}
			wantLines(t, "findings", c.lines(), "-:2:2-2:36", "-:3:3-3:37")
			if c.findings[0].Source != scanner.SourceStdin || cov.Bytes.Load() != int64(len(text)) || cov.Files.Load() != 1 {
				t.Errorf("source %s, %d bytes, %d files", c.findings[0].Source, cov.Bytes.Load(), cov.Files.Load())
			}
			wantUnreadable(t, &cov)
		})
	}
}

func TestReaderFails(t *testing.T) {
	broken := map[string]io.Reader{
		"error":       io.MultiReader(strings.NewReader(key(1)), iotest.ErrReader(errors.New("the line went dead"))),
		"no progress": io.MultiReader(strings.NewReader(key(1)), stuck{}),
	}
	for name, from := range broken {
		c := &collector{}
		var cov scanner.Coverage
		if err := Reader(context.Background(), from, "in", Options{Coverage: &cov}, c); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		wantLines(t, name, c.lines(), "in:1:1-1:35")
		wantUnreadable(t, &cov, "unreadable-file in")
	}
}

// stuck returns nothing, for ever.
type stuck struct{}

func (stuck) Read([]byte) (int, error) { return 0, nil }

func TestReaderStopped(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	from, to := io.Pipe()
	defer to.Close() // ends the Read that is left behind
	go func() {
		_, _ = io.WriteString(to, key(1)+"\n")
		stop()
	}()
	c := &collector{}
	var cov scanner.Coverage
	start := time.Now()
	if err := Reader(ctx, from, "in", Options{Coverage: &cov}, c); err != context.Canceled {
		t.Errorf("Reader: %v", err)
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("it took %v to stop", took)
	}
	wantUnreadable(t, &cov, "interrupted ")
}

func BenchmarkDir(b *testing.B) {
	root := b.TempDir()
	text := bytes.Repeat([]byte("a line of source code, as long as most of them are\n"), 200)
	total := 0
	content := map[string]string{}
	for i := range 1000 {
		content[fmt.Sprintf("d%d/e%d/f%d", i%10, i%50, i)] = string(text)
		total += len(text)
	}
	write(b, root, content)
	for _, way := range ways {
		b.Run(way.name, func(b *testing.B) {
			b.SetBytes(int64(total))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Dir(context.Background(), root, Options{Rules: builtin, open: way.open}, &collector{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkLargeFile(b *testing.B) {
	root := b.TempDir()
	text := bytes.Repeat([]byte("a line of source code, as long as most of them are\n"), 2<<20) // searched by all workers
	write(b, root, map[string]string{"large": string(text)})
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Dir(context.Background(), filepath.Join(root, "large"), Options{Rules: builtin}, &collector{}); err != nil {
			b.Fatal(err)
		}
	}
}
