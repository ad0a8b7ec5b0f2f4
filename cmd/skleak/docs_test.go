package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"skleak/cmd/internal/flags"
	"skleak/cmd/internal/suggest"
)

// A document that tells what to do in an incident must not name what is not there, nor miss what is.
func TestResponseNamesRealCommands(t *testing.T) {
	text, err := os.ReadFile("../../docs/response.md")
	if err != nil {
		t.Fatal(err)
	}
	root := rootCommand(quietWorld())
	named := map[string]bool{}
	for _, flag := range regexp.MustCompile(`--[a-z][a-z-]*`).FindAllString(string(text), -1) {
		named[flag[2:]] = true
		if suggest.CommandWith(root, flag[2:]) == nil {
			t.Errorf("docs/response.md names %s, which no command has", flag)
		}
	}
	for _, line := range regexp.MustCompile(`(?m)(?:^    |\| )skleak (\w+)`).FindAllStringSubmatch(string(text), -1) {
		if c, _, err := root.Find(line[1:]); err != nil || c == root {
			t.Errorf("docs/response.md names skleak %s, which is no command", line[1])
		}
	}
	var f flags.Flags
	own := &cobra.Command{}
	f.AddVerify(own)
	f.AddRevoke(own)
	own.Flags().VisitAll(func(flag *pflag.Flag) {
		if !named[flag.Name] {
			t.Errorf("docs/response.md does not name --%s", flag.Name)
		}
	})
}

// A promise whose test is gone is only a promise.
func TestSecurityNamesRealTests(t *testing.T) {
	text, err := os.ReadFile("../../docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	there := testNames(t)
	names := regexp.MustCompile(`\b(?:Test|Fuzz)[A-Z]\w+|\b\w+\.txtar\b`).FindAllString(string(text), -1)
	if len(names) < 50 {
		t.Errorf("docs/security.md names %d tests: is the pattern still right?", len(names))
	}
	for _, name := range names {
		if !there[name] {
			t.Errorf("docs/security.md names %s, and there is no such test", name)
		}
	}
}

// testNames are the names of all tests, fuzz tests and scripts of this module.
func testNames(t *testing.T) map[string]bool {
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	names := map[string]bool{}
	err := fs.WalkDir(os.DirFS("../.."), ".", func(path string, _ fs.DirEntry, err error) error {
		switch {
		case err != nil || !strings.HasSuffix(path, "_test.go") && !strings.HasSuffix(path, ".txtar"):
			return err
		case strings.HasSuffix(path, ".txtar"):
			names[filepath.Base(path)] = true
			return nil
		}
		source, err := os.ReadFile(filepath.Join("../..", path))
		for _, found := range declared.FindAllStringSubmatch(string(source), -1) {
			names[found[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}
