package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rhysd/actionlint"
)

// TestWorkflows holds every workflow against GitHub's rules for them: a mistake in one shows only
// after a push, as a run that never starts.
func TestWorkflows(t *testing.T) {
	files, err := filepath.Glob("../../.github/workflows/*.yml")
	if err != nil || len(files) == 0 {
		t.Fatalf("found %d workflows, error %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, problem := range lintWorkflow(t, file, text) {
			t.Errorf("%v", problem)
		}
	}
}

func TestWorkflowsNearMiss(t *testing.T) {
	const broken = "on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo ${{ matrix.os }}\n"
	if len(lintWorkflow(t, "broken.yml", []byte(broken))) == 0 {
		t.Error("a workflow that uses a matrix it has not is accepted: the check checks nothing")
	}
}

func lintWorkflow(t *testing.T, name string, text []byte) []*actionlint.Error {
	t.Helper()
	linter, err := actionlint.NewLinter(t.Output(), &actionlint.LinterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	problems, err := linter.Lint(name, text, nil)
	if err != nil {
		t.Fatal(err)
	}
	return problems
}
