package main

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rhysd/actionlint"
	"go.yaml.in/yaml/v4"

	"skleak/cmd/internal/flags"
)

// TestCISnippets: what docs/ci.md tells people to copy can be parsed, and names commands and flags that there are.
func TestCISnippets(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(repositoryRoot, "docs", "ci.md"))
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```(\\w+)\n(.*?)\n```").FindAllStringSubmatch(string(text), -1)
	if len(blocks) < 7 {
		t.Fatalf("%d snippets", len(blocks))
	}
	for _, block := range blocks {
		language, snippet := block[1], block[2]
		if language == "yaml" {
			if err := yaml.Unmarshal([]byte(snippet), new(any)); err != nil {
				t.Errorf("%v in\n%s", err, snippet)
			}
		}
		if strings.HasPrefix(snippet, "on:") {
			lintSnippet(t, snippet)
		}
		commands := regexp.MustCompile(`(?:^|[\s;'])skleak ([a-z].*?)(?:'|$)`)
		seen := 0
		for line := range strings.SplitSeq(snippet, "\n") {
			if m := commands.FindStringSubmatch(line); m != nil && !strings.Contains(line, "git clone") &&
				!strings.Contains(line, "name:") {
				seen++
				checkCommandLine(t, m[1])
			}
		}
		if seen != 1 {
			t.Errorf("%d commands of skleak, want one, in\n%s", seen, snippet)
		}
	}
}

// checkCommandLine has the flags of a command line parsed, and looks whether its reports have a format.
func checkCommandLine(t *testing.T, line string) {
	t.Helper()
	root := rootCommand(quietWorld())
	c, rest, err := root.Find(strings.Fields(strings.ReplaceAll(line, `"$@"`, "--compare last.json")))
	if err == nil && c == root {
		t.Errorf("%q begins with no command", line)
		return
	}
	if err == nil {
		err = c.ParseFlags(rest)
	}
	if err != nil {
		t.Errorf("%q: %v", line, err)
		return
	}
	f := &flags.Flags{Format: c.Flag("report-format").Value.String()}
	if f.Paths, err = c.Flags().GetStringArray("report-path"); err != nil {
		t.Fatal(err)
	}
	for i, path := range f.Paths {
		f.Paths[i] = filepath.Join(t.TempDir(), filepath.Base(path))
	}
	if _, err := f.Outputs(c); err != nil {
		t.Errorf("%q: %v", line, err)
	}
}

func lintSnippet(t *testing.T, workflow string) {
	t.Helper()
	linter, err := actionlint.NewLinter(io.Discard, &actionlint.LinterOptions{Shellcheck: "", Pyflakes: ""})
	if err != nil {
		t.Fatal(err)
	}
	found, err := linter.Lint("docs/ci.md", []byte(workflow), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range found {
		t.Errorf("%v", problem)
	}
}
