package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rhysd/actionlint"
	"go.yaml.in/yaml/v4"
)

// repositoryRoot is absolute, with links resolved, as actionlint wants it.
var repositoryRoot = func() string {
	root, _ := filepath.Abs("../..")
	if real, err := filepath.EvalSymlinks(root); err == nil {
		return real
	}
	return root
}()

// TestWorkflows holds every workflow, and those that the documents tell people to copy, against GitHub's rules
// for them: a mistake in one shows only after a push, as a run that never starts.
func TestWorkflows(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(repositoryRoot, ".github", "workflows", "*.yml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("found %d workflows, error %v", len(files), err)
	}
	for _, file := range append(files, filepath.Join(repositoryRoot, "docs", "example-workflow.yml")) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		lint(t, filepath.Base(file), text)
	}
	examples := documentedWorkflows(t)
	if len(examples) < 3 {
		t.Errorf("docs/github-actions.md has %d examples, want 3 or more", len(examples))
	}
	for _, text := range examples {
		lint(t, "an example of docs/github-actions.md", text)
	}
}

func lint(t *testing.T, name string, text []byte) {
	t.Helper()
	for _, problem := range lintWorkflow(t, name, text) {
		t.Errorf("%s: %v\n%s", name, problem, text)
	}
}

// documentedWorkflows are the YAML examples of docs/github-actions.md. Those that show steps or triggers alone are
// put into a workflow.
func documentedWorkflows(t *testing.T) (all [][]byte) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repositoryRoot, "docs", "github-actions.md"))
	if err != nil {
		t.Fatal(err)
	}
	for i, part := range strings.Split(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n```") {
		body, isYAML := strings.CutPrefix(part, "yaml\n")
		if i%2 == 0 || !isYAML {
			continue
		}
		if strings.HasPrefix(body, "- ") {
			body = "on: push\npermissions: {}\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      " +
				strings.ReplaceAll(body, "\n", "\n      ") + "\n"
		}
		all = append(all, []byte(body))
	}
	return all
}

func TestWorkflowsNearMiss(t *testing.T) {
	const before = "on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      - "
	for name, step := range map[string]string{
		"a matrix it has not":             "run: echo ${{ matrix.os }}\n",
		"an input the action has not":     "uses: YOUR-ORG/skleak@v1\n        with: {scopes: auto}\n",
		"an output the action has not":    "{uses: YOUR-ORG/skleak@v1, id: scan}\n      - run: echo ${{ steps.scan.outputs.nothing }}\n",
		"a key that no step has":          "{run: ls, withs: 3}\n",
		"what a stranger wrote, as a run": "run: echo ${{ github.event.pull_request.title }}\n",
	} {
		if len(lintWorkflow(t, "broken.yml", []byte(before+step))) == 0 {
			t.Errorf("a workflow that uses %s is accepted: the check checks nothing", name)
		}
	}
}

// With SKLEAK_TEST_ACTION, scripts must have been read by shellcheck.
func TestWorkflowsShellNearMiss(t *testing.T) {
	if os.Getenv("SKLEAK_TEST_ACTION") == "" {
		t.Skip("SKLEAK_TEST_ACTION is not set; scripts/test-action.sh sets it")
	}
	const unquoted = "on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      - run: rm -r $HOME/$1\n"
	if len(lintWorkflow(t, "broken.yml", []byte(unquoted))) == 0 {
		t.Error("a script with unquoted variables is accepted: shellcheck did not read it")
	}
}

// lintWorkflow takes this project's own action for the one that examples use, so that inputs and outputs are checked
// as well, and shell scripts by shellcheck where it is installed.
func lintWorkflow(t *testing.T, name string, text []byte) []*actionlint.Error {
	t.Helper()
	text = bytes.ReplaceAll(text, []byte("YOUR-ORG/skleak@v1"), []byte("./"))
	options := &actionlint.LinterOptions{}
	if shellcheck, err := exec.LookPath("shellcheck"); err == nil {
		options.Shellcheck = shellcheck
	}
	linter, err := actionlint.NewLinter(t.Output(), options)
	if err != nil {
		t.Fatal(err)
	}
	project, err := actionlint.NewProject(repositoryRoot)
	if err != nil {
		t.Fatal(err)
	}
	problems, err := linter.Lint(name, text, project)
	if err != nil {
		t.Fatal(err)
	}
	return problems
}

// TestNoExpressionInScripts: what GitHub puts into a script in place of an expression is code. It comes in through the
// environment, whoever wrote it.
func TestNoExpressionInScripts(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(repositoryRoot, ".github", "workflows", "*.yml"))
	if err != nil || len(files) < 2 {
		t.Fatalf("found %d workflows, error %v", len(files), err)
	}
	for _, file := range append(files, filepath.Join(repositoryRoot, "docs", "example-workflow.yml")) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, script := range scriptsWithExpressions(t, text) {
			t.Errorf("%s has an expression in a script: %s", filepath.Base(file), script)
		}
	}
	for _, text := range documentedWorkflows(t) {
		for _, script := range scriptsWithExpressions(t, text) {
			t.Errorf("an example of docs/github-actions.md has an expression in a script: %s", script)
		}
	}
	const miss = "jobs: {a: {steps: [{run: 'echo ${{ github.sha }}'}, {env: {A: '${{ github.sha }}'}, run: 'echo $A'}]}}"
	if wrong := scriptsWithExpressions(t, []byte(miss)); len(wrong) != 1 {
		t.Errorf("of a script with an expression and one without: %q", wrong)
	}
}

func scriptsWithExpressions(t *testing.T, text []byte) (wrong []string) {
	t.Helper()
	var w struct {
		Jobs map[string]struct{ Steps []struct{ Run string } }
	}
	if err := yaml.Unmarshal(text, &w); err != nil {
		t.Fatal(err)
	}
	for _, job := range w.Jobs {
		for _, step := range job.Steps {
			if strings.Contains(step.Run, "${{") {
				wrong = append(wrong, step.Run)
			}
		}
	}
	return wrong
}
