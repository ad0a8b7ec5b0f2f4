package baseline

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"skleak/rules"
	"skleak/scanner"
)

func keyOf(n byte) rules.Key {
	return rules.NewKey("sk" + "_live_" + strings.Repeat("Q7w", 6) + string('a'+n))
}

// leakAt is a leak found at paths.
func leakAt(n byte, paths ...string) scanner.Leak {
	l := scanner.Leak{Key: keyOf(n)}
	for _, p := range paths {
		l.Findings = append(l.Findings, scanner.Finding{Path: p})
	}
	return l
}

var oddPaths = []string{
	"", "a", "a b", " a", "a ", "a\tb", "a\nb", "a\r", `"a"`, `a"b`, `a\b`, "ä/日本", "\xff", "a\u202eb", "a\u00a0b", "<<<<<<< HEAD", "=======", "#a",
	strings.Repeat("long/", 1000),
}

func TestRoundTrip(t *testing.T) {
	b := New([]scanner.Leak{leakAt(0, oddPaths...), leakAt(1, "a")}, nil)
	data := b.Encode()
	again, err := Parse(data)
	if err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	if !bytes.Equal(again.Encode(), data) || again.Len() != len(oddPaths)+1 {
		t.Errorf("read and written again:\n%s\nwant\n%s", again.Encode(), data)
	}
	for _, p := range oddPaths {
		if !again.Has(keyOf(0).Fingerprint(), p) || again.Has(keyOf(1).Fingerprint(), p) != (p == "a") {
			t.Errorf("path %q is not known, or for the wrong key", p)
		}
	}
	lines := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	if !slices.IsSorted(lines[1:]) || lines[0] != "skleak baseline 1" || len(lines) != len(oddPaths)+2 {
		t.Errorf("not a sorted line for each:\n%s", data)
	}
	if crlf, err := Parse(bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n"))); err != nil ||
		!bytes.Equal(crlf.Encode(), data) {
		t.Errorf("with CR LF: %v", err)
	}
}

func TestCovers(t *testing.T) {
	placeholder, allowed, known := leakAt(2, "p"), leakAt(3, "p"), leakAt(4, "p")
	placeholder.Placeholder = true
	allowed.Suppressed, known.Suppressed = scanner.SuppressedAllowed, scanner.SuppressedBaseline
	b := New([]scanner.Leak{leakAt(0, "a", "b"), placeholder, allowed, known}, nil)
	for _, c := range []struct {
		leak scanner.Leak
		want bool
	}{
		{leakAt(0, "a"), true}, {leakAt(0, "a", "b"), true}, {leakAt(0, "a", "c"), false}, {leakAt(1, "a"), false}, {leakAt(0), false},
		{placeholder, false}, {allowed, false}, {known, true},
	} {
		if got := b.Covers(c.leak, nil); got != c.want {
			t.Errorf("%v at %d places is covered: %v", c.leak.Key, len(c.leak.Findings), got)
		}
	}
	if (&Baseline{}).Has(keyOf(0).Fingerprint(), "a") {
		t.Error("the zero baseline knows something")
	}
}

func TestBaselineHoldsNoKey(t *testing.T) {
	secret := keyOf(5).Reveal()
	path := "backup/" + secret + ".env"
	b := New([]scanner.Leak{leakAt(5, path)}, nil)
	if bytes.Contains(b.Encode(), []byte(secret)) {
		t.Errorf("a key in the baseline:\n%s", b.Encode())
	}
	redacted := rules.Default().Redact(path)
	if !b.Has(keyOf(5).Fingerprint(), path) || !b.Has(keyOf(5).Fingerprint(), redacted) {
		t.Error("the path is not known, whole or redacted")
	}
}

func TestWrongBaselines(t *testing.T) {
	const line = "0a1b2c3d4e5f60718293 a\n"
	for text, want := range map[string]string{
		"":                      "an empty file",
		"[{}]":                  "line 1: this is JSON",
		line:                    "line 1: a baseline begins with",
		"skleak baseline 2\n":   `line 1: version "2" is unknown`,
		"skleak baseline 1 \n":  "line 1: version",
		"skleak baseline 1\n\n": "line 2: no fingerprint of 20 hex digits",
		"skleak baseline 1\n" + line + "<<<<<<< HEAD\n":   "line 3: a merge conflict",
		"skleak baseline 1\n" + line + "=======\n":        "line 3: a merge conflict",
		"skleak baseline 1\n||||||| base\n":               "line 2: a merge conflict",
		"skleak baseline 1\n>>>>>>> theirs\n":             "line 2: a merge conflict",
		"<<<<<<< HEAD\nskleak baseline 1\n":               "line 1: a merge conflict",
		"skleak baseline 1\n0A1B2C3D4E5F60718293 a\n":     "line 2: no fingerprint",
		"skleak baseline 1\n0a1b2c3d4e5f60718293\n":       "line 2: the path is missing",
		"skleak baseline 1\n0a1b2c3d4e5f60718293  a\n":    "line 2: the path is missing, or must be quoted",
		"skleak baseline 1\n0a1b2c3d4e5f60718293 \"a\n":   "line 2: the path is not quoted",
		"skleak baseline 1\n0a1b2c3d4e5f60718293 a\x00\n": "must be quoted",
	} {
		if _, err := Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one that says %q", text, err, want)
		}
	}
}

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "baseline")
	b := New([]scanner.Leak{leakAt(0, "a")}, nil)
	write := func(wantChanged bool) {
		t.Helper()
		if changed, err := Write(path, b); err != nil || changed != wantChanged {
			t.Fatalf("changed %v, %v", changed, err)
		}
		if loaded, err := Load(path); err != nil || !bytes.Equal(loaded.Encode(), b.Encode()) {
			t.Fatalf("loaded again: %v", err)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
			t.Fatalf("left behind: %v, %v", left, err)
		}
	}
	write(true)
	long := time.Now().Add(-time.Hour).Truncate(time.Second)
	if err := os.Chtimes(path, long, long); err != nil {
		t.Fatal(err)
	}
	write(false)
	if info, err := os.Stat(path); err != nil || !info.ModTime().Equal(long) {
		t.Errorf("a baseline that did not change was touched: %v", err)
	}
	b = New([]scanner.Leak{leakAt(0, "a"), leakAt(1, "b")}, nil)
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	write(true)
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o640 {
		t.Errorf("the mode was not kept: %v %v", info.Mode(), err)
	}
	crlf := bytes.ReplaceAll(b.Encode(), []byte("\n"), []byte("\r\n"))
	conflict := append(b.Encode(), "<<<<<<< HEAD\n"...)
	for _, c := range []struct {
		old     []byte
		changed bool
	}{{crlf, false}, {conflict, true}, {nil, true}} {
		if err := os.WriteFile(path, c.old, 0o644); err != nil {
			t.Fatal(err)
		}
		write(c.changed)
	}
}

