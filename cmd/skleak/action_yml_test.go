package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// actionFile is what action.yml holds.
type actionFile struct {
	Inputs map[string]struct {
		Description string
		Default     *string
	}
	Outputs map[string]struct{ Description, Value string }
	Runs    struct {
		Using string
		Steps []actionStep
	}
}

type actionStep struct {
	ID, Run, Shell, Uses string
	Env                  map[string]string
}

func readAction(t *testing.T) (a actionFile, text string) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(repositoryRoot, "action.yml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(raw, &a); err != nil {
		t.Fatal(err)
	}
	return a, strings.ReplaceAll(string(raw), "\r\n", "\n")
}

// TestActionAsWorkflow lints the steps of action.yml, which actionlint does not, as those of a workflow that has the
// action's inputs.
func TestActionAsWorkflow(t *testing.T) {
	a, text := readAction(t)
	_, steps, found := strings.Cut(text, "\n  steps:\n")
	if !found || a.Runs.Using != "composite" {
		t.Fatal("action.yml has no steps")
	}
	var b strings.Builder
	b.WriteString("on:\n  workflow_call:\n    inputs:\n")
	for _, name := range slices.Sorted(maps.Keys(a.Inputs)) {
		fmt.Fprintf(&b, "      %s: {type: string, default: %q}\n", name, *a.Inputs[name].Default)
	}
	b.WriteString("permissions: {}\njobs:\n  test:\n    runs-on: ubuntu-latest\n    outputs:\n")
	for _, name := range slices.Sorted(maps.Keys(a.Outputs)) {
		fmt.Fprintf(&b, "      %s: %s\n", name, a.Outputs[name].Value)
	}
	b.WriteString("    steps:\n")
	for line := range strings.Lines(steps) {
		if strings.TrimSpace(line) != "" {
			line = "  " + line
		}
		b.WriteString(line)
	}
	lint(t, "action.yml", []byte(b.String()))
}

// Every input reaches a flag of the command, with the same default, and no script has an expression in it, which
// would be code of whoever wrote the value.
func TestActionInputs(t *testing.T) {
	a, _ := readAction(t)
	var scan actionStep
	for _, step := range a.Runs.Steps {
		if strings.Contains(step.Run, "${{") {
			t.Errorf("step %s has an expression in its script", step.ID)
		}
		if step.ID == "released" && step.Env["BINARY"] != "${{ inputs.binary }}" {
			t.Error("the input binary reaches nothing")
		}
		if (step.Run != "") != (step.Shell == "bash") {
			t.Errorf("step %s has shell %q", step.ID, step.Shell)
		}
		if step.ID == "scan" {
			scan = step
		}
	}
	command := actionCommand(quietWorld())
	passed := regexp.MustCompile(`--([a-z-]+)="\$(SKLEAK_[A-Z_]+)"`).FindAllStringSubmatch(scan.Run, -1)
	seen := map[string]bool{"path": true, "binary": true} // the argument, and which program it is given to
	for _, m := range passed {
		flag := command.Flags().Lookup(m[1])
		input := regexp.MustCompile(`^\$\{\{ inputs\.([a-z-]+) \}\}$`).FindStringSubmatch(scan.Env[m[2]])
		if flag == nil || input == nil {
			t.Errorf("--%s with %s: no such flag, or no input", m[1], m[2])
			continue
		}
		seen[input[1]] = true
		if got := a.Inputs[input[1]].Default; got == nil || *got != flag.DefValue {
			t.Errorf("input %s and --%s have different defaults", input[1], m[1])
		}
	}
	for name, input := range a.Inputs {
		if !seen[name] || input.Description == "" {
			t.Errorf("input %s is used nowhere, or not described", name)
		}
	}
	if !strings.HasSuffix(strings.TrimSpace(scan.Run), `-- "$SKLEAK_PATH"`) {
		t.Error("the path is not the argument")
	}
}

// The document has every input and output, and no others.
func TestActionIsDocumented(t *testing.T) {
	a, _ := readAction(t)
	text, err := os.ReadFile(filepath.Join(repositoryRoot, "docs", "github-actions.md"))
	if err != nil {
		t.Fatal(err)
	}
	names := slices.Concat(slices.Collect(maps.Keys(a.Inputs)), slices.Collect(maps.Keys(a.Outputs)))
	slices.Sort(names)
	_, tables, _ := strings.Cut(string(text), "\n## Inputs\n")
	tables, _, _ = strings.Cut(tables, "\n## Code scanning\n")
	var rows []string
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\|").FindAllStringSubmatch(tables, -1) {
		rows = append(rows, m[1])
	}
	slices.Sort(rows)
	if !slices.Equal(rows, names) {
		t.Errorf("docs/github-actions.md has %q, action.yml %q", rows, names)
	}
}
