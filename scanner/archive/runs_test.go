package archive

import (
	stdzip "archive/zip"
	"bytes"
	stdgzip "compress/gzip"
	"encoding/base64"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// TestRuns has something packed in texts, in one to three times base64, folded or not, wherever a text may end.
func TestRuns(t *testing.T) {
	inner := "the text within, which is packed, " + strings.Repeat("and some more of it, ", 20)
	b64 := func(b []byte) string { return base64.StdEncoding.EncodeToString(b) }
	once := b64(gzipOf(t, []byte(inner)))
	fold := func(s, by string, wide int) string {
		var b strings.Builder
		for len(s) > wide {
			b.WriteString(s[:wide] + by)
			s = s[wide:]
		}
		return b.String() + s
	}
	for name, text := range map[string]string{
		"once": once, "twice": b64([]byte(once)), "three times": b64([]byte(b64([]byte(once)))), "lines": fold(once, "\n", 76), "yaml": fold(once, "\n    ", 64),
		"json": fold(once, `\n`, 76), "windows": fold(once, "\r\n", 76), "a word behind": once + "\nkind: Secret", "no padding": strings.TrimRight(once, "="),
		"in gzip": b64(gzipOf(t, []byte("release: "+once))), "quoted": `"` + once + `"`, "behind letters": "abc/" + once,
	} {
		text = "apiVersion: v1\ndata:\n  release: " + text + "\nkind: Secret\n"
		for _, before := range []int{0, 1, 40, (64 << 10) - 100, (64 << 10) - 40, (64 << 10) - 2} {
			whole := strings.Repeat("\n", before) + text
			for how, read := range map[string]io.Reader{"large": strings.NewReader(whole), "small": iotest.OneByteReader(strings.NewReader(whole))} {
				s := &seen{texts: map[string]string{}, containers: map[string]string{}, raw: map[string]bool{}}
				runs := NewRuns(read, &Limits{})
				got, _ := io.ReadAll(runs)
				if string(got) != whole {
					t.Fatalf("%s: the text is another one", name)
				}
				if err := runs.Walk(t.Context(), "outer", s); err != nil || runs.budget.Held() != 0 {
					t.Fatal(err, runs.budget.Held())
				}
				place := fmt.Sprintf("outer!(base64 in line %d)", before+3)
				if !strings.Contains(s.textBelow(place), inner) || len(s.unread) > 0 {
					t.Errorf("%s behind %d, %s reads: %q, not read %q", name, before, how, s.texts, s.unread)
				}
			}
			if !HasRuns([]byte(whole)) {
				t.Errorf("%s: there is none", name)
			}
		}
		s := look(t, zipOf(t, stdzip.Deflate, file{"m", text}))
		s.wantIn(t, "outer!m!(base64 in line 3)", inner)
	}
}

// TestRunsInARow has several contents with nothing but blanks and words between them, or none at all: each is found.
func TestRunsInARow(t *testing.T) {
	b64 := func(b []byte) string { return base64.StdEncoding.EncodeToString(b) }
	inner := func(i int) string {
		return fmt.Sprintf("text %d within, which is packed, ", i) + strings.Repeat("and more of it, ", 30+i)
	}
	one := func(i int) string { return b64(gzipOf(t, []byte(inner(i)))) }
	for name, text := range map[string]string{
		"lines": one(0) + "\n" + one(1) + "\n" + one(2), "without padding": strings.TrimRight(one(0), "=") + "\n" + strings.TrimRight(one(1), "=") + "\n" + one(2),
		"blanks": one(0) + " " + one(1) + "\t" + one(2), "a log": "INFO " + one(0) + "\nINFO " + one(1) + "\nand then " + one(2), "JSON": one(0) + `\n` + one(1) + `\n` + one(2),
		"twice": b64([]byte(one(0))) + "\n" + b64([]byte(one(1))) + "\n" + b64([]byte(one(2))), "nothing between": one(0) + "\n" + b64(slices.Concat(gzipOf(t, []byte(inner(1))), gzipOf(t, []byte(inner(2))))),
		"behind what is none": "H4sI" + one(0) + "\nH4sIAAAAAAAA" + strings.Repeat("A", 100) + "\n" + one(1) + "\n/" + one(2), "a line that looks like one": foldedAtMagic(t, inner(0)) + "\n" + one(1) + "\n" + one(2),
	} {
		for how, read := range map[string]io.Reader{"large": strings.NewReader(text), "small": iotest.OneByteReader(strings.NewReader(text))} {
			s := &seen{texts: map[string]string{}, containers: map[string]string{}, raw: map[string]bool{}}
			runs := NewRuns(read, &Limits{})
			_, _ = io.Copy(io.Discard, runs)
			if err := runs.Walk(t.Context(), "outer", s); err != nil || runs.budget.Held() != 0 || len(s.unread) > 0 {
				t.Errorf("%s, %s reads: %v, %d bytes held, not read %q", name, how, err, runs.budget.Held(), s.unread)
			}
			all := strings.Join(slices.Collect(maps.Values(s.texts)), "")
			for i := range 3 {
				if !strings.Contains(all, inner(i)) {
					t.Errorf("%s, %s reads: %d is not in %q", name, how, i, s.texts)
				}
			}
		}
	}
}

// foldedAtMagic is a text packed in base64, in two lines, of which the second looks like the beginning of another.
func foldedAtMagic(t *testing.T, text string) string {
	t.Helper()
	for ; ; text += "." {
		var packed bytes.Buffer
		w, err := stdgzip.NewWriterLevel(&packed, stdgzip.NoCompression)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = w.Write([]byte(text + "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x00\x00\x05\x00\xfa\xffalike" + text))
		w.Close()
		letters := base64.StdEncoding.EncodeToString(packed.Bytes())
		if at := strings.LastIndex(letters, "H4sI"); at > 0 {
			return letters[:at] + "\n" + letters[at:]
		}
	}
}

// TestRunsThatAreNone has texts that only look like it, and one that is cut.
func TestRunsThatAreNone(t *testing.T) {
	once := base64.StdEncoding.EncodeToString(gzipOf(t, []byte(strings.Repeat("0123456789abcdefghij", 500))))
	for text, named := range map[string]bool{
		"H4sI": false, strings.Repeat("H4sI", 100): false, "H4sIAAAAAAAA" + strings.Repeat("A", 100): false, strings.Repeat("x", 1000) + once: false,
		once[:len(once)-30]: true,
	} {
		s := &seen{texts: map[string]string{}, containers: map[string]string{}, raw: map[string]bool{}}
		runs := NewRuns(strings.NewReader(text), &Limits{})
		_, _ = io.Copy(io.Discard, runs)
		if err := runs.Walk(t.Context(), "outer", s); err != nil || len(s.unread) > 0 != named {
			t.Errorf("%.50s: %v, not read %q", text, err, s.unread)
		}
	}
	large := strings.NewReader("H4sIAAAAAAAA" + strings.Repeat("A", 8<<20))
	runs := NewRuns(large, &Limits{Memory: 2 << 20})
	_, _ = io.Copy(io.Discard, runs)
	if runs.budget.Held() > 1<<20 || runs.now.cut == nil {
		t.Errorf("%d bytes are held", runs.budget.Held())
	}
	again := strings.Repeat("H4sIAAAAAAAA/wD//wAA"+strings.Repeat("AAAA", 20)+"\n", 20_000) + once
	runs = NewRuns(strings.NewReader(again), &Limits{})
	_, _ = io.Copy(io.Discard, runs)
	twice := &seen{texts: map[string]string{}, containers: map[string]string{}, raw: map[string]bool{}}
	err := runs.Walk(t.Context(), "outer", dropping{twice})
	if err != nil || !slices.ContainsFunc(twice.unread, func(u string) bool { return strings.Contains(u, errRunAgain.Error()) }) {
		t.Errorf("%v: what could be gone through without an end is not named", err)
	}
	decoys := strings.Repeat("H4sI"+strings.Repeat("AAAA", 20)+"\"\n", 100_000) + once
	runs = NewRuns(strings.NewReader(decoys), &Limits{Memory: 2 << 20})
	_, _ = io.Copy(io.Discard, runs)
	s := &seen{texts: map[string]string{}, containers: map[string]string{}, raw: map[string]bool{}}
	if err := runs.Walk(t.Context(), "outer", s); err != nil || len(s.unread) == 0 || runs.budget.Held() != 0 {
		t.Errorf("decoys hide what comes behind them: %v, not read %q", err, s.unread)
	}
}

func FuzzRuns(f *testing.F) {
	f.Add([]byte("a H4sIAAAAAAAA/"+strings.Repeat("A", 80)+"\n b"), 7)
	f.Fuzz(func(t *testing.T, text []byte, step int) {
		s := &seen{texts: map[string]string{}, containers: map[string]string{}, raw: map[string]bool{}}
		runs := NewRuns(bytes.NewReader(text), &Limits{Memory: 1 << 20})
		if _, err := io.CopyBuffer(io.Discard, struct{ io.Reader }{runs}, make([]byte, max(1, step%100))); err != nil {
			t.Fatal(err)
		}
		if found := len(runs.found) > 0; found != HasRuns(text) && !found {
			t.Fatal("read in pieces, nothing is found")
		}
		_ = runs.Walk(t.Context(), "outer", dropping{s})
	})
}

// BenchmarkHasRuns goes over the source of a program.
func BenchmarkHasRuns(b *testing.B) {
	text := []byte(strings.Repeat("	for from, to := nextRun(text, 0); from >= 0; from, to = nextRun(text, to) {\n", 10_000))
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		HasRuns(text)
	}
}