func TestWriteBaselineRefuses(t *testing.T) {
	dir := t.TempDir()
	b := New(nil, nil)
	for text, want := range map[string]string{"package main\n": "the existing file was not replaced",
		"skleak baseline 9\n": `version "9" is unknown`} {
		path := filepath.Join(dir, "file")
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Write(path, b); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != text {
			t.Errorf("%q was overwritten: %q, %v", text, got, err)
		}
	}
	if _, err := Write(dir, b); err == nil || !strings.Contains(err.Error(), "a folder; name a file in it") {
		t.Errorf("a directory: %v", err)
	}
	if _, err := Write(filepath.Join(dir, "none", "x"), b); err == nil || !strings.Contains(err.Error(), "make it first") {
		t.Errorf("a directory that is not there: %v", err)
	}
	if _, err := Load(filepath.Join(dir, "none")); err == nil {
		t.Error("a file that is not there is read")
	}
}

func FuzzBaseline(f *testing.F) {
	odd := New([]scanner.Leak{leakAt(0, oddPaths...)}, nil)
	if odd.Len() < 5 {
		f.Fatalf("the seed has %d lines", odd.Len())
	}
	f.Add(odd.Encode())
	f.Add([]byte("skleak baseline 1\r\n0a1b2c3d4e5f60718293 \"a\\tb\"\r\n"))
	f.Add([]byte("skleak baseline 1\n<<<<<<< HEAD\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := Parse(data)
		if err != nil {
			return
		}
		again, err := Parse(b.Encode())
		if err != nil || again.Len() != b.Len() || !bytes.Equal(again.Encode(), b.Encode()) {
			t.Errorf("%q is read, and what is written then is not the same: %v", data, err)
		}
	})
}
