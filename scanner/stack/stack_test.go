package stack_test

import (
	"go/parser"
	"go/token"
	"testing"
)

// TestImportsNothing: else it would come after what it is for.
func TestImportsNothing(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "stack.go", nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range file.Imports {
		t.Errorf("imports %s", i.Path.Value)
	}
}
