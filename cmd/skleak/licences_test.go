package main

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var updateLicences = flag.Bool("update", false, "write THIRD_PARTY_LICENSES anew")

// TestLicences holds THIRD_PARTY_LICENSES against what is linked into the programs, on any of the systems that they
// are built for. Most licences ask that their text goes along with the program.
func TestLicences(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip(err)
	}
	want := licences(t)
	path := filepath.Join(repositoryRoot, "THIRD_PARTY_LICENSES")
	if *updateLicences {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil || strings.ReplaceAll(string(got), "\r\n", "\n") != want {
		t.Errorf("THIRD_PARTY_LICENSES is not what is linked in (error %v); after a change of dependencies: go test ./cmd/skleak -run TestLicences -update", err)
	}
}

const licencesHead = `The programs of skleak contain the Go standard library and the modules below, each under its own licence.
Written by: go test ./cmd/skleak -run TestLicences -update
`

// licences is the text of the file. A licence that several have, to the letter, stands there once.
func licences(t *testing.T) string {
	t.Helper()
	var order []string
	titles := map[string][]string{} // by the text
	add := func(title, file string) {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.TrimSpace(strings.ReplaceAll(string(data), "\r\n", "\n"))
		if titles[text] == nil {
			order = append(order, text)
		}
		titles[text] = append(titles[text], title+": "+filepath.Base(file))
	}
	add("Go", filepath.Join(goRoot(t), "LICENSE"))
	folders := linkedFolders(t)
	for _, module := range slices.Sorted(maps.Keys(folders)) {
		title, root, _ := strings.Cut(module, "\n")
		files := map[string]bool{}
		for folder := range folders[module] {
			for _, file := range licenceFiles(t, root, folder) {
				files[file] = true
			}
		}
		if len(files) == 0 {
			t.Errorf("%s has no licence", title)
		}
		for _, file := range slices.Sorted(maps.Keys(files)) {
			add(title, file)
		}
	}
	var b strings.Builder
	b.WriteString(licencesHead)
	for _, text := range order {
		fmt.Fprintf(&b, "\n%s\n%s\n\n%s\n", strings.Repeat("=", 80), strings.Join(titles[text], "\n"), text)
	}
	return b.String()
}

func goRoot(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "env", "GOROOT").Output()
	root := strings.TrimSpace(string(out))
	if err == nil {
		_, err = os.Stat(filepath.Join(root, "LICENSE"))
	}
	if err != nil {
		t.Skipf("this Go comes without its licence: %v", err) // as those of some Linux distributions do
	}
	return root
}

// linkedFolders are the folders of the packages that are linked in, by "MODULE VERSION\nFOLDER".
func linkedFolders(t *testing.T) map[string]map[string]bool {
	t.Helper()
	all := map[string]map[string]bool{}
	for _, system := range []string{"linux", "darwin", "windows"} {
		c := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{.Path}} {{.Version}}\t{{.Dir}}\t{{$.Dir}}{{end}}",
			"./cmd/...", "./cmd/skleak-audit") // which the wildcard leaves out
		c.Dir = repositoryRoot
		c.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0", "GOFLAGS=-mod=readonly")
		out, err := c.Output()
		if err != nil {
			t.Fatalf("%v: %v", c, err)
		}
		for line := range strings.Lines(string(out)) {
			words := strings.Split(strings.TrimSpace(line), "\t")
			if len(words) != 3 || strings.HasPrefix(words[0], "skleak") {
				continue
			}
			module := words[0] + "\n" + words[1]
			if all[module] == nil {
				all[module] = map[string]bool{}
			}
			all[module][words[2]] = true
		}
	}
	if len(all) < 10 {
		t.Fatalf("only %d modules are linked in", len(all))
	}
	return all
}

var licenceName = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|patents|unlicense)([.-].*)?$`)

// licenceFiles are those in a package's folder and in the ones above it, up to its module's root.
func licenceFiles(t *testing.T, root, folder string) (files []string) {
	t.Helper()
	for {
		entries, err := os.ReadDir(folder)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if e.Type().IsRegular() && licenceName.MatchString(e.Name()) && filepath.Ext(e.Name()) != ".go" {
				files = append(files, filepath.Join(folder, e.Name()))
			}
		}
		if folder == root || len(folder) <= len(root) {
			return files
		}
		folder = filepath.Dir(folder)
	}
}
