package main

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// A document that tells what to do in an incident must not name what is not there, nor miss what is.
func TestResponseNamesRealCommands(t *testing.T) {
	text, err := os.ReadFile("../../docs/response.md")
	if err != nil {
		t.Fatal(err)
	}
	root := rootCommand(&world{in: strings.NewReader(""), out: &bytes.Buffer{}, errw: &bytes.Buffer{}})
	named := map[string]bool{}
	for _, flag := range regexp.MustCompile(`--[a-z][a-z-]*`).FindAllString(string(text), -1) {
		named[flag[2:]] = true
		if commandWith(root, flag[2:]) == nil {
			t.Errorf("docs/response.md names %s, which no command has", flag)
		}
	}
	for _, line := range regexp.MustCompile(`(?m)(?:^    |\| )skleak (\w+)`).FindAllStringSubmatch(string(text), -1) {
		if c, _, err := root.Find(line[1:]); err != nil || c == root {
			t.Errorf("docs/response.md names skleak %s, which is no command", line[1])
		}
	}
	var f flags
	own := &cobra.Command{}
	f.addVerify(own)
	f.addRevoke(own)
	own.Flags().VisitAll(func(flag *pflag.Flag) {
		if !named[flag.Name] {
			t.Errorf("docs/response.md does not name --%s", flag.Name)
		}
	})
}
