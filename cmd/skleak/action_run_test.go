package main

import (
	"bytes"
	"cmp"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"skleak/cmd/internal/exit"
)

// TestActionRuns carries out the steps of action.yml as a runner does, in a checkout with a leak whose job has
// settings of its own for Go. It builds the program without cgo, which takes minutes on a machine that never has; so
// scripts/test-action.sh asks for it.
func TestActionRuns(t *testing.T) {
	if os.Getenv("SKLEAK_TEST_ACTION") == "" {
		t.Skip("SKLEAK_TEST_ACTION is not set; scripts/test-action.sh sets it")
	}
	a, _ := readAction(t)
	checkout, temp := t.TempDir(), t.TempDir()
	write := func(path, text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(checkout, "a.env"), "key="+keyFor("{live:24}")+"\n")
	write(filepath.Join(checkout, "go.mod"), "module m\n\ngo 1.99\n")
	write(filepath.Join(temp, "event.json"), "{}")
	j := &compositeJob{t: t, folder: checkout, outputs: map[string]string{}, env: append(os.Environ(),
		"GITHUB_ACTIONS=true", "GITHUB_EVENT_NAME=schedule", "GITHUB_EVENT_PATH="+filepath.Join(temp, "event.json"),
		"GITHUB_ACTION_PATH="+repositoryRoot, "RUNNER_TEMP="+temp, "GITHUB_STEP_SUMMARY="+filepath.Join(temp, "summary"),
		"GOOS=plan9", "GOARCH=386", "GOFLAGS=-tags=theirs -mod=vendor", "GOWORK="+filepath.Join(checkout, "go.work"), "GOTOOLCHAIN=local")}
	for name, input := range a.Inputs {
		j.outputs["inputs."+name] = *input.Default
	}
	for _, step := range a.Runs.Steps {
		if step.Run != "" {
			status := j.run(step)
			if want := map[string]int{"scan": 1}[step.ID]; status != want {
				t.Fatalf("step %s ended with status %d, want %d", step.ID, status, want)
			}
		}
	}
	if j.outputs["steps.go.outputs.install"] != "false" ||
		!regexp.MustCompile(`^1\.\d+`).MatchString(j.outputs["steps.go.outputs.version"]) {
		t.Errorf("Go was looked for with the result %q", j.outputs)
	}
	for _, expression := range regexp.MustCompile(`\$\{\{ (steps\.scan\.outputs\.[a-z]+) \}\}`).FindAllStringSubmatch(outputsOf(a), -1) {
		if j.outputs[expression[1]] == "" {
			t.Errorf("the step gives no %s", expression[1])
		}
	}
	if _, err := os.Stat(j.outputs["steps.scan.outputs.sarif"]); err != nil {
		t.Error(err)
	}
	if got := j.outputs["steps.scan.outputs.leaks"]; got != "1" {
		t.Errorf("%s leaks, want 1", got)
	}
	if summary, err := os.ReadFile(filepath.Join(temp, "summary")); err != nil ||
		!bytes.Contains(summary, []byte("1 leaked key")) {
		t.Errorf("the summary is %q, error %v", summary, err)
	}
}

func outputsOf(a actionFile) string {
	var values []string
	for _, output := range a.Outputs {
		values = append(values, output.Value)
	}
	return strings.Join(values, "\n")
}

// compositeJob runs steps one after the other.
type compositeJob struct {
	t       *testing.T
	folder  string
	env     []string
	outputs map[string]string // by the name of the expression
}

// run runs the script of a step with the shell options that GitHub gives bash, and returns its exit status.
func (j *compositeJob) run(step actionStep) int {
	file := filepath.Join(j.t.TempDir(), "output")
	if err := os.WriteFile(file, nil, 0o600); err != nil { // which a runner has there, too
		j.t.Fatal(err)
	}
	c := exec.Command("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step.Run)
	c.Dir, c.Env = j.folder, append(j.env, "GITHUB_OUTPUT="+file)
	expression := regexp.MustCompile(`\$\{\{ ([a-z._-]+)(?: \|\| ([a-z._-]+))? \}\}`)
	for name, value := range step.Env {
		c.Env = append(c.Env, name+"="+expression.ReplaceAllStringFunc(value, func(e string) string {
			m := expression.FindStringSubmatch(e)
			return cmp.Or(j.outputs[m[1]], j.outputs[m[2]])
		}))
	}
	said, err := c.CombinedOutput()
	j.t.Logf("step %s: %v\n%s", step.ID, err, strings.ReplaceAll(string(said), keyFor("{live:24}"), "THE KEY"))
	text, readErr := os.ReadFile(file)
	if readErr != nil {
		j.t.Fatal(readErr)
	}
	j.keep(step.ID, string(text))
	if c.ProcessState == nil {
		j.t.Fatal(err)
	}
	return c.ProcessState.ExitCode()
}

// keep reads outputs in either of the forms that the runner takes.
func (j *compositeJob) keep(step, text string) {
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); i++ {
		if name, end, ok := strings.Cut(lines[i], "<<"); ok {
			var value []string
			for i++; i < len(lines) && lines[i] != end; i++ {
				value = append(value, lines[i])
			}
			j.outputs["steps."+step+".outputs."+name] = strings.Join(value, "\n")
		} else if name, value, ok := strings.Cut(lines[i], "="); ok {
			j.outputs["steps."+step+".outputs."+name] = value
		}
	}
}

// jobEnvironment is that of a job on a schedule, in a folder for temporary files of its own.
func jobEnvironment(t *testing.T) []string {
	t.Helper()
	temp := t.TempDir()
	path := filepath.Join(temp, "event.json")
	if err := os.WriteFile(path, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{"GITHUB_ACTIONS=true", "CI=true", "GITHUB_EVENT_NAME=schedule", "GITHUB_EVENT_PATH=" + path,
		"RUNNER_TEMP=" + temp}
}

// A job that is cancelled still says what it found, between the same marks.
func TestActionInterrupted(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "a.env"), []byte("key="+keyFor("{live:24}")), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, errw bytes.Buffer
	err := execute(ctx, jobEnvironment(t), strings.NewReader(""), &out, &errw, []string{"action", folder})
	if got := exit.StatusOf(err); got != exit.Interrupted {
		t.Errorf("status %d, want %d", got, exit.Interrupted)
	}
	r := &runner{}
	r.read(out.String())
	if r.stopped != "" || r.lateMask || errw.Len() > 0 {
		t.Errorf("orders are stopped till %q, a late mask: %v; on standard error: %q", r.stopped, r.lateMask, errw.String())
	}
	if log := r.log.String(); !strings.Contains(log, "interrupted: read") || wholeKey.MatchString(log) {
		t.Errorf("the log is %q", log)
	}
}

func TestActionCannotPrint(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "a.env"), []byte("key="+keyFor("{live:24}")), 0o600); err != nil {
		t.Fatal(err)
	}
	var errw bytes.Buffer
	err := execute(t.Context(), jobEnvironment(t), strings.NewReader(""), brokenWriter{syscall.ENOSPC}, &errw,
		[]string{"action", folder})
	if got := exit.StatusOf(err); got != exit.Usage {
		t.Errorf("status %d, want %d: a key that could not be masked must stop the job", got, exit.Usage)
	}
}
