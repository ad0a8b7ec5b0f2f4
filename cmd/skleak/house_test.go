package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// room is a row of the table in docs/architecture.md: a package, or with "/…" those below it as well.
type room struct {
	name    string
	imports []string
	all     bool // it may import what the rows above it hold
}

// TestArchitecture holds what each package of the module imports against the table.
func TestArchitecture(t *testing.T) {
	rooms := architecture(t)
	used := map[string]bool{}
	for pkg, imports := range packagesOfTheModule(t) {
		i := slices.IndexFunc(rooms, func(r room) bool { return r.name == pkg })
		if i < 0 {
			i = slices.IndexFunc(rooms, func(r room) bool { return covers(r.name, pkg) })
		}
		if i < 0 {
			t.Errorf("docs/architecture.md has no row for %s", pkg)
			continue
		}
		used[rooms[i].name] = true
		may := rooms[i].imports
		for _, above := range rooms[:i+1] {
			if rooms[i].all {
				may = append(may, above.name)
			}
		}
		for _, other := range imports {
			if other == "rules/internal/search/literal" {
				t.Errorf("%s imports %s, which is for the search's tests: no program holds it", pkg, other)
			}
			if !slices.ContainsFunc(may, func(name string) bool { return covers(name, other) }) {
				t.Errorf("%s imports %s, which docs/architecture.md does not allow: it may import %q", pkg, other, may)
			}
		}
	}
	for _, r := range rooms {
		if !used[r.name] {
			t.Errorf("docs/architecture.md has a row for %s, and there is no such package", r.name)
		}
	}
}

// covers is true for a package that a name of the table means.
func covers(name, pkg string) bool {
	below, whole := strings.CutSuffix(name, "/…")
	return pkg == below || whole && strings.HasPrefix(pkg, below+"/")
}

func architecture(t *testing.T) (rooms []room) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repositoryRoot, "docs", "architecture.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "\n| package |")
	table, _, _ = strings.Cut(table, "\n\n")
	names := regexp.MustCompile("`([^`]+)`")
	for _, row := range strings.Split(table, "\n")[2:] {
		cells := strings.Split(row, "|")
		if len(cells) != 5 {
			t.Fatalf("%q is no row", row)
		}
		r := room{name: strings.Trim(cells[1], " `"), all: strings.Contains(cells[3], "all of the above")}
		for _, m := range names.FindAllStringSubmatch(cells[3], -1) {
			r.imports = append(r.imports, m[1])
		}
		rooms = append(rooms, r)
	}
	if len(rooms) < 10 {
		t.Fatalf("the table has %d rows", len(rooms))
	}
	return rooms
}

// packagesOfTheModule are the packages and what they import of one another, but in tests.
func packagesOfTheModule(t *testing.T) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	eachSource(t, func(name string) {
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(repositoryRoot, name), nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		pkg := path.Dir(name)
		if all[pkg] == nil {
			all[pkg] = []string{} // a package that imports nothing is one, too
		}
		for _, i := range file.Imports {
			text, err := strconv.Unquote(i.Path.Value)
			if other, ours := strings.CutPrefix(text, "skleak/"); ours && err == nil && !slices.Contains(all[pkg], other) {
				all[pkg] = append(all[pkg], other)
			}
		}
	})
	return all
}

// TestPackagesOfCI: what the checks are run on is every package, those as well that go.mod has "./..." leave out.
func TestPackagesOfCI(t *testing.T) {
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("no bash")
	}
	c := exec.Command("bash", "-eo", "pipefail", "-c", ".ci/packages | xargs go list")
	c.Dir = repositoryRoot
	out, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	named := strings.Fields(string(out))
	for pkg := range packagesOfTheModule(t) {
		if !slices.Contains(named, path.Join("skleak", pkg)) {
			t.Errorf(".ci/packages does not name %s", pkg)
		}
	}
	text, err := os.ReadFile(filepath.Join(repositoryRoot, ".github", "workflows", "ci.yml"))
	if err != nil || strings.Contains(string(text), "./...") {
		t.Errorf("ci.yml checks ./..., which is not all: %v", err)
	}
}

// eachSource calls f with the name of each file of the module's code, tests left out.
func eachSource(t *testing.T, f func(name string)) {
	t.Helper()
	err := filepath.WalkDir(repositoryRoot, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(repositoryRoot, name)
		rel = filepath.ToSlash(rel)
		switch {
		case d.IsDir() && (d.Name() == "testdata" || rel == "scripts" || rel != "." && strings.HasPrefix(d.Name(), ".")):
			return filepath.SkipDir
		case err == nil && !d.IsDir() && strings.HasSuffix(rel, ".go") && !strings.HasSuffix(rel, "_test.go"):
			f(rel)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
