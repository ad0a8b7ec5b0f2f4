package ignore

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// The tests here hold the package against `git check-ignore`. Patterns and paths are made at random
// from nearly the same few pieces, so that many of them meet.

const seed = 20250713

var patternPieces = []string{
	"a", "b", "A", "B", "c", "foo", "Foo", "bar", ".o", ".", "-", "é", "x y", "+", "(", "$", "{1}", "|", "^", "\r", "\t",
	"*", "*", "*", "**", "**", "***", "?", "?", "/", "/", "/", "/**/", "**/", "/**", " ", "  ", "\\ ",
	"\\*", "\\a", "\\A", "\\", "\\/", "\\!", "\\#", "#", "!",
	"[ab]", "[!a]", "[^a]", "[a-c]", "[A-C]", "[c-a]", "[]a]", "[!]a]", "[a-]", "[-a]", "[\\]a]", "[a-\\c]",
	"[[:alpha:]]", "[[:upper:]]", "[[:space:]]", "[[:digit:]a]", "[[:nope:]]", "[[:]]", "[[::]]", "[[:a]",
	"[a", "[", "]", "[/]", "[!/]", "[a/]", "[*]", "[?]", "[\xc3]", "[\x80-\xff]",
}

// folderPieces make folder names that patterns with folders in them can meet.
var folderPieces = []string{"a", "b", "foo", "Foo", "ab", "x y"}

var filePieces = []string{
	"a", "b", "A", "B", "c", "foo", "Foo", "FOO", "bar", ".o", ".", "-", "é", "x y", " ", "+", "(", "$", "{1}", "|", "^",
	"1", "[", "]", "\\", "*", "?", "!", "#", "\t", "\v", "\n", "\x80",
}

func pick(r *rand.Rand, from []string, n int) string {
	var b strings.Builder
	for range n {
		b.WriteString(from[r.IntN(len(from))])
	}
	return b.String()
}

func randomPattern(r *rand.Rand) string {
	p := pick(r, patternPieces, 1+r.IntN(4))
	switch r.IntN(6) {
	case 0:
		p = "!" + p
	case 1:
		p += "/"
	case 2:
		p = "/" + p
	case 3:
		p = folderPieces[r.IntN(len(folderPieces))] + "/" + p
	}
	return p
}

func randomName(r *rand.Rand) string {
	for {
		if name := pick(r, filePieces, 1+r.IntN(3)); name != "." && name != ".." {
			return name
		}
	}
}

// randomPaths makes files and folders, at most depth folders deep; folders come before what is in
// them and end in a slash.
func randomPaths(r *rand.Rand, n, depth int) []string {
	kinds := map[string]string{} // "/" for a folder, "" for a file
	var paths []string
	add := func(path, kind string) bool {
		if known, ok := kinds[path]; ok {
			return known == kind
		}
		kinds[path] = kind
		paths = append(paths, path+kind)
		return true
	}
next:
	for range n {
		parent := ""
		for range r.IntN(depth + 1) {
			parent += pick(r, folderPieces, 1)
			if !add(parent, "/") {
				continue next
			}
			parent += "/"
		}
		kind := ""
		if r.IntN(4) == 0 {
			kind = "/"
		}
		add(parent+randomName(r), kind)
	}
	return paths
}

// repository is a folder in which git answers.
type repository struct {
	t    *testing.T
	root string
}

func newRepository(t *testing.T, ignoreCase bool) *repository {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("Windows cannot store the names this test makes")
	}
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("needs git to compare with")
	}
	g := &repository{t, t.TempDir()}
	g.run(nil, "init", "-q")
	g.run(nil, "config", "core.ignoreCase", fmt.Sprint(ignoreCase))
	g.run(nil, "config", "core.excludesFile", filepath.Join(g.root, ".git", "none"))
	return g
}

func (g *repository) run(in []byte, args ...string) []byte {
	g.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = g.root
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1")
	cmd.Stdin = bytes.NewReader(in)
	out, err := cmd.Output()
	if exit, ok := err.(*exec.ExitError); ok && exit.ExitCode() == 1 && args[0] == "check-ignore" {
		err = nil // nothing is ignored
	}
	if err != nil {
		g.t.Fatalf("git %v: %v", args, err)
	}
	return out
}

