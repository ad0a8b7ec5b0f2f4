package ignore

import (
	"strings"
	"testing"
)

// FuzzMatch holds the two matchers against each other: List, and the regular expressions behind Paths.
// Neither may panic.
func FuzzMatch(f *testing.F) {
	for _, seed := range []struct{ content, path string }{
		{"*.o\n!keep.o\n", "a/b.o"},
		{"/a/**/b\n**/c/\nfoo**bar", "a/x/b"},
		{"[!a-c]?[[:alpha:]]\\*\n[a\n\\", "d.x*"},
		{"\ufeff# no\r\nx \\ \n", "x  "},
		{"*\n!*/\n!/é/[\x80-\xff]", "é/\xff"},
	} {
		f.Add(seed.content, seed.path, true)
		f.Add(seed.content, seed.path, false)
	}
	f.Fuzz(func(t *testing.T, content, path string, dir bool) {
		if path == "" || strings.ContainsRune(path, 0) || strings.Contains("/"+path+"/", "//") {
			t.Skip() // no system has such paths
		}
		if strings.ContainsRune(content, 0) {
			t.Skip() // ends a line in a file alone
		}
		Parse([]byte(content), true).Match(path, dir)
		want := decide(Parse([]byte(content), false), path, dir)
		if got := NewPaths(strings.Split(strings.TrimPrefix(content, "\ufeff"), "\n")).Ignored(path, dir); got != want {
			t.Errorf("patterns %q, path %q, folder %v: Paths says %v, List %v", content, path, dir, got, want)
		}
	})
}
