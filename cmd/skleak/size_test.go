package main

import (
	"bufio"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

// The bounds of the house: what is larger is hard to read.
const (
	maxLine     = 130 // characters of a line of code
	maxFunction = 60  // lines
	maxFile     = 500 // lines
	maxFolder   = 25  // files of code
)

// TestHouseIsEasyToRead holds the bounds. A function may be longer if the comment above says why, in the words "long function".
func TestHouseIsEasyToRead(t *testing.T) {
	folders := map[string]int{}
	eachSource(t, func(name string) {
		folders[path.Dir(name)]++
		for _, fault := range tooLarge(t, filepath.Join(repositoryRoot, name)) {
			t.Errorf("%s:%s", name, fault)
		}
	})
	for folder, n := range folders {
		if n > maxFolder {
			t.Errorf("%s has %d files of code, more than %d", folder, n, maxFolder)
		}
	}
}

func tooLarge(t *testing.T, file string) (faults []string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(strings.NewReader(string(text)))
	n := 0
	for lines.Scan() {
		n++
		if len([]rune(lines.Text())) > maxLine {
			faults = append(faults, fmt.Sprintf("%d: a line of more than %d characters", n, maxLine))
		}
	}
	if n > maxFile {
		faults = append(faults, fmt.Sprintf("1: a file of %d lines", n))
	}
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, file, text, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	for _, decl := range parsed.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok || strings.Contains(f.Doc.Text(), "long function") {
			continue
		}
		from, to := set.Position(f.Pos()).Line, set.Position(f.End()).Line
		if to-from+1 > maxFunction {
			faults = append(faults, fmt.Sprintf("%d: %s has %d lines, and its comment does not say why", from, f.Name.Name, to-from+1))
		}
	}
	return faults
}
