package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

var updateMan = flag.Bool("update-man", false, "write docs/man anew")

// TestManPages: docs/man has a page for each command, as the command is. It is written by
//
//	go test ./cmd/skleak -run ManPages -update-man
func TestManPages(t *testing.T) {
	root := rootCommand(quietWorld())
	root.DisableAutoGenTag = true
	dir := filepath.Join(repositoryRoot, "docs", "man")
	var want []string
	var each func(c *cobra.Command)
	each = func(c *cobra.Command) {
		if c.Name() == "completion" || c.Name() == "help" {
			return // which a shell's manual explains, or nothing has to
		}
		name := strings.ReplaceAll(c.CommandPath(), " ", "-") + ".1"
		want = append(want, name)
		holdPage(t, filepath.Join(dir, name), manPage(t, c))
		for _, sub := range c.Commands() {
			each(sub)
		}
	}
	each(root)
	there, err := os.ReadDir(dir)
	there = slices.DeleteFunc(there, func(e os.DirEntry) bool { return strings.HasPrefix(e.Name(), "skleak-audit") })
	if err != nil || len(there) != len(want) {
		t.Errorf("%v: docs/man has %d pages, want %d", err, len(there), len(want))
	}
}

// pageDate is in the head of a page, and would make each day's another one.
var pageDate = regexp.MustCompile(`(?m)^(\.TH "[^"]*" "1" )"[^"]*" `)

func manPage(t *testing.T, c *cobra.Command) []byte {
	t.Helper()
	var b bytes.Buffer
	never := time.Unix(0, 0)
	if err := doc.GenMan(c, &doc.GenManHeader{Section: "1", Source: "skleak", Manual: "skleak", Date: &never},
		&b); err != nil {
		t.Fatal(err)
	}
	return pageDate.ReplaceAll(b.Bytes(), []byte(`$1"" `))
}

func holdPage(t *testing.T, path string, page []byte) {
	t.Helper()
	if *updateMan {
		if err := os.WriteFile(path, page, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	have, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(bytes.ReplaceAll(have, []byte("\r\n"), []byte("\n")), page) {
		t.Errorf("%s is not what the command is: run go test ./cmd/skleak -run ManPages -update-man (%v)", path, err)
	}
}

func TestHelpOfFlags(t *testing.T) {
	var every func(c *cobra.Command)
	every = func(c *cobra.Command) {
		var out strings.Builder
		c.SetOut(&out)
		c.InitDefaultHelpFlag()
		if err := c.Help(); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(out.String(), ") (default") {
			t.Errorf("%s names a default twice:\n%s", c.CommandPath(), out.String())
		}
		_, others, _ := strings.Cut(out.String(), "\nOther flags:\n")
		if strings.Contains(out.String(), "\nScan:\n") &&
			strings.TrimPrefix(others, "  -h, --help\n      help for "+c.Name()+"\n") != "" {
			t.Errorf("%s has flags besides --help in no group:\n%s", c.CommandPath(), others)
		}
		for _, sub := range c.Commands() {
			every(sub)
		}
	}
	root := rootCommand(quietWorld())
	every(root)
}
