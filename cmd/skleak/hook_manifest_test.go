package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestFrameworkManifest holds what .pre-commit-hooks.yaml has the pre-commit framework run against the commands that
// there are, and what the documentation tells people to write against its ids.
func TestFrameworkManifest(t *testing.T) {
	manifest, err := os.ReadFile("../../.pre-commit-hooks.yaml")
	if err != nil {
		t.Fatal(err)
	}
	root := rootCommand(quietWorld())
	entries := regexp.MustCompile(`(?m)^  entry: skleak (.*)$`).FindAllStringSubmatch(string(manifest), -1)
	for _, entry := range entries {
		words := strings.Fields(entry[1])
		if c, rest, err := root.Find(words); err != nil || len(rest) > 0 {
			t.Errorf("entry %q: found %q and %q is left, error %v", entry[1], c.CommandPath(), rest, err)
		}
	}
	if names := regexp.MustCompile(`(?s)entry: skleak hook pre-commit\n  args: \['--'\]\n`); !names.Match(manifest) {
		t.Error("nothing parts the names of files from options")
	}
	docs, err := os.ReadFile("../../docs/hooks.md")
	if err != nil {
		t.Fatal(err)
	}
	ids := func(text []byte) (all []string) {
		for _, m := range regexp.MustCompile(`(?m)^ *- id: (\S+)$`).FindAllSubmatch(text, -1) {
			all = append(all, string(m[1]))
		}
		return all
	}
	have, told := ids(manifest), ids(docs)
	if len(have) != len(entries) || len(have) == 0 || !slices.Equal(have, told) {
		t.Errorf("the manifest has %q with %d entries, the documentation tells of %q", have, len(entries), told)
	}
}
