package history

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"maps"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"skleak/scanner/git/oid"
	"skleak/scanner/scantest"
)

func TestMain(m *testing.M) {
	scantest.KeepGitPlain()
	os.Exit(m.Run())
}

func git(t testing.TB, dir string, args ...string) string {
	t.Helper()
	return scantest.Git(t, dir, args...)
}

func gitIn(t testing.TB, dir, input string, args ...string) string {
	t.Helper()
	return scantest.GitIn(t, dir, input, args...)
}

func realTempDir(t testing.TB) string {
	t.Helper()
	return scantest.TempDir(t)
}

// keyNamed returns a key of its own for each name, a live one unless the name begins with "test/". No such key was ever
// issued, and none stands in a file here.
func keyNamed(name string) string {
	environment := "live"
	if strings.HasPrefix(name, "test/") {
		environment = "test"
	}
	sum := sha256.Sum256([]byte(name))
	return "sk" + "_" + environment + "_" + new(big.Int).SetBytes(sum[:]).Text(62)[:32]
}

// story writes a repository's commits as a stream for git fast-import, which makes a thousand of them in the time
// that git commit takes for one.
type story struct {
	stream bytes.Buffer
	marks  map[string]int // by label
	clock  int64
	last   string // label of the last commit of main
}

// step is one commit of a story.
type step struct {
	label   string
	ref     string
	parents []string // labels, the first parent first
	message string   // default: the label
	author  string   // default: A U Thor
	date    int64    // committer's; default: one minute after the last one
	files   []change
	whole   bool // files are all there is: nothing of the first parent stays
}

// change is one file of a commit, relative to its first parent.
type change struct {
	path, content string
	mode          string // default: 100644
	remove        bool
}

func newStory() *story { return &story{marks: map[string]int{}, clock: 1700000000} }

func put(path, content string) change { return change{path: path, content: content} }
func remove(path string) change       { return change{path: path, remove: true} }

func (s *story) mark(label string) int {
	if _, ok := s.marks[label]; !ok {
		s.marks[label] = len(s.marks) + 1
	}
	return s.marks[label]
}

func (s *story) add(c step) {
	s.clock += 60
	if c.date == 0 {
		c.date = s.clock
	}
	if c.message == "" {
		c.message = c.label
	}
	if c.author == "" {
		c.author = "A U Thor"
	}
	fmt.Fprintf(&s.stream, "reset %s\n\ncommit %s\nmark :%d\n", c.ref, c.ref, s.mark(c.label))
	fmt.Fprintf(&s.stream, "author %s <author@example.com> %d +0000\ncommitter C O Mitter <committer@example.com> %d +0000\n", c.author, c.date, c.date)
	s.data(c.message)
	for i, p := range c.parents {
		fmt.Fprintf(&s.stream, "%s :%d\n", []string{"from", "merge"}[min(i, 1)], s.marks[p])
	}
	if c.whole {
		s.stream.WriteString("deleteall\n")
	}
	for _, f := range c.files {
		if f.remove {
			fmt.Fprintf(&s.stream, "D %s\n", f.path)
			continue
		}
		if f.mode == "" {
			f.mode = "100644"
		}
		if f.mode == "160000" {
			fmt.Fprintf(&s.stream, "M 160000 %s %s\n", f.content, f.path)
			continue
		}
		fmt.Fprintf(&s.stream, "M %s inline %s\n", f.mode, f.path)
		s.data(f.content)
	}
}

// tag adds an annotated tag of a commit.
func (s *story) tag(name, label, message string) {
	fmt.Fprintf(&s.stream, "tag %s\nfrom :%d\ntagger T A Gger <tagger@example.com> 1700050000 +0000\n", name, s.marks[label])
	s.data(message)
}

// replace replaces text of the story. Both must have no part in a length that was written before.
func (s *story) replace(old, new string) {
	text := strings.ReplaceAll(s.stream.String(), old, new)
	s.stream.Reset()
	s.stream.WriteString(text)
}

func (s *story) data(content string) { fmt.Fprintf(&s.stream, "data %d\n%s\n", len(content), content) }

// tell imports the story into a new repository and returns its folder and the commits by label. Its objects
// are loose where loose is set, else in one pack as fast-import writes it.
func (s *story) tell(t testing.TB, loose bool, initArgs ...string) (dir string, commits map[string]string) {
	t.Helper()
	dir = filepath.Join(realTempDir(t), "repo")
	git(t, "", append(append([]string{"init", "-q"}, initArgs...), dir)...)
	return dir, s.tellInto(t, dir, loose)
}

func (s *story) tellInto(t testing.TB, dir string, loose bool) map[string]string {
	t.Helper()
	limit := "0"
	if loose {
		limit = "1000000"
	}
	marks := filepath.Join(t.TempDir(), "marks")
	gitIn(t, dir, s.stream.String(), "-c", "fastimport.unpackLimit="+limit, "fast-import", "--quiet", "--export-marks="+marks)
	text, err := os.ReadFile(marks)
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]string{}
	for line := range strings.Lines(string(text)) {
		mark, id, _ := strings.Cut(strings.TrimSpace(line), " ")
		ids[mark] = id
	}
	commits := map[string]string{}
	for _, label := range slices.Sorted(maps.Keys(s.marks)) {
		commits[label] = ids[fmt.Sprintf(":%d", s.marks[label])]
	}
	return commits
}

// gitObject is an object as git's own tools give it.
// gitObject is an object as git's own tools give it.
type gitObject struct{ id, kind, content string }

// allObjects asks git for every object of a repository, each once, sorted by id.
func allObjects(t testing.TB, dir string) (all []gitObject) {
	t.Helper()
	out := git(t, dir, "cat-file", "--batch-all-objects", "--batch") + "\n"
	for out != "" {
		head, rest, _ := strings.Cut(out, "\n")
		var o gitObject
		var size int
		if _, err := fmt.Sscanf(head, "%s %s %d", &o.id, &o.kind, &size); err != nil {
			t.Fatalf("git cat-file: %q: %v", head, err)
		}
		o.content, out = rest[:size], rest[size+1:]
		all = append(all, o)
	}
	return all
}

func idOf(t testing.TB, dir, revision string) oid.ID {
	t.Helper()
	id, err := oid.Parse(git(t, dir, "rev-parse", revision))
	if err != nil {
		t.Fatal(err)
	}
	return id
}
