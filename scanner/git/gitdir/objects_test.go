package gitdir

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// everywhere is the reach of git.
var everywhere = Reach{Elsewhere: true}

// alternate has the objects folder at dir name others.
func alternate(t *testing.T, dir, text string) {
	t.Helper()
	write(t, filepath.Join(dir, "info", "alternates"), text)
}

// store makes an objects folder.
func store(t *testing.T, dir string) string {
	t.Helper()
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestObjectDirs(t *testing.T) {
	repo := newRepo(t)
	own := filepath.Join(repo, ".git", "objects")
	base := tempDir(t)
	odd, quoted := "nested \"ä\n", `nested \"\303\244\n`
	if runtime.GOOS == "windows" { // which has no such names
		odd, quoted = "nested ä", `nested \303\244`
	}
	a, nested := store(t, filepath.Join(base, "a")), store(t, filepath.Join(base, odd))
	relative := store(t, filepath.Join(base, "relative"))
	rel, err := filepath.Rel(own, relative)
	if err != nil {
		t.Fatal(err)
	}
	alternate(t, own, "# a comment\n\n"+a+"\n"+filepath.ToSlash(rel)+"\n"+a+"\n")
	alternate(t, a, `"`+filepath.ToSlash(base)+`/`+quoted+`"`+"\n")
	alternate(t, nested, own+"\n"+a+"\n") // a cycle
	checkObjectDirs(t, repo, []string{own, a, nested, relative})

	alternate(t, own, a+"\n"+base+"/absent\n\"broken quotation\n"+filepath.Join(repo, "a.txt")+"\n")
	dirs, noted := mustReach(t, everywhere, repo).ObjectDirs()
	if want := []string{own, a, nested}; !slices.Equal(dirs, want) || len(noted) != 3 {
		t.Errorf("object folders %q, problems %v, want %q and three problems", dirs, noted, want)
	}
}

// checkObjectDirs compares with what git counts; it prints alternates quoted where they need it.
func checkObjectDirs(t *testing.T, repo string, want []string) {
	t.Helper()
	dirs, noted := mustReach(t, everywhere, repo).ObjectDirs()
	if !slices.Equal(dirs, want) || len(noted) > 0 {
		t.Errorf("object folders %q, problems %v, want %q", dirs, noted, want)
	}
	var theirs []string
	for line := range strings.SplitSeq(git(t, repo, "count-objects", "-v"), "\n") {
		if path, ok := strings.CutPrefix(line, "alternate: "); ok {
			if unquoted, _, ok := Unquote(path); ok {
				path = unquoted
			}
			theirs = append(theirs, filepath.FromSlash(path))
		}
	}
	if ours := dirs[1:]; !slices.Equal(ours, theirs) {
		t.Errorf("alternates %q, git says %q", ours, theirs)
	}
}

func TestObjectDirsDepth(t *testing.T) {
	repo := newRepo(t)
	from := filepath.Join(repo, ".git", "objects")
	base := tempDir(t)
	for i := range 9 {
		next := store(t, filepath.Join(base, fmt.Sprint(i)))
		alternate(t, from, next+"\n")
		from = next
	}
	dirs, noted := mustReach(t, everywhere, repo).ObjectDirs()
	out := git(t, repo, "count-objects", "-v")
	if want := 1 + strings.Count(out, "alternate: "); len(dirs) != want {
		t.Errorf("%d object folders, git has %d", len(dirs), want)
	}
	if len(noted) != 1 || !strings.Contains(noted[0].Detail, "nested more than 5 deep") {
		t.Errorf("problems %v, want that the nesting is too deep", noted)
	}
}

func TestObjectDirsOfSharedClone(t *testing.T) {
	repo := newRepo(t)
	clone := filepath.Join(tempDir(t), "clone")
	git(t, repo, "clone", "-q", "--shared", repo, clone)
	tree := filepath.Join(tempDir(t), "tree")
	git(t, clone, "worktree", "add", "-q", "--detach", tree)
	want := []string{filepath.Join(clone, ".git", "objects"), filepath.Join(repo, ".git", "objects")}
	checkObjectDirs(t, clone, want)
	checkObjectDirs(t, tree, want)
}

func TestObjectDirsMissing(t *testing.T) {
	repo := newRepo(t)
	if err := os.RemoveAll(filepath.Join(repo, ".git", "objects")); err != nil {
		t.Fatal(err)
	}
	if dirs, noted := mustReach(t, everywhere, repo).ObjectDirs(); len(dirs) != 0 || len(noted) != 1 {
		t.Errorf("object folders %v, problems %v, want one problem alone", dirs, noted)
	}
}

func TestAlternatePaths(t *testing.T) {
	for text, want := range map[string][]string{
		"":                        nil,
		"\n\n":                    nil,
		"/a\n/b":                  {"/a", "/b"},
		"#no\n/a\n":               {"/a"},
		`"/a b"` + "\n/c":         {"/a b", "/c"},
		`"\101\t\\\""`:            {"A\t\\\""},
		`"/open` + "\n/c":         {`"/open`, "/c"},
		`"\9"` + "\n":             {`"\9"`},
		`"\40`:                    {`"\40`},
		`"\`:                      {`"\`},
		`""` + "\n/a":             {"/a"},
		"/a\r\n":                  {"/a\r"},
		`"/two` + "\n" + `lines"`: {"/two\nlines"},
	} {
		if got := alternatePaths(text); !slices.Equal(got, want) {
			t.Errorf("alternatePaths(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestShallow(t *testing.T) {
	repo := newRepo(t)
	if ids, err := mustOpen(t, repo).Shallow(); len(ids) != 0 || err != nil {
		t.Errorf("whole repository: %v, %v", ids, err)
	}
	clone := filepath.Join(tempDir(t), "clone")
	git(t, repo, "clone", "-q", "--depth=1", "file://"+repo, clone)
	d := mustOpen(t, clone)
	ids, err := d.Shallow()
	var got []string
	for _, id := range ids {
		got = append(got, id.Hex(d.Format))
	}
	slices.Sort(got)
	want := []string{git(t, repo, "rev-parse", "main")}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("shallow clone: %v, %v, want %v", got, err, want)
	}
	write(t, filepath.Join(clone, ".git", "shallow"), want[0]+"\nrubbish\n")
	if _, err := d.Shallow(); err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("broken shallow file: %v, want line 2", err)
	}
}