// TestNextRun holds where runs begin and end against a plain search for them.
func TestNextRun(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	signs := []byte(" \n\"'()*+,-./09:;=_@AZ[`az{~\x00\x7f\x80\xff")
	for range 20_000 {
		text := bytes.Repeat([]byte{'a'}, r.IntN(200))
		for range r.IntN(6) {
			if len(text) > 0 {
				text[r.IntN(len(text))] = signs[r.IntN(len(signs))]
			}
		}
		wantFrom, wantTo := -1, -1
		for from := 0; from < len(text) && wantFrom < 0; from++ {
			to := from
			for to < len(text) && isLetter[text[to]] {
				to++
			}
			if to-from >= runLength {
				wantFrom, wantTo = from, to
			}
			from = to
		}
		if from, to := nextRun(text, 0); from != wantFrom || to != wantTo {
			t.Fatalf("%q: %d to %d, wanted %d to %d", text, from, to, wantFrom, wantTo)
		}
	}
}

// TestHasRunsNear holds what is told of a part of a text against a plain look at the letters around it.
func TestHasRunsNear(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	signs := []byte(" \n\"().;=_-\x00\xff")
	found := 0
	for range 50_000 {
		text := bytes.Repeat([]byte{'a'}, r.IntN(900))
		for range r.IntN(8) {
			if len(text) > 0 {
				text[r.IntN(len(text))] = signs[r.IntN(len(signs))]
			}
		}
		if at := r.IntN(len(text) + 1); at+4 <= len(text) {
			copy(text[at:], "H4sI")
		}
		from := r.IntN(len(text) + 1)
		to := min(from+r.IntN(40), len(text))
		first, last := from, to
		for first > max(0, from-RunHead) && isLetter[text[first-1]] {
			first--
		}
		for last < min(len(text), to+RunHead) && isLetter[text[last]] {
			last++
		}
		if HasRuns(text[first:last]) {
			found++
			if !HasRunsNear(text, from, to) {
				t.Fatalf("%q: nothing near %d to %d", text, from, to)
			}
		}
	}
	if found < 1000 {
		t.Errorf("only %d of the texts hold any", found)
	}
}
