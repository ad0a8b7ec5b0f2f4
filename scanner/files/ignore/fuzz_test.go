package ignore

import (
	"strings"
	"testing"
)

// matchSeeds are where FuzzMatch begins: each kind of pattern that there is.
var matchSeeds = []struct{ content, path string }{
	{"*.o\n!keep.o\n", "a/b.o"},
	{"*.o\n!keep.o\n", "a/keep.o"},
	{"/b\n", "a/b"},
	{"/a/**/b\n**/c/\nfoo**bar", "a/x/b"},
	{"[!a-c]?[[:alpha:]]\\*\n[a\n\\", "d.x*"},
	{"\ufeff# no\r\nx \\ \n", "x  "},
	{"*\n!*/\n!/é/[\x80-\xff]", "é/\xff"},
}

// TestMatchSeeds: seeds that were all of one kind would show nothing.
func TestMatchSeeds(t *testing.T) {
	verdicts := map[Verdict]int{}
	for _, seed := range matchSeeds {
		verdicts[Parse([]byte(seed.content), false).Match(seed.path, false)]++
	}
	if verdicts[None] == 0 || verdicts[Excluded] == 0 || verdicts[Included] == 0 {
		t.Errorf("verdicts of the seeds: %v", verdicts)
	}
}

// FuzzMatch holds the two matchers against each other: List, and the regular expressions behind Paths.
// Neither may panic.
func FuzzMatch(f *testing.F) {
	for _, seed := range matchSeeds {
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
