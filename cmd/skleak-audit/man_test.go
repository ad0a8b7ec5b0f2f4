package main

import (
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"skleak/cmd/internal/console"
)

var updateMan = flag.Bool("update-man", false, "write the pages of docs/man anew")

// pageDate is in the head of a page, and would make each day's another one.
var pageDate = regexp.MustCompile(`(?m)^(\.TH "[^"]*" "1" )"[^"]*" `)

// TestManPages: docs/man has a page for each command, as the command is. It is written by
//
//	go test ./cmd/skleak-audit -run ManPages -update-man
func TestManPages(t *testing.T) {
	root := rootCommand(console.New(programName, nil, strings.NewReader(""), io.Discard, io.Discard))
	root.DisableAutoGenTag = true
	never := time.Unix(0, 0)
	for _, c := range append([]*cobra.Command{root}, root.Commands()...) {
		if c.Name() == "completion" || c.Name() == "help" {
			continue
		}
		var b bytes.Buffer
		if err := doc.GenMan(c, &doc.GenManHeader{Section: "1", Source: "skleak", Manual: "skleak", Date: &never}, &b); err != nil {
			t.Fatal(err)
		}
		page := pageDate.ReplaceAll(b.Bytes(), []byte(`$1"" `))
		path := filepath.Join("..", "..", "docs", "man", strings.ReplaceAll(c.CommandPath(), " ", "-")+".1")
		if *updateMan {
			if err := os.WriteFile(path, page, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if have, err := os.ReadFile(path); err != nil || !bytes.Equal(have, page) {
			t.Errorf("%s is not what the command is: run this test with -update-man (%v)", path, err)
		}
	}
}

// TestGroups: each flag stands in a group of the help.
func TestGroups(t *testing.T) {
	root := rootCommand(console.New(programName, nil, strings.NewReader(""), io.Discard, io.Discard))
	for _, c := range root.Commands() {
		var out strings.Builder
		c.SetOut(&out)
		c.InitDefaultHelpFlag()
		if err := c.Help(); err != nil {
			t.Fatal(err)
		}
		_, others, _ := strings.Cut(out.String(), "\nOther flags:\n")
		if strings.Contains(out.String(), "\nScan:\n") && strings.Count(others, "\n") > 2 {
			t.Errorf("%s has flags besides --help in no group:\n%s", c.CommandPath(), others)
		}
	}
}