func (g *repository) write(path, content string) {
	g.t.Helper()
	if err := os.WriteFile(filepath.Join(g.root, path), []byte(content), 0o666); err != nil {
		g.t.Fatal(err)
	}
}

// writeFolders makes the folders among paths. Git takes a path that is not there for a file.
func (g *repository) writeFolders(paths []string) {
	g.t.Helper()
	for _, path := range paths {
		if strings.HasSuffix(path, "/") {
			if err := os.MkdirAll(filepath.Join(g.root, path), 0o777); err != nil {
				g.t.Fatal(err)
			}
		}
	}
}

// ignored asks git which of the paths are ignored.
func (g *repository) ignored(paths []string) map[string]bool {
	in := strings.ReplaceAll(strings.Join(paths, "\x00")+"\x00", "/\x00", "\x00")
	out := g.run([]byte(in), "check-ignore", "--no-index", "-z", "--stdin")
	set := map[string]bool{}
	for path := range strings.SplitSeq(string(out), "\x00") {
		set[path] = true
	}
	return set
}

// decide walks down to path as a reader of the tree would: no folder that is left out is entered.
func decide(l *List, path string, dir bool) bool {
	for i := range len(path) {
		if path[i] == '/' && l.Match(path[:i], true) == Excluded {
			return true
		}
	}
	return l.Match(path, dir) == Excluded
}

// randomContent makes an ignore file of one pattern, or of a few that show more of it.
func randomContent(r *rand.Rand) string {
	p := randomPattern(r)
	switch r.IntN(4) {
	case 0:
		return "*\n!*/\n!" + strings.TrimPrefix(p, "!") + "\n"
	case 1:
		return p + "\n" + randomPattern(r) + "\n" + randomPattern(r)
	case 2:
		return "\ufeff" + p + "\r\n\n# " + p
	}
	return p
}

// TestPatterns asks git and this package about the same paths for one ignore file after another.
func TestPatterns(t *testing.T) {
	for _, fold := range []bool{false, true} {
		t.Run(fmt.Sprintf("ignoreCase=%v", fold), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 1))
			g := newRepository(t, fold)
			paths := randomPaths(r, 200, 3)
			g.writeFolders(paths)
			total := 0
			for range 350 {
				content := randomContent(r)
				g.write(".gitignore", content)
				ignored := g.ignored(paths)
				total += len(ignored)
				compare(t, content, paths, fold, ignored)
			}
			t.Logf("350 ignore files, %d paths, on average %d ignored", len(paths), total/350)
			if total < 350*len(paths)/20 {
				t.Errorf("that is too few to prove anything")
			}
		})
	}
}

// compare holds a List and, since Paths is never folded, a Paths against what git ignores.
func compare(t *testing.T, content string, paths []string, fold bool, ignored map[string]bool) {
	t.Helper()
	l := Parse([]byte(content), fold)
	p := NewPaths(strings.Split(strings.TrimPrefix(content, "\ufeff"), "\n"))
	for _, path := range paths {
		name, dir := strings.CutSuffix(path, "/")
		if got := decide(l, name, dir); got != ignored[name] {
			t.Errorf("patterns %q, path %q: List says ignored=%v, git %v", content, path, got, ignored[name])
		}
		if got := p.Ignored(name, dir); !fold && got != ignored[name] {
			t.Errorf("patterns %q, path %q: Paths says ignored=%v, git %v", content, path, got, ignored[name])
		}
	}
}

// TestHostilePattern: what takes a plain backtracking matcher exponential time is over at once.
func TestHostilePattern(t *testing.T) {
	l := Parse([]byte(strings.Repeat("**/a*", 40)+"/b\n"+strings.Repeat("*a", 200)+"b\n"), false)
	path := strings.Repeat(strings.Repeat("a", 250)+"/", 16) + "a"
	start := time.Now()
	if l.Match(path, false) != None {
		t.Error("it should not match")
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
}

// BenchmarkMatch holds a path against a list as long as those of large projects.
func BenchmarkMatch(b *testing.B) {
	l := Parse([]byte(strings.Repeat("*.o\n/build/\nnode_modules/\n*.py[co]\ndoc/**/*.html\n", 20)), false)
	b.ReportAllocs()
	for b.Loop() {
		l.Match("scanner/files/ignore/git_test.go", false)
	}
}
